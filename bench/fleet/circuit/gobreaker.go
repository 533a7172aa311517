package circuit

import (
	"context"
	"errors"
	"fmt"

	"github.com/recloser-dev/recloser"
	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// joinTries is how often an environment tries to join: gobreaker takes the lock
// when it is made, and many environments are made at once.
const joinTries = 10

func openGobreaker(ctx context.Context, s Spec, policy recloser.Policy, r *tally.Recorder) (*Circuit, error) {
	options, err := redis.ParseURL(s.URL)
	if err != nil {
		return nil, fmt.Errorf("open gobreaker's store: %w", err)
	}
	client := redis.NewClient(options)
	var b *gobreaker.DistributedCircuitBreaker[struct{}]
	for range joinTries {
		b, err = gobreaker.NewDistributedCircuitBreaker[struct{}](redisLock{client, r}, gobreakerSettings(policy, r))
		if err == nil || ctx.Err() != nil {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("join gobreaker's circuit: %w", err), client.Close())
	}
	return &Circuit{
		Do: func(ctx context.Context, fn func(context.Context) error) error {
			_, err := b.Execute(func() (struct{}, error) { return struct{}{}, fn(ctx) })
			return err
		},
		Rejected: func(err error) bool {
			return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
		},
		Close: client.Close,
	}, nil
}

// gobreakerSettings are as close to the policy as they can be: the same window,
// in buckets of a slot, rate, calls, open time and successes. It has no
// confidence, no rule on slow calls, no ramp and no limit on the time of a call;
// as many probes as close it may be in flight at once.
func gobreakerSettings(p recloser.Policy, r *tally.Recorder) gobreaker.Settings {
	return gobreaker.Settings{
		Name:         name,
		MaxRequests:  uint32(p.HalfOpen.Successes),
		Interval:     p.OpenWhen.Window,
		BucketPeriod: p.OpenWhen.Window / recloser.WindowSlots,
		Timeout:      p.OpenFor.Cooldown,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return int(c.Requests) >= p.OpenWhen.MinCalls &&
				float64(c.TotalFailures) >= float64(p.OpenWhen.FailureRate)*float64(c.Requests)
		},
		OnStateChange: func(_ string, _, to gobreaker.State) {
			switch to {
			case gobreaker.StateOpen:
				r.Opening()
				r.Seen(phase.Opened)
			case gobreaker.StateClosed:
				r.Seen(phase.Closed)
			case gobreaker.StateHalfOpen:
			}
		},
	}
}

var _ gobreaker.SharedDataStore = redisLock{}
