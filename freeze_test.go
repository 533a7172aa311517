package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// The first decision after a thaw never rests on a view older than a refresh
// interval, whatever was promised before. LAWS.md, L4.
func TestThawReadsBeforeItDecides(t *testing.T) {
	for _, frozen := range []time.Duration{time.Second, 4 * time.Second, 6 * time.Second, time.Minute, time.Hour, 24 * time.Hour} {
		for _, warm := range []int{1, 50} {
			t.Run(fmt.Sprintf("%v after %d calls", frozen, warm), func(t *testing.T) {
				clock, store := newHands(), new(spy)
				b := newBreaker(t, clock.option, store.option, plain)
				for range warm {
					_ = call(b, nil)
				}
				read, _ := store.operations()
				forced := recloser.Override{Mode: recloser.OverrideOpen, Until: 1 << 50, Actor: "ann"}
				store.override(t, forced) // What the environment must not miss.
				clock.freeze(frozen)
				_, err := b.Allow(context.Background())
				again, _ := store.operations()
				if must := frozen >= recloser.RefreshInterval; must != (again > read) || must != (err != nil) {
					t.Errorf("Allow() = %v after %d reads more", err, again-read)
				}
			})
		}
	}
}

// A freeze in the middle of a read leaves a view that is old when it comes.
// LAWS.md, L4.
func TestThawInTheMiddleOfARead(t *testing.T) {
	clock, store := newHands(), new(spy)
	frozen := false
	thaw := thawing{store, func() {
		if !frozen {
			frozen = true
			clock.freeze(time.Hour)
			store.override(t, recloser.Override{Mode: recloser.OverrideOpen, Until: 1 << 50, Actor: "ann"})
		}
	}}
	b := newBreaker(t, clock.option, plain, func(o *recloser.Options) { o.Store = thaw })
	if p, err := b.Allow(context.Background()); err == nil {
		t.Errorf("Allow() = %v by a view that is an hour old", p)
	}
}

// So does a write that a call makes before it is decided on, and the read that ends
// an outage. LAWS.md, L4.
func TestThawInTheMiddleOfAStep(t *testing.T) {
	for _, row := range []struct {
		name   string
		before func(b *recloser.Breaker, clock *hands, store *spy)
		after  time.Duration
		writes bool // It is a write in which the environment is frozen.
	}{
		{"the end of a watch", func(b *recloser.Breaker, _ *hands, _ *spy) {
			_ = call(b, errDown)
		}, 30 * time.Second, true},
		{"the end of an outage", func(b *recloser.Breaker, clock *hands, store *spy) {
			store.fail(errGone)
			clock.advance(6 * time.Second)
			_ = call(b, nil)
		}, 6 * time.Second, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock, store := newHands(), new(spy)
			b := newBreaker(t, clock.option, store.option, plain)
			_ = call(b, nil)
			row.before(b, clock, store)
			clock.advance(row.after)
			frozen := 0
			store.befall(func(w recloser.Write) fault {
				if frozen == 0 && row.writes == (w != nil) {
					frozen++
					clock.freeze(time.Hour)
				}
				return fault{}
			})
			read, _ := store.operations()
			if err := call(b, nil); err != nil || frozen == 0 {
				t.Fatalf("call() = %v after %d freezes", err, frozen)
			}
			if again, _ := store.operations(); again != read+2 {
				t.Errorf("read %d times, want before the freeze and after it", again-read)
			}
		})
	}
}

// So does one that another call waits for. LAWS.md, L4.
func TestThawInTheMiddleOfAnothersRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, store := newHands(), new(spy)
		asked, on := 0, make(chan struct{})
		b := newBreaker(t, clock.option, plain, func(o *recloser.Options) {
			o.Store = thawing{store, func() {
				if asked++; asked == 1 {
					<-on
				}
			}}
		})
		read, decided := make(chan error), make(chan error)
		go func() {
			_, err := b.Refresh(context.Background())
			read <- err
		}()
		synctest.Wait()
		go func() {
			_, err := b.Allow(context.Background())
			decided <- err
		}()
		synctest.Wait()
		store.override(t, recloser.Override{Mode: recloser.OverrideOpen, Until: 1 << 50, Actor: "ann"})
		clock.freeze(time.Hour)
		close(on)
		if err := <-read; err != nil {
			t.Error(err)
		}
		if err := <-decided; err == nil || asked != 2 {
			t.Errorf("Allow() = %v after %d reads, by a view that is an hour old", err, asked)
		}
	})
}

// thawing is a store whose answers are on their way while something happens.
type thawing struct {
	*spy
	then func()
}

func (s thawing) Load(ctx context.Context, key string) (recloser.Record, error) {
	r, err := s.spy.Load(ctx, key)
	s.then()
	return r, err
}

// A promise made to calls without a look at the view ends at once when the wall
// clock leaves it in either direction. LAWS.md, L4.
func TestTurnEndsWithTheClock(t *testing.T) {
	for _, leap := range []time.Duration{time.Second, time.Minute, 24 * time.Hour, -time.Millisecond, -time.Second, -time.Hour} {
		t.Run(leap.String(), func(t *testing.T) {
			clock := newHands()
			b := newBreaker(t, clock.option, plain)
			trip(t, b)
			_ = rejected(t, b) // From here on by a turn.
			was := rejected(t, b)
			clock.step(leap)
			p, err := b.Allow(context.Background())
			if over := leap >= 10*time.Second; over != (err == nil) || over != p.Probe() {
				t.Errorf("Allow() = %v, %v", p.Probe(), err)
			}
			if open, ok := errors.AsType[*recloser.OpenError](err); ok && open == was {
				t.Error("the promise of before the leap was kept")
			}
		})
	}
}

// A clock that steps back never extends a block. DESIGN.md, §2.2.
func TestBlockIsNeverExtended(t *testing.T) {
	for _, shared := range []bool{false, true} {
		for _, back := range []time.Duration{time.Second, 30 * time.Second, time.Hour, 24 * time.Hour} {
			for _, before := range []time.Duration{0, 3 * time.Second, 9 * time.Second} {
				t.Run(fmt.Sprintf("shared %v, back %v after %v", shared, back, before), func(t *testing.T) {
					clock, store := newHands(), new(spy)
					b := newBreaker(t, clock.option, plain, func(o *recloser.Options) {
						if shared {
							o.Store = store
						}
						o.Rand = func() float64 { return 0 }
					})
					if shared {
						open(t, store, clock)
						_ = rejected(t, b)
					} else {
						trip(t, b)
					}
					clock.advance(before)
					clock.step(-back)
					for at := before; at < 10*time.Second; at += 500 * time.Millisecond {
						if r := rejected(t, b); r.RetryAfter > 11*time.Second-at { // A promise lasts a second.
							t.Fatalf("%v after opening: retry after %v", at, r.RetryAfter)
						}
						clock.advance(500 * time.Millisecond)
					}
					if p := allow(t, b); !p.Probe() {
						t.Error("not a probe")
					}
				})
			}
		}
	}
}

// Nor does it where the wall clock is the only one that runs: an environment that
// is frozen between its calls reads again, and probes, as if the clock had not been
// put back. LAWS.md, L1 and L4.
func TestFrozenBetweenCallsAfterAStepBack(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } })
	open(t, store, clock)
	_ = rejected(t, b)
	clock.step(-time.Hour)
	read, _ := store.operations()
	for at := time.Duration(0); at < 10*time.Second; at += 500 * time.Millisecond {
		_ = rejected(t, b)
		clock.freeze(500 * time.Millisecond)
	}
	if again, _ := store.operations(); again != read+1 {
		t.Errorf("read %d times in 10s, want once each refresh", again-read)
	}
	clock.freeze(500 * time.Millisecond)
	if p := allow(t, b); !p.Probe() {
		t.Error("not a probe")
	}
}

// A lease is not extended by a clock that steps back either.
func TestLeaseIsNeverExtended(t *testing.T) {
	clock, store := newHands(), new(spy)
	options := []func(*recloser.Options){clock.option, store.option, plain, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } }}
	holder, other := newBreaker(t, options...), newBreaker(t, options...)
	open(t, store, clock)
	clock.advance(10 * time.Second)
	allow(t, holder)
	holder.Close() // It is never heard of again.
	_ = rejected(t, other)
	clock.step(-time.Hour)
	p := holder.Policy()
	for at := time.Duration(0); at < p.Lease()+p.HalfOpen.Margin; at += time.Second {
		_ = rejected(t, other)
		clock.advance(time.Second)
	}
	if !allow(t, other).Probe() {
		t.Error("not a probe")
	}
}

// A wall clock that leaps ahead and back shortens an open time at most, and
// leaves the circuit working.
func TestClockThatLeapsAhead(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain, func(o *recloser.Options) { o.Policy.OpenWhen.Consecutive = 0 })
	for range 3 {
		for i := 0; b.Status().State == recloser.StateClosed && i < 1000; i++ {
			_ = call(b, errDown)
			clock.advance(100 * time.Millisecond)
		}
		if s := b.Status(); s.State == recloser.StateClosed {
			t.Fatalf("not open: %+v", s)
		}
		clock.step(time.Hour)
		for i := 0; b.Status().State != recloser.StateClosed || b.Status().Share < 1; i++ {
			_ = call(b, nil)
			if clock.advance(100 * time.Millisecond); i == 5 {
				clock.step(-time.Hour)
			}
			if i > 2000 {
				t.Fatalf("not closed: %+v", b.Status())
			}
		}
	}
}

// A call in flight through a freeze keeps the time it has left: the process did
// nothing meanwhile.
func TestFreezeDoesNotUseUpACall(t *testing.T) {
	clock := newHands()
	b := newBreaker(t, clock.option)
	_ = call(b, nil)
	p := allow(t, b)
	clock.advance(time.Second)
	clock.freeze(time.Hour)
	if want := clock.now().Add(2 * time.Second); !p.Deadline().Equal(want) {
		t.Errorf("Deadline() = %v, want %v", p.Deadline(), want)
	}
	clock.advance(time.Millisecond)
	if got := p.Success(); got != recloser.SettlementCounted {
		t.Errorf("Success() = %v", got)
	}
	if s := b.Status(); s.Window.Slow != 0 || s.InFlight != 0 {
		t.Errorf("Status() = %+v", s)
	}
}

// A guard that asks for the deadline just before its call learns that a probe was
// held up after its claim: others may hold the slot by then. LAWS.md, S1.
func TestHeldUpProbeHasNoTimeLeft(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	open(t, store, clock)
	clock.advance(11 * time.Second)
	p := allow(t, b)
	if left := p.Deadline().Sub(clock.now()); !p.Probe() || left != b.Policy().Call.Timeout {
		t.Errorf("Probe() = %v with %v left", p.Probe(), left)
	}
	clock.step(b.Policy().Lease() - time.Second)
	if left := p.Deadline().Sub(clock.now()); left != time.Second {
		t.Errorf("%v left a second before the lease ends", left)
	}
	clock.step(time.Minute)
	if left := p.Deadline().Sub(clock.now()); left > 0 {
		t.Errorf("%v left after the lease has ended", left)
	}
	p.Ignore()
}
