package peer

import "github.com/go-kratos/aegis/circuitbreaker/sre"

const aegisModule = "github.com/go-kratos/aegis"

func aegises() []Peer {
	return []Peer{{Name: "aegis", Module: aegisModule, start: aegis}}
}

// aegis rejects by chance, with a probability that grows with the failures. As
// its documentation asks, a rejected call is marked as failed too.
func aegis(Case) (Target, error) {
	b := sre.NewBreaker(sre.WithSuccess(threshold), sre.WithRequest(minCalls), sre.WithWindow(window), sre.WithBucket(buckets))
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if b.Allow() != nil {
				rejected++
				b.MarkFailed()
				continue
			}
			if turn.next()() != nil {
				b.MarkFailed()
			} else {
				b.MarkSuccess()
			}
		}
		return rejected
	}}, nil
}
