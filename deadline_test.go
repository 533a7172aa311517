package recloser_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// deaf is a call that does not listen to its context.
func deaf(context.Context) error {
	time.Sleep(time.Hour)
	return nil
}

// A function that is killed at its deadline tells nobody that its call hung, so
// the call has been counted by then: DESIGN §5, and nobody's code has to listen.
func TestHangIsCountedBeforeTheCallersDeadline(t *testing.T) {
	for _, left := range []time.Duration{400 * time.Millisecond, 2 * time.Second, 3 * time.Second, 3300 * time.Millisecond, 3900 * time.Millisecond, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			told := new(history)
			store := new(spy)
			b := newBreaker(t, told.option, store.option)
			ctx, cancel := context.WithTimeout(t.Context(), left)
			defer cancel()
			deadline, _ := ctx.Deadline()
			go func() { _ = b.Do(ctx, deaf) }()
			time.Sleep(left - time.Millisecond)
			synctest.Wait()
			expired := told.of(recloser.EventPermitExpired)
			if len(expired) != 1 {
				t.Fatalf("with %v left: %d permits expired before the deadline", left, len(expired))
			}
			if spare := deadline.Sub(expired[0].At.Time()); spare < left/10 && spare < 90*time.Millisecond {
				t.Errorf("with %v left: counted only %v before the deadline", left, spare)
			}
			if len(told.of(recloser.EventWatched)) != 1 {
				t.Errorf("with %v left: the fleet was not told", left)
			}
			time.Sleep(2 * time.Hour) // The call ends.
		})
	}
}

// A call that returns within what it had to leave is counted once, by its error.
func TestLateCallIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := new(history)
		b := newBreaker(t, told.option)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := b.Do(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			time.Sleep(50 * time.Millisecond)
			return ctx.Err()
		})
		window := b.Status().Window
		time.Sleep(time.Minute)
		if err == nil || len(told.of(recloser.EventPermitExpired)) != 0 {
			t.Errorf("Do() = %v, and %d permits expired", err, len(told.of(recloser.EventPermitExpired)))
		}
		if window.Calls != 1 || window.Failures != 1 {
			t.Errorf("counted %+v", window)
		}
	})
}
