package recloser_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// bounds is what a clock was asked to bound, and how often to wait.
type bounds struct {
	limits []time.Duration
	causes []error
	waits  int
}

func (s *bounds) option(o *recloser.Options) {
	o.Clock.WithTimeout = func(ctx context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
		s.limits, s.causes = append(s.limits, d), append(s.causes, cause)
		return context.WithCancel(ctx)
	}
	o.Clock.Wait = func(context.Context, <-chan struct{}) { s.waits++ }
}

// Every call, and every operation of the store, is bounded by the clock.
func TestClockBoundsCallsAndTheStore(t *testing.T) {
	asked := new(bounds)
	b := newBreaker(t, newHands().option, new(spy).option, asked.option)
	if err := call(b, nil); err != nil {
		t.Fatal(err)
	}
	if want := []time.Duration{recloser.DefaultStoreTimeout, 3 * time.Second}; !slices.Equal(asked.limits, want) {
		t.Errorf("bounded %v, want %v", asked.limits, want)
	}
	if asked.causes[0] != nil || !errors.Is(asked.causes[1], recloser.ErrCallTimeout) {
		t.Errorf("by %v", asked.causes)
	}
}

// A call that has to wait for another one's read waits by the clock.
func TestClockWaits(t *testing.T) {
	asked, store := new(bounds), new(spy)
	var b *recloser.Breaker
	meanwhile := func() {
		if p, err := b.Allow(context.Background()); err != nil || p.Ignore() != recloser.SettlementCounted {
			t.Errorf("Allow() = %v", err)
		}
	}
	b = newBreaker(t, newHands().option, asked.option, func(o *recloser.Options) { o.Store = thawing{store, meanwhile} })
	if err := call(b, nil); err != nil || asked.waits != 1 {
		t.Errorf("waited %d times for one read (%v)", asked.waits, err)
	}
}

// Under a clock of somebody else's nothing hangs on where calls are in memory:
// a simulator's runs are equal.
func TestCallsUnderASimulatorKeepTheirOrder(t *testing.T) {
	clock := newHands()
	b := newBreaker(t, clock.option)
	for range 200 {
		taken := make(chan error)
		go func() { // On a stack of its own.
			_, err := b.Allow(context.Background())
			taken <- err
		}()
		if err := <-taken; err != nil {
			t.Fatal(err)
		}
		clock.advance(2 * time.Millisecond)
	}
	all := b.Unsettled()
	if !slices.IsSortedFunc(all, func(a, b recloser.Unsettled) int { return int(b.Age - a.Age) }) || len(all) != 200 {
		t.Errorf("not in the order in which they were taken: %v", all)
	}
}
