package peer

import (
	"context"

	"github.com/afex/hystrix-go/hystrix"
)

const hystrixModule = "github.com/afex/hystrix-go"

func hystrixes() []Peer {
	return []Peer{{Name: "hystrix-go", Module: hystrixModule, start: hystrixGo}}
}

// hystrix-go returns the result of a call before it returns the call's ticket,
// so there are tickets enough that none is missed.
func hystrixGo(Case) (Target, error) {
	const name = "bench"
	hystrix.Flush()
	hystrix.ConfigureCommand(name, hystrix.CommandConfig{
		Timeout:                1000,
		MaxConcurrentRequests:  10_000,
		RequestVolumeThreshold: minCalls,
		SleepWindow:            int(openTime.Milliseconds()),
		ErrorPercentThreshold:  threshold * 100,
	})
	return runContext(func(ctx context.Context, fn func(context.Context) error) error {
		return hystrix.DoC(ctx, name, fn, nil)
	}), nil
}
