package peer

import (
	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
)

const failsafeModule = "github.com/failsafe-go/failsafe-go"

// The permit variants are the standalone use of the policy, the executor
// variants the documented one.
func failsafes() []Peer {
	return []Peer{
		{Name: "failsafe/permit-count", Module: failsafeModule, start: failsafePermit(failsafeCount)},
		{Name: "failsafe/permit-time", Module: failsafeModule, start: failsafePermit(failsafeTime)},
		{Name: "failsafe/executor-count", Module: failsafeModule, start: failsafeExecutor(failsafeCount)},
		{Name: "failsafe/executor-time", Module: failsafeModule, start: failsafeExecutor(failsafeTime)},
	}
}

func failsafeCount() circuitbreaker.CircuitBreaker[any] {
	return circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(minCalls*threshold, minCalls).
		WithDelay(openTime).Build()
}

func failsafeTime() circuitbreaker.CircuitBreaker[any] {
	return circuitbreaker.NewBuilder[any]().
		WithFailureRateThreshold(threshold, minCalls, window).
		WithDelay(openTime).Build()
}

func failsafePermit(build func() circuitbreaker.CircuitBreaker[any]) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		b := build()
		return Target{Calls: func(n, failEvery int) (rejected int) {
			turn := turnsOf(failEvery)
			for range n {
				if !b.TryAcquirePermit() {
					rejected++
					continue
				}
				if turn.next()() != nil {
					b.RecordFailure()
				} else {
					b.RecordSuccess()
				}
			}
			return rejected
		}}, nil
	}
}

func failsafeExecutor(build func() circuitbreaker.CircuitBreaker[any]) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		return run(failsafe.With(build()).Run), nil
	}
}
