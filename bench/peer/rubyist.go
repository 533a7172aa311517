package peer

import (
	"github.com/cenk/backoff"
	"github.com/rubyist/circuitbreaker"
)

const rubyistModule = "github.com/rubyist/circuitbreaker"

func rubyists() []Peer {
	return []Peer{
		{Name: "rubyist/rate", Module: rubyistModule, start: rubyist(circuit.RateTripFunc(threshold, minCalls))},
		{Name: "rubyist/consecutive", Module: rubyistModule, start: rubyist(circuit.ConsecutiveTripFunc(minCalls))},
	}
}

func rubyist(trip circuit.TripFunc) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		b := circuit.NewBreakerWithOptions(&circuit.Options{
			BackOff:       backoff.NewConstantBackOff(openTime),
			ShouldTrip:    trip,
			WindowTime:    window,
			WindowBuckets: buckets,
		})
		return Target{Calls: func(n, failEvery int) (rejected int) {
			turn := turnsOf(failEvery)
			for range n {
				if !b.Ready() {
					rejected++
					continue
				}
				if turn.next()() != nil {
					b.Fail()
				} else {
					b.Success()
				}
			}
			return rejected
		}}, nil
	}
}
