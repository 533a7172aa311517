package locallambda

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// Function is a function with its environments. It is safe for concurrent use.
type Function struct {
	options Options
	work    sync.WaitGroup // All that must have ended before Close returns.
	ctx     context.Context
	stop    context.CancelFunc

	logging     sync.Mutex
	undelivered atomic.Int64 // Records and letters.

	mu           sync.Mutex
	changed      chan struct{}  // Closed, and made anew, at each change of what follows.
	environments []*environment // In order of use, the last one at the end.
	events       map[*event]struct{}
	serial       int
	closed       bool
	limited      bool // To the reserved concurrency.
	reserved     int
}

// New returns a function. It starts nothing: the first invocation does. The error
// names all options that are wrong, and that the system cannot freeze processes.
func New(optFns ...func(*Options)) (*Function, error) {
	o := defaults()
	for _, fn := range optFns {
		fn(&o)
	}
	if err := supported(); err != nil {
		return nil, err
	}
	o, err := o.validate()
	if err != nil {
		return nil, err
	}
	o.Clock = newClock(o.Clock)
	ctx, stop := context.WithCancel(context.Background())
	return &Function{options: o, ctx: ctx, stop: stop, changed: make(chan struct{}), events: make(map[*event]struct{})}, nil
}

// Invoke has the function answer an event, and waits for the result. The payload
// is JSON, at most 6 MB; a nil one is {}.
//
// An error of the function is no error of Invoke, but in the [Result]. The error
// matches [ErrThrottled] if all environments are busy, [ErrTooLarge], or
// [ErrClosed]. If the context ends first Invoke returns its error; the invocation
// goes on, as it does in Lambda when the caller hangs up.
func (f *Function) Invoke(ctx context.Context, payload []byte) (Result, error) {
	return f.InvokeRequest(ctx, Request{Payload: payload})
}

// InvokeRequest is [Function.Invoke] with all that a request can have.
func (f *Function) InvokeRequest(ctx context.Context, r Request) (Result, error) {
	if len(r.Payload) > maxPayload {
		return Result{}, fmt.Errorf("%w: it has %d bytes, and may have %d", ErrTooLarge, len(r.Payload), maxPayload)
	}
	i := newInvocation(r, newID(), now())
	if err := f.dispatch(i); err != nil {
		return Result{}, err
	}
	select {
	case <-i.done:
		return i.result, i.err
	case <-ctx.Done():
		return Result{}, ctx.Err()
	}
}

// dispatch gives an invocation to an environment, or returns why there is none.
func (f *Function) dispatch(i *invocation) error {
	e, err := f.place()
	if err != nil {
		return err
	}
	f.work.Go(func() { e.serve(i) })
	return nil
}

// Close shuts all environments down as Lambda does when it needs them no more, and
// returns when no process is left. Invocations that are still in flight are cut
// short, and events that wait are dropped.
func (f *Function) Close() error {
	f.mu.Lock()
	f.closed = true
	for e := range f.events {
		e.stop()
	}
	clear(f.events)
	var idle []*environment
	for _, e := range f.environments {
		e.stopIdle()
		if e.state == Idle {
			e.state = Stopping
			idle = append(idle, e)
		}
	}
	f.change()
	f.mu.Unlock()
	f.stop()
	var all sync.WaitGroup
	for _, e := range idle {
		all.Go(func() { f.retire(e) })
	}
	all.Wait()
	f.work.Wait()
	return nil
}

// log hands a line to the function's log.
func (f *Function) log(l Line) {
	if f.options.Log == nil {
		return
	}
	f.logging.Lock()
	defer f.logging.Unlock()
	f.options.Log(l)
}

// say logs a line of the platform's own.
func (f *Function) say(e *environment, text string) {
	f.log(Line{Time: now(), Environment: e.name, Source: platformSource, Text: text})
}
