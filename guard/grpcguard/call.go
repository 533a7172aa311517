package grpcguard

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/recloser-dev/recloser"
)

// call is one call that was allowed.
type call struct {
	guard    *guard
	permit   recloser.Permit
	original context.Context //nolint:containedctx // A call is as short as its context.
	limits   recloser.CallLimits

	timer  *time.Timer
	cancel context.CancelCauseFunc // nil in shadow mode
	judged atomic.Bool             // whether the permit has been settled
	late   atomic.Bool             // whether the call has been cut off
	owed   atomic.Bool             // whether the server owes an answer
	waited atomic.Int32            // how many wait for it
}

// unary makes a unary call.
func (c *call) unary(invoke func(context.Context) error) error {
	ctx := c.original
	left, bounded, err := c.left()
	if err != nil {
		return c.refuse(err)
	}
	if bounded { // The server is told the deadline.
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, left, recloser.ErrCallTimeout)
		defer cancel()
	}
	defer c.fallen()
	err = invoke(ctx)
	switch {
	case err == nil:
		c.settle(recloser.OutcomeSuccess, 0)
	case bounded && c.cutOff(ctx, err):
		c.settle(recloser.OutcomeFailure, retryAfter(err))
		return timeout()
	default:
		c.fail(err, !bounded)
	}
	return err
}

// cutOff reports whether a unary call has ended by the timeout of ctx. The server was
// told of it, and may say so before the timer here does.
func (c *call) cutOff(ctx context.Context, err error) bool {
	if context.Cause(ctx) == recloser.ErrCallTimeout { //nolint:errorlint // Another call's would match.
		return true
	}
	deadline, _ := ctx.Deadline()
	return c.original.Err() == nil && status.Code(err) == codes.DeadlineExceeded && !now().Before(deadline)
}

// stream opens a stream.
func (c *call) stream(desc *grpc.StreamDesc, open func(context.Context) (grpc.ClientStream, error)) (grpc.ClientStream, error) {
	ctx := c.original
	left, bounded, err := c.left()
	if err != nil {
		return nil, c.refuse(err)
	}
	c.owed.Store(true)
	c.waited.Add(1) // For the connection.
	if bounded {
		ctx, c.cancel = context.WithCancelCause(ctx)
	}
	c.timer = afterFunc(left, c.ring)
	returned := false
	defer func() {
		if !returned {
			c.fallen()
		}
	}()
	opened, err := open(ctx)
	returned = true
	if err != nil {
		return nil, c.end(err)
	}
	c.owed.Store(false) // Until CloseSend.
	c.waited.Add(-1)
	return &stream{ClientStream: opened, call: c, single: !desc.ServerStreams}, nil
}

// left returns how much time the call has, and whether it is cut off after it.
func (c *call) left() (left time.Duration, bounded bool, err error) {
	end := c.permit.Deadline()
	if end.IsZero() {
		return c.limits.Timeout, false, nil
	}
	if err := context.Cause(c.original); err != nil {
		return 0, false, err
	}
	left = end.Sub(now())
	if deadline, ok := c.original.Deadline(); ok {
		left = min(left, c.limits.Within(deadline.Sub(now())))
	}
	if left <= 0 {
		return 0, false, recloser.ErrNoTime
	}
	return left, true, nil
}

// refuse is the end of a call that its caller has no time for.
func (c *call) refuse(err error) error {
	c.settle(recloser.OutcomeIgnored, 0)
	code := codes.DeadlineExceeded
	if errors.Is(c.original.Err(), context.Canceled) {
		code = codes.Canceled
	}
	return &statusError{code, err}
}

// fallen settles the permit of a call that panicked, or ended its goroutine.
func (c *call) fallen() {
	if c.settle(recloser.OutcomeFailure, 0) {
		c.release()
	}
}

// ring is called by the timer of a stream.
func (c *call) ring() {
	if !c.owed.Load() || c.waited.Load() == 0 {
		c.settle(recloser.OutcomeIgnored, 0)
		return
	}
	if c.judged.Swap(true) {
		return
	}
	if c.cancel != nil {
		c.late.Store(true)
		c.cancel(recloser.ErrCallTimeout) // First, since to settle a failure may take a while.
	}
	c.permit.Failure()
}

// settle settles the permit, unless that has been done, and reports whether it did.
func (c *call) settle(o recloser.Outcome, retryAfter time.Duration) bool {
	if c.judged.Load() || c.judged.Swap(true) {
		return false
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	switch o {
	case recloser.OutcomeSuccess, recloser.OutcomeSlow:
		c.permit.Success()
	case recloser.OutcomeIgnored:
		c.permit.Ignore()
	case recloser.OutcomeFailure:
		c.permit.FailureAfter(retryAfter)
	}
	return true
}

// fail settles the permit by an error.
func (c *call) fail(err error, shadow bool) {
	if c.judged.Load() {
		return
	}
	gaveUp := c.original.Err() != nil
	if shadow && errors.Is(c.original.Err(), context.DeadlineExceeded) {
		gaveUp = false // It would have been cut off in time.
	}
	if gaveUp {
		c.settle(recloser.OutcomeIgnored, 0)
		return
	}
	c.settle(c.classify(err), retryAfter(err))
}

// end settles the permit by the error that ended a stream, and returns the one to
// tell the caller.
func (c *call) end(err error) error {
	c.fail(err, c.cancel == nil)
	c.release()
	if c.late.Load() {
		return timeout()
	}
	return err
}

// release ends the context of a stream.
func (c *call) release() {
	if c.cancel != nil {
		c.cancel(nil)
	}
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
