package peer

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
)

// Names of Recloser's rows. The others are measured against bars.
const (
	RecloserPermit = "recloser/permit"
	RecloserNoSlow = "recloser/permit-no-slow-rule"
)

const recloserModule = "github.com/recloser-dev/recloser"

func reclosers() []Peer {
	return []Peer{
		{Name: RecloserPermit, Module: recloserModule, start: recloserPermit(settings{})},
		{Name: RecloserNoSlow, Module: recloserModule, start: recloserPermit(settings{noSlowRule: true})},
		{Name: "recloser/permit-timed", Module: recloserModule, start: recloserPermit(settings{timed: true})},
		{Name: "recloser/permit-store", Module: recloserModule, start: recloserPermit(settings{store: true})},
		{Name: "recloser/do", Module: recloserModule, start: recloserDo},
		{Name: "recloser/call", Module: recloserModule, start: recloserCall},
	}
}

type settings struct {
	noSlowRule, store bool
	// timed sets a time from which calls are slow that is too short to be
	// noticed by a look at calls in flight, so that the end of each is timed.
	timed bool
}

// newRecloser returns a breaker with the default policy, but for the time it
// stays open.
func newRecloser(c Case, s settings) (*recloser.Breaker, error) {
	const name = "bench"
	var store recloser.Store
	if s.store {
		memory := new(recloser.MemoryStore)
		if c == Open {
			if err := openRecord(memory, name); err != nil {
				return nil, err
			}
		}
		store = memory
	}
	return recloser.New(name, func(o *recloser.Options) {
		o.Policy.OpenFor.Cooldown = openTime
		o.Policy.OpenFor.MaxCooldown = 2 * openTime
		if s.noSlowRule {
			o.Policy.OpenWhen.SlowRate = 0
		}
		if s.timed {
			o.Policy.OpenWhen.SlowAfter = 20 * time.Millisecond
		}
		o.Store = store
	})
}

// openRecord opens a shared circuit as another environment would have: alone,
// this one would first have to wait for others to speak.
func openRecord(s recloser.Store, key string) error {
	now := recloser.InstantOf(time.Now())
	_, err := s.Apply(context.Background(), key, recloser.Transition{
		To:        recloser.StateOpen,
		Since:     now,
		OpenUntil: now.Add(openTime),
		Cause:     recloser.Cause{Rule: recloser.RuleFailureRate, Calls: minCalls, Failures: minCalls},
	})
	return err
}

func recloserPermit(s settings) func(Case) (Target, error) {
	return func(c Case) (Target, error) {
		b, err := newRecloser(c, s)
		if err != nil {
			return Target{}, err
		}
		ctx := context.Background()
		return Target{Close: b.Close, Calls: func(n, failEvery int) (rejected int) {
			turn := turnsOf(failEvery)
			for range n {
				permit, err := b.Allow(ctx)
				if err != nil {
					rejected++
					continue
				}
				if turn.next()() != nil {
					permit.Failure()
				} else {
					permit.Success()
				}
			}
			return rejected
		}}, nil
	}
}

func recloserDo(c Case) (Target, error) {
	b, err := newRecloser(c, settings{})
	if err != nil {
		return Target{}, err
	}
	target := runContext(b.Do)
	target.Close = b.Close
	return target, nil
}

func recloserCall(c Case) (Target, error) {
	b, err := newRecloser(c, settings{})
	if err != nil {
		return Target{}, err
	}
	ctx := context.Background()
	good := func(context.Context) (int, error) { return 1, succeed() }
	bad := func(context.Context) (int, error) { return 0, fail() }
	return Target{Close: b.Close, Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			fn := good
			if turn.fails() {
				fn = bad
			}
			if _, err := recloser.Call(ctx, b, fn); turnedAway(err) {
				rejected++
			}
		}
		return rejected
	}}, nil
}
