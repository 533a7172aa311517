package httpguard

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/recloser-dev/recloser"
)

// call is one request that was allowed, and afterwards the body of its response.
//
//	        headers          slow_after
//	|----------|----/8----|-----|--------- ...
//	 cut by     body error       nothing of the body counts,
//	 timeout    is a failure     nothing cuts it
//
// Its permit is settled once, by whoever comes first: the status, the end of the
// body, its Close, or the timer.
type call struct {
	transport *Transport
	permit    recloser.Permit
	circuit   string
	original  *http.Request
	began     time.Time
	limits    recloser.CallLimits
	slow      time.Duration

	request  *http.Request // what the base is given
	upload   *upload
	timer    *time.Timer
	cancel   context.CancelCauseFunc // nil in shadow mode
	answered bool                    // whether the timer waits for the body only
	late     atomic.Bool             // whether the timer has cut the call off
	excused  bool                    // whether it did while the dependency waited for the caller

	body io.ReadCloser // of the response
}

// make sends the request.
func (c *call) make() (*http.Response, error) {
	if err := c.prepare(); err != nil {
		c.permit.Ignore()
		closeBody(c.original)
		return nil, err
	}
	returned := false
	defer func() {
		if !returned { // It panicked, or ended its goroutine.
			c.permit.Failure()
			c.release()
		}
	}()
	response, err := c.transport.options.Base.RoundTrip(c.request)
	returned = true
	switch {
	case err != nil:
		err = c.fail(err)
		c.release()
	case response == nil: // The client has an error for that.
		c.permit.Failure()
		c.release()
	default:
		return c.receive(response)
	}
	return response, err
}

// prepare bounds the call and makes the request that the base is given.
func (c *call) prepare() error {
	r := c.original
	ctx := r.Context()
	c.upload = uploadOf(r)
	if end := c.permit.Deadline(); !end.IsZero() {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		left := end.Sub(now())
		if deadline, ok := ctx.Deadline(); ok {
			left = min(left, c.limits.Within(deadline.Sub(now())))
		}
		if left <= 0 {
			return recloser.ErrNoTime
		}
		ctx, c.cancel = context.WithCancelCause(ctx)
		c.timer = afterFunc(left, c.ring)
	}
	c.request = r
	if c.cancel != nil || c.upload != nil {
		c.request = r.WithContext(ctx)
	}
	if c.upload != nil {
		c.request.Body = c.upload
	}
	return nil
}

// ring is called by the timer. Before the headers it cuts the call off; after
// them it ends the time in which the body could fail it.
func (c *call) ring() {
	if c.answered {
		c.permit.Success()
		return
	}
	c.excused = c.upload != nil && c.upload.waiting.Load()
	c.late.Store(true)
	c.cancel(recloser.ErrCallTimeout) // First, since to settle a failure may take a while.
	c.expire()
	if c.upload != nil {
		_ = c.upload.Close() // An http.Transport would wait for what the caller never hands over.
	}
}

// expire settles the permit of a call that was cut off.
func (c *call) expire() {
	if c.excused {
		c.permit.Ignore()
	} else {
		c.permit.Failure()
	}
}

// fail settles the permit by an error, and returns the one to tell the caller.
func (c *call) fail(err error) error {
	switch {
	case c.late.Load():
		c.expire()
		return recloser.ErrCallTimeout
	case c.callersDoing(err):
		c.permit.Ignore()
	default:
		c.permit.Failure()
	}
	return err
}

// receive judges a response by its headers, and sees to its body.
func (c *call) receive(response *http.Response) (*http.Response, error) {
	if response.Request == c.request {
		response.Request = c.original
	}
	outcome := c.transport.outcome(c.circuit, response.StatusCode)
	empty := response.Body == nil || response.Body == http.NoBody
	stream, upgraded := response.Body.(io.ReadWriteCloser)
	whole := outcome == recloser.OutcomeSuccess && !empty && !upgraded && c.transport.timesBody(response)
	if c.timer != nil && !whole && !c.timer.Stop() {
		// The context is over, and the body with it.
		if response.Body != nil {
			response.Body.Close()
		}
		c.release()
		return nil, recloser.ErrCallTimeout
	}
	if whole {
		response.Body, c.body = c, response.Body
		return response, nil
	}
	waits := false
	switch {
	case outcome == recloser.OutcomeFailure:
		c.permit.FailureAfter(retryAfter(response.Header, now()))
	case outcome == recloser.OutcomeIgnored:
		c.permit.Ignore()
	case empty, upgraded:
		c.permit.Success()
	default:
		waits = c.awaitBody()
	}
	switch {
	case empty:
		c.release()
	case upgraded && c.cancel != nil:
		response.Body = &connection{stream, c}
	case waits, c.cancel != nil:
		response.Body, c.body = c, response.Body
	}
	return response, nil
}

// awaitBody gives the body some time to fail the call, and reports whether it
// does. The permit is settled long before the call would be slow, so that a body
// never makes it so, not even when the timer is late.
func (c *call) awaitBody() bool {
	if now().Sub(c.began) > c.slow/4*3 {
		c.permit.Success()
		return false
	}
	c.answered = true
	if c.timer != nil {
		c.timer.Reset(c.slow / 8)
	} else {
		c.timer = afterFunc(c.slow/8, c.ring)
	}
	return true
}

// release ends what was begun for the call.
func (c *call) release() {
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.cancel != nil {
		c.cancel(nil)
	}
}
