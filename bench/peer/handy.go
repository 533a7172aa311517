package peer

import (
	"time"

	"github.com/streadway/handy/breaker"
)

const handyModule = "github.com/streadway/handy"

func handys() []Peer {
	return []Peer{{Name: "handy", Module: handyModule, start: handy}}
}

// handy keeps its own window of 5 s, cooldown of 1 s and minimum of 10 calls: its
// setters change a copy. It asks its caller for the duration of the call, so the
// caller's clock reads are part of its cost.
func handy(Case) (Target, error) {
	b := breaker.NewBreaker(threshold)
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if !b.Allow() {
				rejected++
				continue
			}
			start := time.Now()
			if turn.next()() != nil {
				b.Failure(time.Since(start))
			} else {
				b.Success(time.Since(start))
			}
		}
		return rejected
	}}, nil
}
