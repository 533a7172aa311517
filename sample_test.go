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
