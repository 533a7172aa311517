package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// faults are the ways in which a store is out of reach.
var faults = map[string]func(recloser.Write) fault{
	"refused":   func(recloser.Write) fault { return fault{lost: true, err: errGone} },
	"blackhole": func(recloser.Write) fault { return fault{wait: time.Hour} },
	"throttled": func(recloser.Write) fault { return fault{wait: 80 * time.Millisecond, lost: true, err: errGone} },
	"too slow":  func(recloser.Write) fault { return fault{wait: 101 * time.Millisecond} },
	"newer":     func(recloser.Write) fault { return fault{lost: true, err: recloser.ErrSchema} },
}

// An unreachable store rejects no call by itself, and a call waits at most one
// store timeout in each back-off window. LAWS.md, B1.
func TestUnreachableStoreRejectsNothing(t *testing.T) {
	for name, befalls := range faults {
		for _, reached := range []bool{false, true} { // From the start, or in the middle.
			t.Run(fmt.Sprintf("%s, reached %v", name, reached), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					store := new(spy)
					b := newBreaker(t, store.option)
					if reached {
						_ = call(b, nil)
					}
					store.befall(befalls)
					began, waited, reads := time.Now(), 0, len(store.reads)
					for time.Since(began) < 20*time.Minute {
						asked := time.Now()
						if err := call(b, nil); err != nil {
							t.Fatalf("after %v: %v", time.Since(began), err)
						}
						if took := time.Since(asked); took > recloser.DefaultStoreTimeout {
							t.Fatalf("after %v: a call waited %v", time.Since(began), took)
						} else if took > 0 {
							waited++
						}
						time.Sleep(100 * time.Millisecond)
					}
					store.mu.Lock()
					defer store.mu.Unlock()
					if n := len(store.reads) - reads; len(store.wrote) > 0 || n > 20*60*2/5+10 || waited > n || n < 200 {
						t.Errorf("%d reads and %d writes in 20 minutes, %d calls waited", n, len(store.wrote), waited)
					}
					// The windows of a store that fails lie 0.5 s to 5 s apart.
					for i := reads + 1; i < len(store.reads); i++ {
						if gap := store.reads[i].Sub(store.reads[i-1]); gap < 500*time.Millisecond && i > reads+1 {
							t.Fatalf("the store was asked again after %v", gap)
						}
					}
					if s := b.Status(); !s.Detached || s.Rejected != 0 {
						t.Errorf("Status() = %+v", s)
					}
				})
			})
		}
	}
}

// While the store is out of reach an environment's own circuit protects it by
// the same policy, and when the store is back the fleet's counts. LAWS.md, L3.
func TestOutageOfStoreAndDependency(t *testing.T) {
	for name, befalls := range faults {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(spy)
				fleet, told := newFleet(t, 5, store.option)
				d := new(dependency)
				drive(fleet, d, 20*time.Millisecond, 10*time.Second)
				store.befall(befalls)
				drive(fleet, d, 20*time.Millisecond, 10*time.Second)
				d.become(0, down)
				drive(fleet, d, 20*time.Millisecond, 10*time.Second)
				for _, b := range fleet {
					if s := b.Status(); s.State == recloser.StateClosed || !s.Detached {
						t.Errorf("its own circuit: %+v", s)
					}
				}
				d.become(0, nil)
				store.befall(nil)
				// The views converge within a refresh and a second.
				drive(fleet, d, 20*time.Millisecond, 6*time.Second)
				for i, b := range fleet {
					if s := b.Status(); s.State != recloser.StateClosed || s.Generation != 0 || s.Detached {
						t.Errorf("environment %d has not come back: %+v", i, s)
					}
					h := told[i].of(recloser.EventStoreFailed, recloser.EventStoreBack)
					if len(h) != 2 || h[0].Err == nil || h[1].Kind != recloser.EventStoreBack {
						t.Errorf("environment %d told of %v", i, h)
					}
					states := told[i].of(recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed)
					if len(states) == 0 || states[len(states)-1].To != recloser.StateClosed {
						t.Errorf("environment %d told of %v, and is closed", i, states)
					}
				}
				if _, rejected := drive(fleet, d, 20*time.Millisecond, 6*time.Second); rejected > 0 {
					t.Errorf("%d calls rejected after the store was back", rejected)
				}
			})
		})
	}
}

// The last known state holds until its own end, then the environment probes by
// itself: not before others could have finished theirs. DESIGN.md, §2.5.
func TestLastKnownStateHolds(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	open(t, store, clock)
	_ = rejected(t, b)
	clock.advance(8 * time.Second)
	_ = rejected(t, b)
	store.fail(errGone)
	for at := 8 * time.Second; at < 17*time.Second; at += 100 * time.Millisecond {
		want := recloser.ReasonOpen
		if at >= 10*time.Second {
			want = recloser.ReasonProbing
		}
		spread := at >= 10*time.Second && at < 11*time.Second // Environments begin to probe one after another.
		if r := rejected(t, b); r.Reason != want && !spread {
			t.Fatalf("%v after opening: rejected by %v", at, r)
		}
		clock.advance(100 * time.Millisecond)
	}
	for range 3 {
		clock.advance(6 * time.Second)
		p := allow(t, b)
		if !p.Probe() {
			t.Fatal("not a probe")
		}
		p.Success()
	}
	if s := b.Status(); s.State != recloser.StateClosed || !s.Detached {
		t.Errorf("Status() = %+v", s)
	}
}

// An environment that has gone through generations of its own tells the state it
// comes back to, though the fleet's generation has the same number. LAWS.md, L3.
func TestReturnToTheFleetIsTold(t *testing.T) {
	clock, store, h := newHands(), new(spy), new(history)
	b := newBreaker(t, clock.option, store.option, plain, h.option)
	_ = call(b, nil)
	store.fail(errGone)
	clock.advance(6 * time.Second)
	trip(t, b)
	reset := recloser.Transition{To: recloser.StateClosed, Cause: recloser.Cause{Rule: recloser.RuleReset}}
	if _, err := store.MemoryStore.Apply(t.Context(), "payments", reset); err != nil {
		t.Fatal(err)
	}
	store.fail(nil)
	clock.advance(6 * time.Second)
	allow(t, b).Success()
	want := []recloser.EventKind{recloser.EventStoreFailed, recloser.EventOpened, recloser.EventStoreBack, recloser.EventClosed}
	if got := h.kinds(); !slices.Equal(got, want) {
		t.Errorf("told of %v, want %v", got, want)
	}
}

func TestWhenStoreFails(t *testing.T) {
	for _, row := range []struct {
		choice recloser.StoreFailure
		known  recloser.State
		want   recloser.Reason
	}{
		{recloser.StoreFailureLastKnown, recloser.StateClosed, ""},
		{recloser.StoreFailureLastKnown, recloser.StateOpen, recloser.ReasonOpen},
		{recloser.StoreFailureAllow, recloser.StateClosed, ""},
		{recloser.StoreFailureAllow, recloser.StateOpen, ""},
		{recloser.StoreFailureReject, recloser.StateClosed, recloser.ReasonStore},
		{recloser.StoreFailureReject, recloser.StateOpen, recloser.ReasonStore},
	} {
		t.Run(fmt.Sprintf("%s, %v", row.choice, row.known), func(t *testing.T) {
			clock, store := newHands(), new(spy)
			b := newBreaker(t, clock.option, store.option, plain, func(o *recloser.Options) { o.Policy.WhenStoreFails = row.choice })
			if row.known == recloser.StateOpen {
				open(t, store, clock)
			}
			_ = call(b, nil)
			store.fail(errGone)
			clock.advance(6 * time.Second)
			for range 30 {
				err := call(b, errDown)
				open, _ := errors.AsType[*recloser.OpenError](err)
				if (open == nil) != (row.want == "") {
					t.Fatalf("Do() = %v, want %q", err, row.want)
				}
				if open != nil && (open.Reason != row.want || open.RetryAfter <= 0) {
					t.Fatalf("Do() = %+v, want %q", open, row.want)
				}
				if row.choice == recloser.StoreFailureLastKnown && row.known == recloser.StateClosed {
					break // More failures would open its own circuit, and rightly.
				}
			}
			store.fail(nil)
			clock.advance(6 * time.Second)
			if _, err := b.Refresh(t.Context()); err != nil || b.Status().Detached {
				t.Errorf("Status() = %+v", b.Status())
			}
		})
	}
}

// A record of a newer schema is neither judged nor written. LAWS.md, S11.
func TestNewerSchemaIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newer{new(spy)}
		h := new(history)
		b := newBreaker(t, h.option, func(o *recloser.Options) { o.Store = store })
		for range 1000 {
			_ = call(b, errDown)
			time.Sleep(50 * time.Millisecond)
		}
		if _, writes := store.operations(); writes > 0 {
			t.Errorf("%d writes", writes)
		}
		if s := b.Status(); !s.Detached || s.State == recloser.StateClosed {
			t.Errorf("Status() = %+v, want a circuit of its own", s)
		}
		if e := h.of(recloser.EventStoreFailed); len(e) != 1 || !errors.Is(e[0].Err, recloser.ErrSchema) {
			t.Errorf("told of %v", e)
		}
	})
	evidence.Record(t, evidence.Entry{
		Law: "S11", How: "an environment that meets a record of the next version", Promise: "versions N−1, N and N+1 in one fleet keep every law",
		Worst: "it writes nothing and goes on by itself, until it can read the record again",
		Fewer: true, Note: "there is one version of the record so far. Its golden items are read, a newer one is left alone; fleets of several versions are simulated once there is a second",
	})
}

// newer is a store whose records are of the next version.
type newer struct{ *spy }

func (n newer) Load(ctx context.Context, key string) (recloser.Record, error) {
	r, err := n.spy.Load(ctx, key)
	r.Schema = recloser.Schema + 1
	r.State, r.OpenUntil = recloser.StateOpen, 1<<50
	return r, err
}

// A store that comes and goes, loses what it is told or its answers, and a
// dependency that comes and goes: when all is well again, the fleet is. LAWS.md, L1.
func TestFlappingStoreConverges(t *testing.T) {
	seeds := uint64(10)
	if evidence.Race {
		seeds = 3
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			coin := rand.New(rand.NewPCG(seed, 3))
			store := new(spy)
			fleet, _ := newFleet(t, 5, store.option)
			d := new(dependency)
			for range 20 {
				at := coin.Float64()
				store.befall(func(recloser.Write) fault {
					switch u := rand.Float64(); {
					case u < at/3:
						return fault{lost: true, err: errGone}
					case u < at*2/3:
						return fault{err: errGone} // Applied, but not acknowledged.
					case u < at:
						return fault{wait: time.Hour}
					}
					return fault{wait: time.Duration(rand.Int64N(int64(50 * time.Millisecond)))}
				})
				if d.become(5*time.Millisecond, nil); coin.Float64() < 0.5 {
					d.become(5*time.Millisecond, down)
				}
				drive(fleet, d, 50*time.Millisecond, time.Duration(1+coin.Int64N(20))*time.Second)
			}
			d.become(5*time.Millisecond, nil)
			store.befall(nil)
			p := fleet[0].Policy()
			drive(fleet, d, 50*time.Millisecond, p.OpenFor.MaxCooldown+p.Lease()+p.HalfOpen.Margin+10*time.Second)
			for i, b := range fleet {
				if s := b.Status(); s.State != recloser.StateClosed || s.Detached || s.Generation != fleet[0].Status().Generation {
					t.Errorf("seed %d: environment %d: %+v", seed, i, s)
				}
			}
		})
	}
}

// A store that panics is a programming error, which its caller sees; it leaves
// no lock held and no read for others to wait for.
func TestStoreMayPanic(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	_ = call(b, nil)
	store.befall(func(recloser.Write) fault { panic("boom") })
	for range 3 {
		clock.advance(6 * time.Second)
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the store was not asked again")
				}
			}()
			_ = call(b, nil)
		}()
	}
	store.befall(nil)
	if err := call(b, nil); err != nil || b.Status().Age > time.Second {
		t.Errorf("Do() = %v by a view of %v", err, b.Status().Age)
	}
}
