package awsguard

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/recloser-dev/recloser"
)

// call is one operation, or one attempt at it, that was allowed.
type call struct {
	guard    *guard
	permit   recloser.Permit
	original context.Context //nolint:containedctx // A call is as short as its context.
	limits   recloser.CallLimits

	timer  *time.Timer
	cancel context.CancelCauseFunc // nil in shadow mode
	late   atomic.Bool             // whether the timer has cut the call off
}

// make makes the call.
func (c *call) make(next func(context.Context) (any, error)) error {
	ctx, err := c.bound()
	if err != nil {
		c.permit.Ignore()
		return &final{err}
	}
	returned, lives := false, false
	defer func() {
		if !returned { // It panicked, or ended its goroutine.
			c.permit.Failure()
		}
		if !lives && c.cancel != nil {
			c.cancel(nil)
		}
	}()
	result, err := next(ctx)
	returned = true
	inTime := c.timer == nil || c.timer.Stop()
	switch {
	case err != nil:
		return c.fail(err)
	case !inTime && outlives(result):
		closeBody(result) // Its context is over, and with it what is left to read.
		return c.fail(recloser.ErrCallTimeout)
	}
	c.permit.Success()
	lives = c.cancel != nil && release(result, c.cancel)
	return nil
}

// bound returns the context of the call. It has no deadline, since a body may
// outlive the call.
func (c *call) bound() (context.Context, error) {
	ctx := c.original
	end := c.permit.Deadline()
	if end.IsZero() {
		return ctx, nil
	}
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	left := end.Sub(now())
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, c.limits.Within(deadline.Sub(now())))
	}
	if left <= 0 {
		return nil, recloser.ErrNoTime
	}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.timer = afterFunc(left, c.ring)
	return ctx, nil
}

// ring is called by the timer.
func (c *call) ring() {
	c.late.Store(true)
	c.cancel(recloser.ErrCallTimeout) // First, since to settle a failure may take a while.
	c.permit.Failure()
}

// fail settles the permit by an error, and returns the one to tell the caller.
func (c *call) fail(err error) error {
	if c.late.Load() {
		c.permit.Failure()
		return recloser.ErrCallTimeout
	}
	if c.gaveUp() {
		c.permit.Ignore()
		return err
	}
	switch c.classify(err) {
	case recloser.OutcomeSuccess, recloser.OutcomeSlow:
		c.permit.Success()
	case recloser.OutcomeIgnored:
		c.permit.Ignore()
	case recloser.OutcomeFailure:
		c.permit.FailureAfter(retryAfter(err, now()))
	}
	return err
}

// gaveUp reports whether the caller has ended the call. In shadow mode the call
// has the caller's own deadline, and one that outlasts it failed, as it would have
// in time if it had been cut off.
func (c *call) gaveUp() bool {
	if c.cancel == nil && errors.Is(c.original.Err(), context.DeadlineExceeded) {
		return false
	}
	return c.original.Err() != nil
}

func (c *call) classify(err error) (o recloser.Outcome) {
	defer func() {
		if recover() != nil {
			o = Classify(err)
		}
	}()
	if o = c.guard.options.Classify(err); o > recloser.OutcomeIgnored {
		return Classify(err) // There is no such outcome.
	}
	return o
}
