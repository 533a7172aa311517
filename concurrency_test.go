package recloser_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// An environment has as many calls in flight as its policy allows; what is over
// that is rejected and counts as nothing.
func TestConcurrencyIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t, func(o *recloser.Options) { o.Policy.Call.Concurrency = 5 })
		d := &dependency{takes: 50 * time.Millisecond}
		var callers []*recloser.Breaker
		for range 40 {
			callers = append(callers, b)
		}
		admitted, rejections := drive(callers, d, 10*time.Millisecond, 2*time.Second)
		if calls, top := d.reset(); top != 5 || calls != admitted {
			t.Errorf("%d calls, %d at once", calls, top)
		}
		s := b.Status()
		if rejections == 0 || s.Rejected != uint64(rejections) || s.Admitted != uint64(admitted) || s.Window.Failures != 0 {
			t.Errorf("%d admitted and %d rejected: %+v", admitted, rejections, s)
		}
		permits := []recloser.Permit{allow(t, b), allow(t, b), allow(t, b), allow(t, b), allow(t, b)}
		if r := rejected(t, b); r.Reason != recloser.ReasonConcurrency {
			t.Errorf("rejected by %v", r)
		}
		permits[2].Ignore()
		allow(t, b)
	})
}

// What is counted is what was done, by however many at once.
func TestCountsAreExact(t *testing.T) {
	for _, name := range []string{"alone", "shared"} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(spy)
				b := newBreaker(t, func(o *recloser.Options) {
					if name == "shared" {
						o.Store = store
					}
					o.Policy.OpenWhen.FailureRate = 0.9
					o.Policy.OpenWhen.Consecutive = 0
				})
				const goroutines, each = 16, 3000
				var failures, ignored atomic.Int64
				var wg sync.WaitGroup
				for i := range goroutines {
					wg.Go(func() {
						coin := rand.New(rand.NewPCG(uint64(i), 5))
						for range each {
							p, err := b.Allow(context.Background())
							if err != nil {
								t.Error(err)
								return
							}
							if coin.IntN(8) == 0 {
								runtime.Gosched()
							}
							var got recloser.Settlement
							switch coin.IntN(40) {
							case 0:
								got = p.Failure()
								failures.Add(1)
							case 1:
								got = p.Ignore()
								ignored.Add(1)
							default:
								got = p.Success()
							}
							if got != recloser.SettlementCounted {
								t.Errorf("settled as %v", got)
							}
						}
					})
				}
				wg.Wait()
				s := b.Status()
				if s.Admitted != goroutines*each || s.InFlight != 0 || s.Rejected != 0 {
					t.Errorf("Status() = %+v", s)
				}
				if name == "alone" && (s.Window.Calls != goroutines*each-int(ignored.Load()) || s.Window.Failures != int(failures.Load())) {
					t.Errorf("counted %+v, want %d failures, and %d of %d ignored", s.Window, failures.Load(), ignored.Load(), goroutines*each)
				}
			})
		})
	}
}

// Many more calls may be in flight than most environments ever have.
func TestManyCallsInFlight(t *testing.T) {
	numbers := []int{9, 300, 3_000}
	if !evidence.Race {
		numbers = append(numbers, 12_000, 65_300)
	}
	for _, many := range numbers {
		clock := newHands()
		b := newBreaker(t, clock.option)
		permits := make([]recloser.Permit, many)
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				for j := i; j < many; j += 4 {
					permits[j] = allow(t, b)
				}
			})
		}
		wg.Wait()
		// Beyond the table calls are made, but not watched while in flight.
		const table = 65_000
		if n := b.Status().InFlight; n != many && n < table {
			t.Errorf("%d of %d in flight", n, many)
		}
		for i, p := range permits {
			if got := p.Success(); got != recloser.SettlementCounted {
				t.Fatalf("permit %d of %d: %v", i, many, got)
			}
			if got := p.Failure(); got != recloser.SettlementAlready {
				t.Fatalf("permit %d of %d again: %v", i, many, got)
			}
		}
		if s := b.Status(); s.InFlight != 0 || s.Window.Failures != 0 || s.Window.Calls != many || s.Admitted != uint64(many) {
			t.Errorf("%d permits: %+v", many, s)
		}
	}
}

// One breaker may be used, asked and closed by many at once.
func TestBreakerIsSafeForConcurrentUse(t *testing.T) {
	for _, store := range []func(*recloser.Options){func(*recloser.Options) {}, new(spy).option} {
		b := newBreaker(t, store, new(history).option)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 300 {
					switch (i + j) % 8 {
					case 0:
						_ = b.Status()
					case 1:
						_ = b.Unsettled()
					case 2:
						_, _ = b.Refresh(context.Background())
					case 3:
						b.Close()
					case 4:
						if err := call(b, errDown); err == nil {
							t.Error("no error")
						}
					default:
						if err := call(b, nil); err != nil && !errors.Is(err, recloser.ErrOpen) {
							t.Error(err)
						}
					}
				}
			})
		}
		wg.Wait()
		b.Close()
		if n := b.Status().InFlight; n != 0 {
			t.Errorf("%d in flight", n)
		}
	}
}

// Neither a healthy call nor a rejection allocates. DESIGN.md, §2.6.
func TestHealthyPathAllocatesNothing(t *testing.T) {
	ctx := context.Background()
	for _, store := range []func(*recloser.Options){func(*recloser.Options) {}, new(spy).option} {
		b := newBreaker(t, store)
		success := func() {
			p, err := b.Allow(ctx)
			if err != nil {
				t.Fatal(err)
			}
			p.Success()
		}
		if n := testing.AllocsPerRun(10_000, success); n > 0 {
			t.Errorf("a healthy call allocates %v times", n)
		}
	}
	b := newBreaker(t)
	trip(t, b)
	reject := func() {
		if _, err := b.Allow(ctx); err == nil {
			t.Fatal("not rejected")
		}
	}
	if n := testing.AllocsPerRun(10_000, reject); n > 0 {
		t.Errorf("a rejection allocates %v times", n)
	}
}
