package workflow_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// core is calls of the Go core by environments that live for one call each: what a
// workflow is.
type core struct {
	tb     testing.TB
	store  recloser.Store
	policy recloser.Policy
	now    func() time.Time
	coin   func() float64
	tokens func() string
}

// faulty is a store that may fail before it is asked.
type faulty struct {
	recloser.Store
	fault func(write recloser.Write) (before, after error)
}

// Load implements [recloser.Store].
func (f faulty) Load(ctx context.Context, key string) (recloser.Record, error) {
	if before, after := f.fault(nil); before != nil || after != nil {
		return recloser.Record{}, errors.Join(before, after)
	}
	return f.Store.Load(ctx, key)
}

// Apply implements [recloser.Store].
func (f faulty) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	before, after := f.fault(w)
	if before != nil {
		return recloser.Record{}, before
	}
	r, err := f.Store.Apply(ctx, key, w)
	if after != nil {
		return recloser.Record{}, after
	}
	return r, err
}

// leave is leave for a call of an environment that lives for it.
type leave struct {
	permit recloser.Permit
	said   string
}

// begin asks for leave, as Breaker.Do does: a probe that was held up is not made.
func (c *core) begin(partition string) *leave {
	began := c.now()
	b, err := recloser.New("payments", func(o *recloser.Options) {
		o.Policy, o.Partition, o.Store = c.policy, partition, c.store
		o.Clock = recloser.Clock{
			Wall: c.now, Mono: func() time.Duration { return c.now().Sub(began) },
			AfterFunc: func(time.Duration, func()) func() bool { return func() bool { return true } },
		}
		o.Rand, o.Token = c.coin, c.tokens
		o.StoreTimeout = time.Second // As a state machine's, which knows whole seconds.
		o.Trace = true               // So that every call's time is taken at its end: there is no timer that would see it to be slow.
	})
	if err != nil {
		c.tb.Fatal(err)
	}
	p, err := b.Allow(c.tb.Context())
	l := &leave{permit: p}
	open, rejected := errors.AsType[*recloser.OpenError](err)
	switch {
	case rejected:
		l.said = fmt.Sprintf("rejected: %s, retry after %v", open.Reason, (open.RetryAfter + time.Millisecond - 1).Truncate(time.Millisecond))
	case p.Probe():
		l.said = "probe"
	default:
		l.said = "admitted"
	}
	return l
}

// end settles the call by what it came to.
func (l *leave) end(verb string, asked time.Duration) {
	switch verb {
	case "fails":
		l.permit.FailureAfter(asked)
	case "succeeds":
		l.permit.Success()
	default:
		l.permit.Ignore()
	}
}
