package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// counted returns what a breaker has counted of its own calls.
func counted(b *recloser.Breaker) (calls, failures int) {
	w := b.Status().Window
	return w.Calls, w.Failures
}

func TestDoCounts(t *testing.T) {
	wrapped := fmt.Errorf("downstream: %w", &recloser.OpenError{Circuit: "inner", Reason: recloser.ReasonOpen})
	for _, row := range []struct {
		name            string
		err             error
		calls, failures int
	}{
		{"nothing is a success", nil, 1, 0},
		{"an error is a failure", errDown, 1, 1},
		{"another circuit's rejection is ignored", wrapped, 0, 0},
		{"a caller without time is ignored", fmt.Errorf("inner: %w", recloser.ErrNoTime), 0, 0},
		{"somebody else's deadline is a failure", context.DeadlineExceeded, 1, 1},
		{"somebody else's cancellation is a failure", context.Canceled, 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t)
				if err := call(b, row.err); !errors.Is(err, row.err) {
					t.Errorf("Do() = %v, want fn's own error %v", err, row.err)
				}
				if calls, failures := counted(b); calls != row.calls || failures != row.failures {
					t.Errorf("counted %d calls and %d failures, want %d and %d", calls, failures, row.calls, row.failures)
				}
				if s := b.Status(); s.InFlight != 0 || s.Admitted != 1 {
					t.Errorf("%d in flight, %d admitted, want 0 and 1", s.InFlight, s.Admitted)
				}
			})
		})
	}
}

func TestCallReturnsTheValue(t *testing.T) {
	b := newBreaker(t)
	ctx := context.Background()
	value, err := recloser.Call(ctx, b, func(context.Context) (string, error) { return "paid", nil })
	if value != "paid" || err != nil {
		t.Errorf("Call() = %q, %v", value, err)
	}
	value, err = recloser.Call(ctx, b, func(context.Context) (string, error) { return "partly", errDown })
	if value != "partly" || !errors.Is(err, errDown) {
		t.Errorf("Call() = %q, %v, want what fn returned beside its error", value, err)
	}
	trip(t, b)
	value, err = recloser.Call(ctx, b, func(context.Context) (string, error) { return "called", nil })
	if value != "" || !errors.Is(err, recloser.ErrOpen) {
		t.Errorf("Call() = %q, %v through an open circuit", value, err)
	}
}

// The call's context ends at the earlier of call.timeout and the caller's
// deadline less call.reserve, or less a quarter if that is less.
func TestDoBoundsTheCall(t *testing.T) {
	const timeout, reserve = 3 * time.Second, 200 * time.Millisecond
	for _, row := range []struct {
		name         string
		callers, max time.Duration
	}{
		{"the caller has no deadline", 0, timeout},
		{"the caller has time enough", time.Minute, timeout},
		{"the caller has less", time.Second, time.Second - reserve},
		{"the caller has hardly any", 100 * time.Millisecond, 75 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t)
				ctx := context.Background()
				if row.callers > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.callers)
					defer cancel()
				}
				began := time.Now()
				err := b.Do(ctx, func(ctx context.Context) error {
					<-ctx.Done()
					if cause := context.Cause(ctx); !errors.Is(cause, recloser.ErrCallTimeout) {
						t.Errorf("cause = %v, want ErrCallTimeout", cause)
					}
					return ctx.Err()
				})
				if took := time.Since(began); took != row.max {
					t.Errorf("ended after %v, want %v", took, row.max)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Do() = %v", err)
				}
				if calls, failures := counted(b); calls != 1 || failures != 1 {
					t.Errorf("counted %d calls and %d failures: a deadline that the breaker sets is a failure", calls, failures)
				}
			})
		})
	}
}

// overdue is the context of a caller whose time is up, before it has ended.
type overdue struct{ context.Context }

func (overdue) Deadline() (time.Time, bool) { return time.Now(), true }

func TestDoWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		err := b.Do(overdue{context.Background()}, func(context.Context) error {
			t.Error("called with no time left")
			return nil
		})
		if !errors.Is(err, recloser.ErrNoTime) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Do() = %v, want ErrNoTime", err)
		}
		if calls, _ := counted(b); calls != 0 || b.Status().InFlight != 0 {
			t.Errorf("counted %d calls: they say nothing of the dependency", calls)
		}
	})
}

// A caller who gives up says nothing of the dependency. LAWS.md, S7.
func TestDoIgnoresWhoGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		ctx, cancel := context.WithCancel(context.Background())
		err := b.Do(ctx, func(ctx context.Context) error {
			cancel()
			return ctx.Err()
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Do() = %v", err)
		}
		err = b.Do(ctx, func(context.Context) error {
			t.Error("called for a caller who had given up")
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Do() = %v", err)
		}
		if calls, _ := counted(b); calls != 0 || b.Status().InFlight != 0 {
			t.Errorf("counted %d calls", calls)
		}

		// What was cut off by the breaker stays a failure, whatever its caller
		// does after; and a call that succeeded did so.
		ctx, cancel = context.WithCancel(context.Background())
		_ = b.Do(ctx, func(ctx context.Context) error {
			<-ctx.Done()
			cancel()
			return ctx.Err()
		})
		_ = b.Do(context.Background(), func(context.Context) error { return nil })
		if calls, failures := counted(b); calls != 2 || failures != 1 {
			t.Errorf("counted %d calls and %d failures, want 2 and 1", calls, failures)
		}
	})
}

// The timeout of an outer breaker is its caller's to an inner one. LAWS.md, S7.
func TestDoIgnoresAnotherTimeout(t *testing.T) {
	b := newBreaker(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	err := b.Do(ctx, func(ctx context.Context) error {
		cancel(recloser.ErrCallTimeout)
		return context.Cause(ctx)
	})
	if calls, _ := counted(b); calls != 0 || !errors.Is(err, recloser.ErrCallTimeout) {
		t.Errorf("Do() = %v, counted %d calls", err, calls)
	}
}

// A call that panics or ends its goroutine is a failure, and holds nothing.
// LAWS.md, S8.
func TestDoSettlesWhatDoesNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBreaker(t)
		func() {
			defer func() {
				if got := recover(); got != "boom" {
					t.Errorf("recovered %v, want fn's own panic", got)
				}
			}()
			_ = b.Do(context.Background(), func(context.Context) error { panic("boom") })
		}()
		go func() { _ = b.Do(context.Background(), func(context.Context) error { runtime.Goexit(); return nil }) }()
		synctest.Wait()
		if calls, failures := counted(b); calls != 2 || failures != 2 || b.Status().InFlight != 0 {
			t.Errorf("counted %d calls and %d failures, %d in flight", calls, failures, b.Status().InFlight)
		}
	})
}

// The circuit stays open as long as the dependency asks, up to max_cooldown.
// DESIGN.md, §5.
func TestDoHonoursRetryAfter(t *testing.T) {
	for _, row := range []struct{ asked, want time.Duration }{
		{0, 10 * time.Second},
		{-time.Hour, 10 * time.Second},
		{time.Second, 10 * time.Second},
		{time.Minute, time.Minute},
		{time.Hour, 5 * time.Minute},
	} {
		t.Run(row.asked.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBreaker(t, func(o *recloser.Options) { o.Policy.OpenFor.Jitter = 0 })
				for b.Status().State == recloser.StateClosed {
					_ = call(b, fmt.Errorf("busy: %w", retryError(row.asked)))
				}
				if open := rejected(t, b); open.RetryAfter != row.want {
					t.Errorf("open for %v, want %v", open.RetryAfter, row.want)
				}
			})
		})
	}
}

type retryError time.Duration

func (e retryError) Error() string             { return "429" }
func (e retryError) RetryAfter() time.Duration { return time.Duration(e) }

// refusal panics when it is asked how long to wait.
type refusal struct{ error }

func (refusal) RetryAfter() time.Duration { panic("no answer") }

func TestDoClassifies(t *testing.T) {
	errInvalid, errLate := errors.New("invalid"), errors.New("late")
	synctest.Test(t, func(t *testing.T) {
		var b *recloser.Breaker
		b = newBreaker(t, func(o *recloser.Options) {
			o.Classify = func(err error) recloser.Outcome {
				_ = b.Status() // It is called outside all locks: LAWS.md, B8.
				switch {
				case errors.Is(err, errInvalid):
					return recloser.OutcomeSuccess
				case errors.Is(err, errLate):
					return recloser.OutcomeIgnored
				case errors.Is(err, errDown):
					panic("cannot tell")
				case errors.Is(err, errGone):
					return recloser.Outcome(77)
				}
				return recloser.OutcomeFailure
			}
		})
		for _, row := range []struct {
			err             error
			calls, failures int
		}{
			{errInvalid, 1, 0},
			{errLate, 1, 0},
			{errDown, 2, 1},
			{&recloser.OpenError{}, 3, 2},
			{errGone, 4, 3}, // An outcome that does not exist.
		} {
			_ = call(b, row.err)
			if calls, failures := counted(b); calls != row.calls || failures != row.failures {
				t.Errorf("after %v: %d calls and %d failures, want %d and %d", row.err, calls, failures, row.calls, row.failures)
			}
			if n := b.Status().InFlight; n != 0 {
				t.Fatalf("after %v: %d in flight", row.err, n)
			}
		}
		func() {
			defer func() { _ = recover() }()
			_ = call(b, refusal{errLate})
		}()
		if calls, failures := counted(b); calls != 5 || failures != 4 || b.Status().InFlight != 0 {
			t.Errorf("an error that panics: %d calls, %d failures, %d in flight", calls, failures, b.Status().InFlight)
		}
	})
}

func TestErrorsMatch(t *testing.T) {
	open := &recloser.OpenError{Circuit: "payments/eu", Reason: recloser.ReasonRamp, RetryAfter: 1234567 * time.Microsecond}
	for _, row := range []struct{ err, target error }{
		{open, recloser.ErrOpen},
		{fmt.Errorf("pay: %w", open), recloser.ErrOpen},
		{recloser.ErrCallTimeout, context.DeadlineExceeded},
		{recloser.ErrNoTime, context.DeadlineExceeded},
	} {
		if !errors.Is(row.err, row.target) {
			t.Errorf("%v does not match %v", row.err, row.target)
		}
		if text := row.err.Error(); strings.ContainsAny(text, "\n\t") || text == "" {
			t.Errorf("%q is not one line", text)
		}
	}
	for _, other := range []error{recloser.ErrCallTimeout, recloser.ErrNoTime, errDown} {
		if errors.Is(other, recloser.ErrOpen) || errors.Is(open, other) {
			t.Errorf("%v passes for a rejection", other)
		}
	}
	if errors.Is(recloser.ErrCallTimeout, recloser.ErrNoTime) || errors.Is(open, context.DeadlineExceeded) {
		t.Error("errors of different meaning match")
	}
	if read, ok := errors.AsType[*recloser.OpenError](fmt.Errorf("pay: %w", open)); !ok || read != open {
		t.Error("a wrapped OpenError cannot be read")
	}
	want := "recloser: circuit payments/eu rejected the call (ramp; new), retry after 1.235s"
	if got := open.Error(); got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	for _, err := range []error{recloser.ErrCallTimeout, recloser.ErrNoTime} {
		if timeout, ok := err.(interface{ Timeout() bool }); !ok || !timeout.Timeout() {
			t.Errorf("%v is no timeout to package net", err)
		}
	}
}
