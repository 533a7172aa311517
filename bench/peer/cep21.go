package peer

import (
	"context"
	"time"

	"github.com/cep21/circuit/v4"
	"github.com/cep21/circuit/v4/closers/hystrix"
)

const cep21Module = "github.com/cep21/circuit/v4"

func cep21s() []Peer {
	return []Peer{
		{Name: "cep21/no-timeout", Module: cep21Module, start: cep21(-1)},
		{Name: "cep21/timeout", Module: cep21Module, start: cep21(time.Second)},
	}
}

func cep21(timeout time.Duration) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		b := circuit.NewCircuitFromConfig("bench", circuit.Config{
			General: circuit.GeneralConfig{
				ClosedToOpenFactory: hystrix.OpenerFactory(hystrix.ConfigureOpener{
					ErrorThresholdPercentage: threshold * 100,
					RequestVolumeThreshold:   minCalls,
					RollingDuration:          window,
					NumBuckets:               buckets,
				}),
				OpenToClosedFactory: hystrix.CloserFactory(hystrix.ConfigureCloser{SleepWindow: openTime}),
			},
			Execution: circuit.ExecutionConfig{Timeout: timeout},
		})
		return runContext(b.Run), nil
	}
}

// runContext is [run] for functions that take a context.
func runContext(call func(ctx context.Context, fn func(context.Context) error) error) Target {
	ctx := context.Background()
	good := func(context.Context) error { return succeed() }
	bad := func(context.Context) error { return fail() }
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			fn := good
			if turn.fails() {
				fn = bad
			}
			if turnedAway(call(ctx, fn)) {
				rejected++
			}
		}
		return rejected
	}}
}
