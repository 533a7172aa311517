package peer

import (
	"time"

	"github.com/sony/gobreaker/v2"
)

// GobreakerRolling is the peer that Recloser's cost is stated against.
const GobreakerRolling = "gobreaker/rolling"

const gobreakerModule = "github.com/sony/gobreaker/v2"

func gobreakers() []Peer {
	return []Peer{
		{Name: "gobreaker/counts", Module: gobreakerModule, start: gobreakerExecute(0, 0)},
		{Name: "gobreaker/fixed", Module: gobreakerModule, start: gobreakerExecute(window, 0)},
		{Name: GobreakerRolling, Module: gobreakerModule, start: gobreakerExecute(window, window/buckets)},
		{Name: "gobreaker/rolling-two-step", Module: gobreakerModule, start: gobreakerTwoStep},
	}
}

func gobreakerSettings(interval, bucket time.Duration) gobreaker.Settings {
	return gobreaker.Settings{
		Name:         "bench",
		Interval:     interval,
		BucketPeriod: bucket,
		Timeout:      openTime,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.Requests >= minCalls && float64(c.TotalFailures) >= threshold*float64(c.Requests)
		},
	}
}

func gobreakerExecute(interval, bucket time.Duration) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		b := gobreaker.NewCircuitBreaker[struct{}](gobreakerSettings(interval, bucket))
		good := func() (struct{}, error) { return struct{}{}, succeed() }
		bad := func() (struct{}, error) { return struct{}{}, fail() }
		return Target{Calls: func(n, failEvery int) (rejected int) {
			turn := turnsOf(failEvery)
			for range n {
				fn := good
				if turn.fails() {
					fn = bad
				}
				if _, err := b.Execute(fn); turnedAway(err) {
					rejected++
				}
			}
			return rejected
		}}, nil
	}
}

func gobreakerTwoStep(Case) (Target, error) {
	b := gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreakerSettings(window, window/buckets))
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			done, err := b.Allow()
			if err != nil {
				rejected++
				continue
			}
			done(turn.next()())
		}
		return rejected
	}}, nil
}
