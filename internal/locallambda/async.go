package locallambda

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Async are the options of asynchronous invocations.
type Async struct {
	// Retries is how often an event is tried again after an error of the
	// function, 0 to 2. Defaults to 2.
	Retries int
	// Waits are the times before the first and the second of them. Defaults to
	// 1m and 2m, which are Lambda's.
	Waits []time.Duration
	// MaxAge is how long an event may wait, 60s to 6h. Defaults to 6h.
	MaxAge time.Duration
	// Queue is how many events there may be, waiting or running, at most
	// 100000. Defaults to 1000.
	Queue int
	// OnSuccess gets the record of each event that has succeeded.
	OnSuccess Destination
	// OnFailure gets the record of each event that is given up.
	OnFailure Destination
	// DeadLetter gets each event that is given up, as a dead-letter queue does.
	DeadLetter func(context.Context, Letter) error
}

// Destination takes the record of an asynchronous invocation: the body of a
// message, or the event of another function. The context ends after 30s, and with
// the function. An error is logged, counted, and the record lost, as Lambda does.
type Destination func(ctx context.Context, record []byte) error

// Letter is what a dead-letter queue gets: the event itself, and the attributes of
// the message.
type Letter struct {
	// Body is the event.
	Body []byte
	// RequestID, ErrorCode and ErrorMessage are the attributes; the code, a
	// number, is empty if the function was not invoked, and the message has at
	// most 1 KiB.
	RequestID, ErrorCode, ErrorMessage string
}

// The bounds of asynchronous invocations.
const (
	leastAge      = time.Minute
	mostAge       = 6 * time.Hour
	maxQueue      = 100_000
	leastBackoff  = time.Second
	mostBackoff   = 5 * time.Minute
	deliveryLimit = 30 * time.Second
)

func asyncDefaults() Async {
	return Async{Retries: 2, Waits: []time.Duration{time.Minute, 2 * time.Minute}, MaxAge: mostAge, Queue: 1000}
}

func (a *Async) validate() error {
	var problems []error
	if a.Retries < 0 || a.Retries > 2 {
		problems = append(problems, fmt.Errorf("locallambda: %d retries are not 0, 1 or 2", a.Retries))
	}
	if len(a.Waits) < a.Retries || slices.Min(append([]time.Duration{0}, a.Waits...)) < 0 {
		problems = append(problems, fmt.Errorf("locallambda: for %d retries there are the waits %v", a.Retries, a.Waits))
	}
	if a.MaxAge < leastAge || a.MaxAge > mostAge {
		problems = append(problems, fmt.Errorf("locallambda: the age %v of an event is not from %v to %v", a.MaxAge, leastAge, mostAge))
	}
	if a.Queue < 1 || a.Queue > maxQueue {
		problems = append(problems, fmt.Errorf("locallambda: a queue of %d events does not have from 1 to %d", a.Queue, maxQueue))
	}
	a.Waits = slices.Clone(a.Waits)
	return errors.Join(problems...)
}

var (
	// ErrQueueFull is matched by the error of an event for which there is no
	// place any more.
	ErrQueueFull = errors.New("locallambda: the queue of events is full")
	// ErrNotJSON is matched by the error of an event that is not JSON.
	ErrNotJSON = errors.New("locallambda: the event is not JSON")
)

// event is an asynchronous invocation on its way.
type event struct {
	Request
	id        string
	received  time.Time
	invoked   int // How often the function was.
	retries   int
	throttled int    // How often in a row there was no environment.
	result    Result // Of the last invocation.
	refused   bool   // The last time there was no environment.
	stop      func() bool
}

// InvokeAsync takes an event, and returns its request identity before the function
// has seen it. The payload is JSON, at most 1 MB; a nil one is {}.
//
// The error matches [ErrQueueFull], [ErrTooLarge], [ErrNotJSON] or [ErrClosed].
// What becomes of the event later is for the destinations. [Function.Close] drops
// events that wait.
func (f *Function) InvokeAsync(ctx context.Context, payload []byte) (requestID string, err error) {
	return f.InvokeRequestAsync(ctx, Request{Payload: payload})
}

// InvokeRequestAsync is [Function.InvokeAsync] with all that a request can have.
func (f *Function) InvokeRequestAsync(ctx context.Context, r Request) (requestID string, err error) {
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case len(r.Payload) > maxEventPayload:
		return "", fmt.Errorf("%w: it has %d bytes, and an event may have %d", ErrTooLarge, len(r.Payload), maxEventPayload)
	case len(r.Payload) > 0 && !json.Valid(r.Payload):
		return "", ErrNotJSON
	}
	at := f.options.Clock.Now()
	e := &event{Request: newInvocation(r, "", at).Request, id: newID(), received: at, stop: func() bool { return true }}
	e.Payload = slices.Clone(e.Payload)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return "", ErrClosed
	case len(f.events) >= f.options.Async.Queue:
		return "", fmt.Errorf("%w: it has %d", ErrQueueFull, len(f.events))
	}
	f.events[e] = struct{}{}
	f.work.Go(func() { f.attempt(e) })
	return e.id, nil
}

// Pending is how many events there are, waiting or running.
func (f *Function) Pending() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.events)
}

// Undelivered is how many records and letters could not be delivered.
func (f *Function) Undelivered() int { return int(f.undelivered.Load()) }

// attempt invokes the function, and decides what becomes of the event.
func (f *Function) attempt(e *event) {
	if f.options.Clock.Now().Sub(e.received) > f.options.Async.MaxAge {
		f.giveUp(e, conditionAge)
		return
	}
	i := newInvocation(e.Request, e.id, now())
	err := f.dispatch(i)
	if err == nil {
		<-i.done // Closing the function cuts it short.
		err = i.err
	}
	switch {
	case errors.Is(err, ErrClosed):
		f.forget(e)
	case err != nil:
		f.refuse(e)
	default:
		e.invoked++
		e.throttled, e.refused, e.result = 0, false, i.result
		f.settle(e)
	}
}

// refuse returns an event to the queue that found no environment.
func (f *Function) refuse(e *event) {
	f.mu.Lock()
	stopped := f.limited && f.reserved == 0
	f.mu.Unlock()
	e.refused = true
	if stopped {
		f.giveUp(e, conditionZero)
		return
	}
	backoff := min(leastBackoff<<min(e.throttled, 16), mostBackoff)
	e.throttled++
	f.again(e, backoff)
}

// settle ends an event, or has it tried again.
func (f *Function) settle(e *event) {
	switch {
	case e.result.FunctionError == "":
		f.deliver(e, f.options.Async.OnSuccess, conditionSuccess)
		f.forget(e)
	case e.retries >= f.options.Async.Retries:
		f.giveUp(e, conditionRetries)
	default:
		wait := f.options.Async.Waits[e.retries]
		e.retries++
		f.again(e, wait)
	}
}

// again tries an event later, unless it is too old by then.
func (f *Function) again(e *event, wait time.Duration) {
	if f.options.Clock.Now().Add(wait).Sub(e.received) > f.options.Async.MaxAge {
		f.giveUp(e, conditionAge)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return // Close has forgotten it.
	}
	e.stop = f.options.Clock.AfterFunc(wait, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if !f.closed {
			f.work.Go(func() { f.attempt(e) })
		}
	})
}

// giveUp ends an event that has failed.
func (f *Function) giveUp(e *event, condition string) {
	f.deliver(e, f.options.Async.OnFailure, condition)
	if letter := f.options.Async.DeadLetter; letter != nil {
		f.hand(e, func(ctx context.Context) error { return letter(ctx, e.letter(condition)) })
	}
	f.forget(e)
}

func (f *Function) deliver(e *event, to Destination, condition string) {
	if to != nil {
		f.hand(e, func(ctx context.Context) error { return to(ctx, f.record(e, condition)) })
	}
}

// hand delivers once.
func (f *Function) hand(e *event, deliver func(context.Context) error) {
	ctx, cancel := context.WithTimeout(f.ctx, deliveryLimit)
	defer cancel()
	if err := deliver(ctx); err != nil {
		f.undelivered.Add(1)
		f.log(Line{Time: now(), Source: platformSource, Text: fmt.Sprintf("locallambda: what became of the event %s could not be delivered: %v", e.id, err)})
	}
}

func (f *Function) forget(e *event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.events, e)
	f.change()
}
