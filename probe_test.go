package recloser_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// At most K probes are in flight in the whole fleet, however many ask, and
// successes are pooled. LAWS.md, S1.
func TestProbesAreBounded(t *testing.T) {
	for _, row := range []struct {
		environments, callers, probes int
	}{
		{1, 64, 1},
		{1, 64, 3},
		{20, 8, 1},
		{20, 8, 3},
		{20, 8, recloser.MaxProbes},
	} {
		t.Run(fmt.Sprintf("%d environments, %d probes", row.environments, row.probes), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				shared := &spy{befalls: func(recloser.Write) fault { return fault{wait: 2 * time.Millisecond} }}
				store := func(o *recloser.Options) {
					if row.environments > 1 {
						shared.option(o)
					}
				}
				fleet, _ := newFleet(t, row.environments, store, plain, func(o *recloser.Options) {
					o.Policy.HalfOpen.Probes = row.probes
					o.Policy.HalfOpen.Successes = 6
					o.Policy.Ramp.Over = 0
				})
				var callers []*recloser.Breaker
				for _, b := range fleet {
					for range row.callers {
						callers = append(callers, b)
					}
				}
				d := &dependency{answers: down}
				drive(callers, d, 200*time.Millisecond, 7*time.Second)
				d.reset()
				if _, rejections := drive(callers, d, 200*time.Millisecond, time.Second); rejections == 0 {
					t.Fatal("the circuit is not open")
				}
				// Probes fail at first, then succeed slowly.
				d.become(400*time.Millisecond, down)
				_, _ = d.reset()
				drive(callers, d, 100*time.Millisecond, 15*time.Second)
				if calls, top := d.reset(); calls == 0 || top > row.probes {
					t.Errorf("%d calls while probes fail, %d at once", calls, top)
				}
				d.become(400*time.Millisecond, nil)
				closed := func() bool {
					if row.environments == 1 {
						return fleet[0].Status().State == recloser.StateClosed
					}
					return shared.record(t).State == recloser.StateClosed
				}
				for i := 0; !closed(); i++ {
					drive(callers, d, 100*time.Millisecond, 200*time.Millisecond)
					_, top := d.reset()
					if !closed() && top > row.probes {
						t.Fatalf("%d calls at once while half-open", top)
					}
					if i > 500 {
						t.Fatalf("not closed: %+v", fleet[0].Status())
					}
				}
				s, _ := fleet[0].Refresh(context.Background())
				cause := s.Cause
				if cause.Rule != recloser.RuleRecovered || cause.Calls < 6 || cause.Failures != 0 {
					t.Errorf("closed by %+v, want 6 pooled successes", cause)
				}
			})
		})
	}
}

// A probe whose environment was held up after the claim does not start: its
// lease may end before the call would. LAWS.md, S1b; DESIGN.md, §2.4.
func TestProbeStartsInItsLease(t *testing.T) {
	for _, row := range []struct {
		held time.Duration
		want bool
	}{{0, true}, {2900 * time.Millisecond, true}, {3100 * time.Millisecond, false}, {time.Hour, false}} {
		t.Run(row.held.String(), func(t *testing.T) {
			clock, store := newHands(), new(spy)
			b := newBreaker(t, clock.option, store.option, plain, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } })
			open(t, store, clock)
			clock.advance(10 * time.Second)
			store.befall(func(w recloser.Write) fault {
				if _, claim := w.(recloser.Claim); claim {
					clock.freeze(row.held)
				}
				return fault{}
			})
			called := call(b, nil) == nil
			if called != row.want {
				t.Errorf("held up for %v after the claim: called %v", row.held, called)
			}
			if r := store.record(t); row.want != (r.ProbeOK == 1) {
				t.Errorf("%d probes succeeded", r.ProbeOK)
			}
			if r := store.record(t); r.Probes[0].Token != "" {
				t.Errorf("the slot is still held: %+v", r.Probes[0])
			}
		})
	}
}

// open makes the record that of a circuit that has just opened.
func open(tb testing.TB, store *spy, clock *hands) {
	tb.Helper()
	now := recloser.InstantOf(clock.now())
	r := store.record(tb)
	w := recloser.Transition{
		Generation: r.Generation, To: recloser.StateOpen, Since: now, OpenUntil: now.Add(10 * time.Second),
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10},
	}
	if _, err := store.MemoryStore.Apply(context.Background(), "payments", w); err != nil {
		tb.Fatal(err)
	}
}

// A probe that is ignored returns its slot and counts as neither. LAWS.md, S7.
func TestIgnoredProbeReturnsItsSlot(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	open(t, store, clock)
	clock.advance(11 * time.Second)
	for range 20 {
		p := allow(t, b)
		if !p.Probe() {
			t.Fatal("not a probe")
		}
		if r := rejected(t, b); r.Reason != recloser.ReasonProbing {
			t.Errorf("beside the probe: %v", r)
		}
		if got := p.Ignore(); got != recloser.SettlementCounted {
			t.Errorf("Ignore() = %v", got)
		}
	}
	if s := b.Status(); s.Probes+s.ProbeOK+s.ProbeFailed != 0 || s.State != recloser.StateHalfOpen {
		t.Errorf("Status() = %+v", s)
	}
}

// A probe that nobody settles ends by itself, and its lease with it. LAWS.md, S8.
func TestProbeExpires(t *testing.T) {
	for _, store := range []func(*recloser.Options){func(*recloser.Options) {}, new(spy).option} {
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(t, store, plain, func(o *recloser.Options) { o.Policy.HalfOpen.Failures = 2 })
			for b.Status().State == recloser.StateClosed {
				_ = call(b, errDown)
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(11 * time.Second)
			p := allow(t, b)
			time.Sleep(4 * time.Second)
			if s := b.Status(); s.ProbeFailed != 1 || s.Probes != 0 {
				t.Errorf("after its deadline: %+v", s)
			}
			if got := p.Success(); got != recloser.SettlementAlready {
				t.Errorf("Success() = %v", got)
			}
			if p := allow(t, b); !p.Probe() {
				t.Error("the slot was not given to another")
			}
		})
	}
}
