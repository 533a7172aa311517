package recloser_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// settlers are the ways to settle a permit.
var settlers = []struct {
	name   string
	settle func(recloser.Permit) recloser.Settlement
}{
	{"success", recloser.Permit.Success},
	{"failure", recloser.Permit.Failure},
	{"failure after", func(p recloser.Permit) recloser.Settlement { return p.FailureAfter(time.Minute) }},
	{"ignore", recloser.Permit.Ignore},
}

// ways are the ways in which a permit comes about: the first by the lock, the
// second by a turn, the third recorded, the fourth drawn for a watch.
var ways = []struct {
	name string
	take func(testing.TB) recloser.Permit
}{
	{"first", func(tb testing.TB) recloser.Permit { return allow(tb, newBreaker(tb)) }},
	{"in a turn", func(tb testing.TB) recloser.Permit {
		b := newBreaker(tb)
		_ = call(b, nil)
		return allow(tb, b)
	}},
	{"traced", func(tb testing.TB) recloser.Permit {
		return allow(tb, newBreaker(tb, func(o *recloser.Options) { o.Trace = true }))
	}},
	{"drawn", func(tb testing.TB) recloser.Permit {
		b := newBreaker(tb, new(spy).option, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } })
		_ = call(b, errDown)
		return allow(tb, b)
	}},
	{"probe", func(tb testing.TB) recloser.Permit {
		clock := newHands()
		b := newBreaker(tb, clock.option, func(o *recloser.Options) { o.Policy.OpenFor.Jitter = 0 })
		trip(tb, b)
		clock.advance(10 * time.Second)
		return allow(tb, b)
	}},
}

// A permit has one use, which its copies share. LAWS.md, S2 and S7.
func TestPermitHasOneUse(t *testing.T) {
	for _, way := range ways {
		for _, first := range settlers {
			for _, second := range settlers {
				t.Run(fmt.Sprintf("%s/%s then %s", way.name, first.name, second.name), func(t *testing.T) {
					p := way.take(t)
					again := p
					if p.Probe() != (way.name == "probe") {
						t.Errorf("Probe() = %v", p.Probe())
					}
					if got := first.settle(p); got != recloser.SettlementCounted {
						t.Errorf("the first use is %v", got)
					}
					if got := second.settle(again); got != recloser.SettlementAlready {
						t.Errorf("a copy's use after it is %v", got)
					}
				})
			}
		}
	}
}

func TestPermitHasOneUseAmongMany(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			p := way.take(t)
			var uses atomic.Int64
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					if settlers[i%len(settlers)].settle(p) == recloser.SettlementCounted {
						uses.Add(1)
					}
				})
			}
			wg.Wait()
			if n := uses.Load(); n != 1 {
				t.Errorf("%d uses of one permit", n)
			}
		})
	}
}

func TestZeroPermit(t *testing.T) {
	var p recloser.Permit
	for _, s := range settlers {
		if got := s.settle(p); got != recloser.SettlementAlready {
			t.Errorf("%s: %v", s.name, got)
		}
	}
	if p.Probe() || !p.Deadline().IsZero() {
		t.Errorf("Probe() = %v, Deadline() = %v", p.Probe(), p.Deadline())
	}
}

func TestSettlementString(t *testing.T) {
	want := "counted, stale, already settled, unknown, settlement(4)"
	got := fmt.Sprintf("%v, %v, %v, %v, %v", recloser.SettlementCounted, recloser.SettlementStale,
		recloser.SettlementAlready, recloser.SettlementUnknown, recloser.Settlement(4))
	if got != want {
		t.Errorf("settlements are called %s, want %s", got, want)
	}
}

// An outcome of a generation that is over changes nothing, though the circuit
// has come back to where it was: closed, open, half-open, closed. LAWS.md, S2.
func TestPermitIsBoundToItsGeneration(t *testing.T) {
	for _, s := range settlers {
		t.Run(s.name, func(t *testing.T) {
			clock := newHands()
			b := newBreaker(t, clock.option, func(o *recloser.Options) { o.Policy.Ramp.Over = 0 })
			_ = call(b, nil)
			old := []recloser.Permit{allow(t, b), allow(t, b), allow(t, b)}
			clock.advance(2500 * time.Millisecond) // They are slow by now.
			check := func(state recloser.State, p recloser.Permit) {
				t.Helper()
				if before := b.Status(); before.State != state {
					t.Fatalf("the circuit is %v, want %v", before.State, state)
				}
				before := b.Status()
				if got := s.settle(p); got != recloser.SettlementStale {
					t.Errorf("%v: settling is %v, want stale", state, got)
				}
				after := b.Status()
				if before.InFlight--; after != before {
					t.Errorf("%v: a stale outcome has changed\n%+v to\n%+v", state, before, after)
				}
			}
			trip(t, b)
			check(recloser.StateOpen, old[0])
			clock.freeze(15 * time.Second) // No permit runs out: the process stands still.
			_ = call(b, nil)
			check(recloser.StateHalfOpen, old[1])
			_ = call(b, nil)
			_ = call(b, nil)
			check(recloser.StateClosed, old[2])
		})
	}
}

// A permit that nobody settles ends at its deadline and the reserve, as a
// failure. LAWS.md, S8; DESIGN.md, §2.7.
func TestPermitExpires(t *testing.T) {
	for _, way := range ways[:4] {
		t.Run(way.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := new(history)
				b := newBreaker(t, h.option, func(o *recloser.Options) { o.Trace = way.name == "traced" })
				if way.name == "in a turn" {
					_ = call(b, nil)
				}
				calls, _ := counted(b)
				p := allow(t, b)
				time.Sleep(3190 * time.Millisecond)
				if n := b.Status().InFlight; n != 1 {
					t.Fatalf("%d in flight before the end of the reserve", n)
				}
				time.Sleep(160 * time.Millisecond)
				if n := b.Status().InFlight; n != 0 {
					t.Fatalf("%d in flight after it", n)
				}
				if after, failures := counted(b); after != calls+1 || failures != 1 {
					t.Errorf("counted %d calls and %d failures, want %d and 1", after, failures, calls+1)
				}
				if e := h.of(recloser.EventPermitExpired); len(e) != 1 || !e[0].Made {
					t.Errorf("told of %v, want one that has expired", h.kinds())
				}
				if got := p.Success(); got != recloser.SettlementAlready {
					t.Errorf("a success after it is %v", got)
				}
			})
		})
	}
}

// Nothing waits once no call is in flight.
func TestNothingWaitsWithoutCalls(t *testing.T) {
	clock := newHands()
	b := newBreaker(t, clock.option)
	if n := clock.waiting(); n != 0 {
		t.Errorf("%d timers before the first call", n)
	}
	for range 3 {
		p := allow(t, b)
		if n := clock.waiting(); n != 1 {
			t.Errorf("%d timers while a call is in flight, want 1", n)
		}
		p.Success()
		clock.advance(time.Second)
		if n := clock.waiting(); n != 0 {
			t.Errorf("%d timers without a call", n)
		}
	}
	allow(t, b)
	b.Close()
	b.Close()
	if n := clock.waiting(); n != 0 {
		t.Errorf("%d timers after Close", n)
	}
}

func TestPermitDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		want := time.Now().Add(3 * time.Second)
		p := allow(t, b)
		for range 5 {
			if got := p.Deadline(); !got.Equal(want) {
				t.Errorf("Deadline() = %v, want %v", got, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
	})
}

// TestPermitProperty settles permits in any order through any life of a circuit,
// and compares with what a list of them says. LAWS.md, S2.
func TestPermitProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		clock := newHands()
		b, err := recloser.New("payments", clock.option, func(o *recloser.Options) {
			o.Policy.Ramp.Over = time.Second
			o.Rand = func() float64 { return 0.5 } // A failing run replays.
		})
		if err != nil {
			t.Fatal(err)
		}
		type taken struct {
			permit     recloser.Permit
			generation uint64
			at         time.Duration
			wall       time.Time
			settled    bool
		}
		var all []*taken
		settle := func(p *taken, by int) {
			before := b.Status()
			got := settlers[by].settle(p.permit)
			after := b.Status()
			age := clock.monotonic() - p.at
			switch {
			case p.settled, age > 3400*time.Millisecond:
				if got != recloser.SettlementAlready {
					t.Fatalf("%s after %v of one that has ended: %v", settlers[by].name, age, got)
				}
			case got == recloser.SettlementAlready && age > 3100*time.Millisecond:
				// It may have expired.
			case p.generation != before.Generation:
				before.InFlight--
				if got != recloser.SettlementStale || after != before {
					t.Fatalf("%s of generation %d in %d: %v\n%+v\n%+v", settlers[by].name, p.generation, before.Generation, got, before, after)
				}
			case got == recloser.SettlementStale && p.permit.Probe() && clock.now().Sub(p.wall) >= b.Policy().Lease():
				// Another has taken the slot over.
			case got != recloser.SettlementCounted:
				t.Fatalf("%s in its generation: %v", settlers[by].name, got)
			}
			p.settled = true
		}
		t.Repeat(map[string]func(*rapid.T){
			"take": func(t *rapid.T) {
				if p, err := b.Allow(context.Background()); err == nil {
					all = append(all, &taken{permit: p, generation: b.Status().Generation, at: clock.monotonic(), wall: clock.now()})
				}
				clock.advance(3 * time.Millisecond) // When a call began is known to two milliseconds.
			},
			"settle": func(t *rapid.T) {
				if len(all) > 0 {
					settle(all[rapid.IntRange(0, len(all)-1).Draw(t, "which")], rapid.IntRange(0, 3).Draw(t, "how"))
				}
			},
			"fail": func(*rapid.T) {
				for range 12 {
					_ = call(b, errDown)
				}
				clock.advance(3 * time.Millisecond)
			},
			"recover": func(*rapid.T) {
				for range 3 {
					_ = call(b, nil)
				}
				clock.advance(3 * time.Millisecond)
			},
			"pass": func(t *rapid.T) {
				clock.advance(time.Duration(rapid.IntRange(1, 4000).Draw(t, "ms")) * time.Millisecond)
			},
			"freeze": func(t *rapid.T) { clock.freeze(time.Duration(rapid.IntRange(1, 60).Draw(t, "s")) * time.Second) },
		})
	})
}
