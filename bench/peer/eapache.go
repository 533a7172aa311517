package peer

import (
	"math"

	"github.com/eapache/go-resiliency/breaker"
)

const eapacheModule = "github.com/eapache/go-resiliency"

func eapaches() []Peer {
	return []Peer{{Name: "eapache", Module: eapacheModule, start: eapache}}
}

// eapache forgets errors only after a time without any, so that any steady rate
// of them opens it; in the case of errors its threshold is out of reach.
func eapache(c Case) (Target, error) {
	errors := minCalls
	if c == Errors {
		errors = math.MaxInt
	}
	b := breaker.New(errors, 1, openTime)
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if turnedAway(b.Run(turn.next())) {
				rejected++
			}
		}
		return rejected
	}}, nil
}
