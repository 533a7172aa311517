package peer

import (
	"context"

	"github.com/mercari/go-circuitbreaker"
)

const mercariModule = "github.com/mercari/go-circuitbreaker"

func mercaris() []Peer {
	return []Peer{{Name: "mercari", Module: mercariModule, start: mercari}}
}

func mercari(Case) (Target, error) {
	ctx := context.Background()
	b := circuitbreaker.New(
		circuitbreaker.WithTripFunc(circuitbreaker.NewTripFuncFailureRate(minCalls, threshold)),
		circuitbreaker.WithCounterResetInterval(window),
		circuitbreaker.WithOpenTimeout(openTime),
	)
	calls := func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if !b.Ready() {
				rejected++
				continue
			}
			if turnedAway(b.Done(ctx, turn.next()())) {
				rejected++
			}
		}
		return rejected
	}
	// A closed mercari breaker has a ticker that nothing but opening it ends.
	return Target{Calls: calls, Close: func() { b.SetState(circuitbreaker.StateOpen) }}, nil
}
