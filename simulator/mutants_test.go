package simulator_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// A mutant is the protocol without one of its rules.
type mutant struct {
	name  string
	laws  []string // that it breaks: one of them
	seed  uint64   // that showed it first
	alter func(*recloser.Options)
	story func(seed uint64) simulator.Scenario // nil: that of the swarm
}

// Each of the seven rules that hold the number of probes is needed: without it the
// swarm finds a fleet with too many, or one that is stuck. LAWS.md, S1.
func TestSwarmFindsMutants(t *testing.T) {
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			candidates := []uint64{m.seed}
			for seed := range uint64(budget(2_000, 20_000, 20_000)) {
				candidates = append(candidates, seed+1)
			}
			for i, seed := range candidates {
				story := simulator.Swarm
				if m.story != nil {
					story = m.story
				}
				r, err := simulator.Run(context.Background(), story(seed).With(m.alter))
				if err != nil {
					t.Fatal(err)
				}
				for _, v := range r.Violations {
					if slices.Contains(m.laws, v.Law) {
						t.Logf("seed %d (the %d. tried): %s at %v: %s", seed, i, v.Law, v.At, v.Text)
						return
					}
				}
			}
			t.Errorf("found in none of %d seeds", len(candidates))
		})
	}
	evidence.Record(t, evidence.Entry{
		Law: "S1", Mutants: len(mutants), Promise: "each is found", Worst: "each is found", Met: true,
		How: "the protocol without one of its seven rules, in simulated fleets",
	})
}

var mutants = []mutant{
	{"rule 1: claims have no condition", []string{"S1"}, 1, func(o *recloser.Options) {
		o.Store = changed{o.Store, func(w recloser.Write) bool { _, claims := w.(recloser.Claim); return claims }}
	}, nil},
	{"rule 2: the process is the owner", []string{"S1"}, 1, func(o *recloser.Options) {
		owner := strconv.FormatFloat(o.Rand(), 'g', -1, 64)
		o.Token = func() string { return owner }
	}, nil},
	{"rule 3: a claim is no lease", []string{"L1", "S8"}, 1, func(o *recloser.Options) {
		o.Store = eternal{o.Store}
	}, nil},
	{"rule 4: a lease is taken over without a margin", []string{"S1"}, 217, func(o *recloser.Options) {
		o.Store = early{o.Store, o.Policy.HalfOpen.Margin}
	}, clocksApart},
	{"rule 4: the margin is smaller than the error of clocks", []string{"S1"}, 1, func(o *recloser.Options) {
		o.Policy.HalfOpen.Margin = min(o.Policy.HalfOpen.Margin, 100*time.Millisecond)
	}, clocksApart},
	{"rule 5: nobody looks at the clock before the call", []string{"S1"}, 526, blindfold, nil},
	{"rule 6: an unknown claim is ownership", []string{"S1", "S3"}, 1, func(o *recloser.Options) {
		o.Store = hopeful{o.Store}
	}, nil},
	{"rule 7: the open time is short", []string{"S1c"}, 14, func(o *recloser.Options) {
		o.Store = hasty{o.Store}
	}, nil},
	{"no write has a condition", []string{"S1", "S2", "S5"}, 1, func(o *recloser.Options) {
		o.Store = changed{o.Store, func(recloser.Write) bool { return true }}
	}, nil},
}

// clocksApart is the swarm with clocks as far apart as they may be, a margin just
// above that, and probes that hang: who claims first mostly has the clock that is
// ahead, and the margin is for whom it is behind.
func clocksApart(seed uint64) simulator.Scenario {
	s := simulator.Swarm(seed)
	s.Fleet.ClockError = time.Second
	p := &s.Policy
	p.HalfOpen = recloser.HalfOpen{Probes: 1, Successes: 3, Failures: 8, Margin: 2100 * time.Millisecond}
	p.OpenFor.Cooldown = p.Lease() + p.HalfOpen.Margin
	p.OpenFor.MaxCooldown = 2 * p.OpenFor.Cooldown
	for i := range s.Dependency {
		s.Dependency[i].Hanging += 0.9 * (1 - s.Dependency[i].Hanging) * recloser.Share(i%2)
	}
	return s
}

// changed makes writes whatever the record has become.
type changed struct {
	recloser.Store
	which func(recloser.Write) bool
}

func (s changed) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := s.Store.Apply(ctx, key, w)
	for range 3 {
		if !errors.Is(err, recloser.ErrConflict) || !s.which(w) {
			break
		}
		r, err = s.Store.Apply(ctx, key, unconditional(w, r))
	}
	return r, err
}

// unconditional returns the write with the condition that r satisfies.
func unconditional(w recloser.Write, r recloser.Record) recloser.Write {
	switch w := w.(type) {
	case recloser.Watch:
		w.Generation, w.Was = r.Generation, r.WatchSince
		return w
	case recloser.Unwatch:
		w.Generation, w.Was = r.Generation, r.WatchSince
		return w
	case recloser.Report:
		w.Generation, w.Watch = r.Generation, r.WatchSince
		return w
	case recloser.Transition:
		w.Generation = r.Generation
		return w
	case recloser.Claim:
		w.Generation, w.Was = r.Generation, r.Probes[w.Slot].Token
		w.First = w.First && r.State == recloser.StateOpen
		return w
	case recloser.Settle:
		w.Generation, w.Token = r.Generation, r.Probes[w.Slot].Token
		return w
	case recloser.SetOverride:
	}
	return w
}

// eternal lets nobody take over a slot.
type eternal struct{ recloser.Store }

func (s eternal) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if claim, ok := w.(recloser.Claim); ok && claim.Was != "" {
		r, err := s.Load(ctx, key)
		return r, errors.Join(err, recloser.ErrConflict)
	}
	return s.Store.Apply(ctx, key, w)
}

// early writes leases that end by the margin too early.
type early struct {
	recloser.Store
	margin time.Duration
}

func (s early) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if claim, ok := w.(recloser.Claim); ok {
		claim.Lease.End = claim.Lease.End.Add(-s.margin)
		w = claim
	}
	return s.Store.Apply(ctx, key, w)
}

// hopeful takes what it does not know of a claim for success.
type hopeful struct{ recloser.Store }

func (s hopeful) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := s.Store.Apply(ctx, key, w)
	claim, ok := w.(recloser.Claim)
	if !ok || err == nil || errors.Is(err, recloser.ErrConflict) {
		return r, err
	}
	hoped := recloser.Record{Generation: claim.Generation, State: recloser.StateHalfOpen, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}}
	if claim.First {
		hoped.State, hoped.Since = recloser.StateOpen, claim.Since
	}
	hoped.Probes[claim.Slot].Token = claim.Was
	hoped, _ = hoped.Apply(claim)
	return hoped, nil
}

// hasty opens circuits for no time at all.
type hasty struct{ recloser.Store }

func (s hasty) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if t, ok := w.(recloser.Transition); ok && t.To == recloser.StateOpen {
		t.OpenUntil = t.Since.Add(time.Millisecond)
		w = t
	}
	return s.Store.Apply(ctx, key, w)
}

// blindfold lets no time pass between a claim and the call, as far as the breaker
// can see.
func blindfold(o *recloser.Options) {
	clock := o.Clock
	var wall time.Time
	var mono time.Duration
	blind := false
	o.Store = claiming{o.Store, func() {
		if !blind {
			blind, wall, mono = true, clock.Wall(), clock.Mono()
		}
	}}
	o.Clock.Wall = func() time.Time {
		if blind {
			return wall
		}
		return clock.Wall()
	}
	o.Clock.Mono = func() time.Duration {
		if blind {
			return mono
		}
		return clock.Mono()
	}
	o.Clock.WithTimeout = func(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
		if cause != nil {
			blind = false // This is the call.
		}
		return clock.WithTimeout(ctx, d, cause)
	}
}

// claiming says when a probe is claimed.
type claiming struct {
	recloser.Store
	claims func()
}

func (s claiming) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if _, ok := w.(recloser.Claim); ok {
		s.claims()
	}
	return s.Store.Apply(ctx, key, w)
}
