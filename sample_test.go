package recloser_test

import (
	"context"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// A call that was told as slow while it was in flight, and fails then, is no call
// again, also not when the share has fallen between. LAWS.md, S2.
func TestFailureOfACallThatWasToldIsNoCallAgain(t *testing.T) {
	var told recloser.Counts
	clock, store := newHands(), &spy{befalls: func(w recloser.Write) fault {
		if r, ok := w.(recloser.Report); ok {
			for _, s := range r.Counted {
				told.Calls, told.Failures, told.Slow = told.Calls+s.Calls, told.Failures+s.Failures, told.Slow+s.Slow
			}
		}
		return fault{}
	}}
	b := newBreaker(t, clock.option, store.option, func(o *recloser.Options) {
		o.Rand = func() float64 { return 0 } // Draws every call, and keeps it.
	})
	apply := func(w recloser.Write) {
		if _, err := store.MemoryStore.Apply(context.Background(), "payments", w); err != nil {
			t.Fatal(err)
		}
	}
	watch := recloser.InstantOf(clock.now())
	apply(recloser.Watch{At: watch, Share: 1})
	p := allow(t, b)
	clock.advance(2500 * time.Millisecond) // It is told as slow.
	p.Failure()                            // This is not told within the same second.
	clock.advance(500 * time.Millisecond)
	apply(recloser.Report{Watch: watch, Share: 0.1})
	clock.advance(600 * time.Millisecond)
	_ = call(b, nil)
	if want := (recloser.Counts{Calls: 2, Failures: 1, Slow: 1}); told != want {
		t.Errorf("told of %+v, want %+v", told, want)
	}
}

// What an environment counts in a watch belongs to it, also where its clock is behind
// that of whoever began it: else a fleet whose clocks differ hears half of itself.
// LAWS.md, L2.
func TestClockBehindCountsInTheWatch(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } })
	watch := recloser.InstantOf(clock.now().Add(1500 * time.Millisecond)) // By a clock that is ahead.
	if _, err := store.Apply(context.Background(), "payments", recloser.Watch{At: watch, Share: 1}); err != nil {
		t.Fatal(err)
	}
	_ = call(b, errDown)
	for _, s := range store.record(t).Window.Slots() {
		if s.Start.Add(time.Second) <= watch {
			t.Errorf("a call of the watch from %d on is counted at %d", watch, s.Start)
		}
	}
	if sum := store.record(t).Window.Sum(0, 1<<60); sum.Calls != 1 || sum.Failures != 1 {
		t.Errorf("counted %+v", sum)
	}
}
