package locallambda

import (
	"context"
	"fmt"
	"sync"
)

// beginning is the init phase of an environment of Managed Instances, which is the
// first invocation's, and for which the others wait.
type beginning struct {
	once   sync.Once
	life   *life
	defect *defect
	err    error
}

// begin initialises the environment once. There is no second try: an environment
// that cannot start is replaced.
func (e *environment) begin() (*life, *defect, error) {
	b := &e.beginning
	b.once.Do(func() {
		ctx, cancel := context.WithTimeout(e.function.ctx, e.options().InitTimeout)
		defer cancel()
		b.life, b.defect, b.err = e.initialize(ctx, phaseInit)
		if b.life != nil {
			e.function.initialized(e)
		}
	})
	return b.life, b.defect, b.err
}

// serveManaged runs one invocation beside the others of an environment of Managed
// Instances.
func (e *environment) serveManaged(i *invocation) {
	r := run{environment: e, invocation: i}
	l, d, err := e.begin()
	if l != nil {
		d, err = r.share(l)
	}
	switch {
	case err != nil && e.function.ctx.Err() != nil:
		r.cut = fmt.Errorf("%w: it was closed during the invocation", ErrClosed)
	case err != nil && l == nil:
		d = &defect{FunctionError: FunctionError{sandboxTimeout, fmt.Sprintf("The init phase timed out after %.2f seconds", e.options().InitTimeout.Seconds())}}
	case err != nil:
		d = nil
		r.answer(answer{payload: r.timedOut().payload(""), err: sandboxTimeout})
	}
	if d != nil {
		r.answer(answer{payload: d.account(i.id), err: d.Type})
		e.function.replace(e)
	}
	if l != nil && r.cut == nil {
		r.reportManaged(l, d, err)
	}
	e.function.release(e)
	i.complete(r.outcome(since(i.received)), r.cut)
}

// share takes the event through the runtime, which may have others.
func (r *run) share(l *life) (*defect, error) {
	r.deadline = now().Add(r.options().Timeout)
	ctx, cancel := context.WithDeadline(r.function.ctx, r.deadline)
	defer cancel()
	r.start(l)
	l.change(func() { l.inflight[r.id] = r.invocation })
	defer l.change(func() {
		delete(l.inflight, r.id)
		if !r.isAnswered() {
			l.late.add(r.id)
		}
	})
	if d, err := l.hand(ctx, r.invocation); d != nil || err != nil {
		return d, err
	}
	r.handed = now()
	return l.await(ctx, r.isAnswered)
}

// reportManaged says that an invocation has ended. Here an error of the function
// counts.
func (r *run) reportManaged(l *life, d *defect, err error) {
	took := since(r.started)
	l.drain()
	status, kind := statusOf(d, err)
	if status == statusSuccess && r.response.err != "" {
		status, kind = statusError, r.response.err
	}
	r.say("END RequestId: " + r.id)
	r.say(fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms", r.id, milliseconds(took)))
	record := reportRecord{
		RequestID: r.id, Status: status, ErrorType: kind, Tracing: r.sampled(), Metrics: reportMetrics{DurationMs: milliseconds(took)},
	}
	if spans := r.spans(r.response.ended); spans != nil {
		record.Spans = spans[:2]
	}
	l.telemetry.platform("report", record)
}

// lateness remembers the last invocations that have timed out, so that an answer
// to one is told from nonsense.
type lateness struct{ ids []string }

const maxLate = 256

func (t *lateness) add(id string) {
	t.ids = append(t.ids, id)
	if len(t.ids) > maxLate {
		t.ids = t.ids[1:]
	}
}
