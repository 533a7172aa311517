package simulator

import (
	"context"

	"github.com/recloser-dev/recloser"
)

// Ways to try a call again, after M. Brooker, "Fixing retries with token buckets and
// circuit breakers", 2022. Under each of them every request has a first try, and up to
// three retries at once after it, in the same environment; they differ in which of
// those they make. Calls are counted by [Counts.Reached].
const (
	// ProtocolRetryAlways makes them all.
	ProtocolRetryAlways Protocol = "retry_always"
	// ProtocolRetryTokens makes one for a token: each environment has a bucket of
	// five, and a success adds a tenth.
	ProtocolRetryTokens Protocol = "retry_tokens"
	// ProtocolRetryBreaker makes none in an environment of which a larger share
	// of calls has failed, in all its life, than the policy's failure rate.
	ProtocolRetryBreaker Protocol = "retry_breaker"
	// ProtocolRetryShared makes none while the fleet's circuit is not closed. It is
	// the real breaker in shadow mode: first tries are counted, never rejected.
	ProtocolRetryShared Protocol = "retry_shared"
)

// RetryProtocols returns the ways to try a call again.
func RetryProtocols() []Protocol {
	return []Protocol{ProtocolRetryAlways, ProtocolRetryTokens, ProtocolRetryBreaker, ProtocolRetryShared}
}

const (
	mostRetries   = 3
	bucketSize    = 5
	bucketDeposit = 0.1
)

// retrying makes calls again that failed, as long as it may.
type retrying struct {
	env *environment
	// first makes a call and notes what it came to.
	first func(ctx context.Context, call func(context.Context) error) error
	// may reports whether one that failed is made again.
	may func() bool
}

func (r *retrying) do(ctx context.Context, call func(context.Context) error) error {
	err := r.first(ctx, call)
	for tries := 0; err != nil && tries < mostRetries && r.may(); tries++ {
		// The next try has a luck of its own.
		r.env.world.current.call.luck = luck{r.env.coin.Float64(), r.env.coin.Float64(), r.env.coin.Float64()}
		err = r.first(ctx, call)
	}
	return err
}

func newRetryAlways(e *environment) guard {
	return &retrying{e, e.bound, func() bool { return true }}
}

// newRetryTokens keeps a token bucket.
func newRetryTokens(e *environment) guard {
	tokens := float64(bucketSize)
	return &retrying{
		e,
		func(ctx context.Context, call func(context.Context) error) error {
			err := e.bound(ctx, call)
			if err == nil {
				tokens = min(tokens+bucketDeposit, bucketSize)
			}
			return err
		},
		func() bool {
			if tokens < 1 {
				return false
			}
			tokens--
			return true
		},
	}
}

// newRetryBreaker keeps the share of its own calls that failed.
func newRetryBreaker(e *environment) guard {
	calls, failures := 0, 0
	return &retrying{
		e,
		func(ctx context.Context, call func(context.Context) error) error {
			err := e.bound(ctx, call)
			if calls++; err != nil {
				failures++
			}
			return err
		},
		func() bool { return float64(failures) <= float64(e.world.s.Policy.OpenWhen.FailureRate)*float64(calls) },
	}
}

// newRetryShared asks the circuit of the fleet.
func newRetryShared(e *environment, partition int) guard {
	b := newBreaker(e, partition, func(o *recloser.Options) { o.Policy.Enforce = 0 })
	return &retrying{e, b.do, func() bool { return b.Status().State == recloser.StateClosed }}
}
