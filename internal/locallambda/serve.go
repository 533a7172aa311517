package locallambda

import (
	"context"
	"fmt"
	"time"
)

// linger is how long an answer is held for the runtime, and the extensions that
// listen to invocations, to ask for their next event: so a caller who calls again
// at once finds the environment that has just served it. An extension that takes
// longer keeps nobody waiting.
const linger = time.Second

// serve runs one invocation in an environment that is reserved for it, and then
// has it wait for the next.
func (e *environment) serve(i *invocation) {
	if e.options().managed() {
		e.serveManaged(i)
		return
	}
	r := run{environment: e, invocation: i}
	e.current.Store(i)
	if e.fresh {
		r.firstInit()
	}
	i.deadline = now().Add(e.options().Timeout)
	ctx, cancel := context.WithDeadline(e.function.ctx, i.deadline)
	defer cancel()
	defect, err := r.invoke(ctx)
	whole := defect == nil && err == nil
	l := e.life.Load()
	if whole && !e.options().NoFreeze {
		if err := e.freeze(l); err != nil {
			e.function.say(e, err.Error())
		}
	}
	e.current.CompareAndSwap(i, nil)
	if whole {
		e.function.release(e)
	} else {
		e.function.resetting(e)
	}
	i.complete(r.outcome(r.runtimeTook), r.cut)
	if whole {
		return
	}
	if l != nil {
		e.end(l, r.reason(err))
	}
	e.function.release(e)
}

// reason is why the environment's processes end after an invocation.
func (r *run) reason(err error) string {
	switch {
	case r.cut != nil:
		return shutdownSpindown
	case err != nil:
		return shutdownTimeout
	}
	return shutdownFailure
}

// run is an invocation in an environment that runs one at a time.
type run struct {
	*environment
	*invocation
	initialized time.Duration
	started     time.Time     // The invoke phase.
	handed      time.Time     // The runtime has the event.
	runtimeTook time.Duration // Until it asked for the next, or could not.
	cut         error         // Why there is no result.
}

// firstInit is the init phase before the first invocation. Its failure is not the
// invocation's: that tries again.
func (r *run) firstInit() {
	ctx, cancel := context.WithTimeout(r.function.ctx, r.options().InitTimeout)
	defer cancel()
	began := now()
	if l, _, _ := r.initialize(ctx, phaseInit); l != nil {
		r.initialized = since(began)
	}
	r.function.initialized(r.environment)
}

// invoke goes through the invoke phase. Afterwards there is a response, or it is
// cut short.
func (r *run) invoke(ctx context.Context) (*defect, error) {
	l := r.life.Load()
	var d *defect
	var err error
	if l == nil {
		l, d, err = r.initialize(ctx, phaseInvoke)
	} else if err := r.thaw(l); err != nil {
		r.function.say(r.environment, err.Error())
	}
	r.start(l)
	if l != nil {
		d, err = r.pass(ctx, l)
	}
	if err != nil && r.function.ctx.Err() != nil {
		r.cut = fmt.Errorf("%w: it was closed during the invocation", ErrClosed)
		return d, err
	}
	r.runtimeDone(l, d, err)
	switch {
	case err != nil:
		timeout := r.timedOut()
		r.answer(answer{payload: timeout.payload(r.id), err: timeout.Type})
		r.say(now().UTC().Format(timeFormat) + " " + r.id + " " + timeout.Message)
	case d != nil:
		r.answer(answer{payload: d.account(r.id), err: d.Type})
	}
	r.report(l, d, err)
	return d, err
}

func (r *run) timedOut() FunctionError {
	return FunctionError{sandboxTimeout, fmt.Sprintf("Task timed out after %.2f seconds", r.options().Timeout.Seconds())}
}

// pass takes the event through the runtime and the extensions.
func (r *run) pass(ctx context.Context, l *life) (*defect, error) {
	l.change(func() { l.inflight[r.id] = r.invocation })
	defer l.change(func() { delete(l.inflight, r.id) })
	l.tellInvocation(r.invocation)
	if d, err := l.hand(ctx, r.invocation); d != nil || err != nil {
		return d, err
	}
	r.handed = now()
	if d, err := l.await(ctx, r.isAnswered); d != nil || err != nil {
		return d, err
	}
	stop := afterFunc(linger, func() { r.complete(r.outcome(since(r.started)), nil) })
	defer stop()
	if d, err := l.await(ctx, func() bool { return l.waiting > 0 }); d != nil || err != nil {
		return d, err
	}
	r.runtimeDone(l, nil, nil)
	return l.await(ctx, l.quiet)
}

// hand gives the runtime an event as soon as it asks for one.
func (l *life) hand(ctx context.Context, i *invocation) (*defect, error) {
	for {
		l.mu.Lock()
		changed, d := l.changed, l.defect
		l.mu.Unlock()
		if d != nil {
			return d, nil
		}
		select {
		case l.next <- i:
			l.change(func() { l.waiting-- })
			return nil, nil
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
