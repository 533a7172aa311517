package simulator

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
)

// exchange is one round trip to a store that keeps something else than our records:
// what other protocols share. It takes as long as an operation of ours would, and is
// struck by the same faults.
type exchange struct {
	operation
	at *shelf
	do func()
	// bounded is whether the store throttles it, as DynamoDB would. Redis bears
	// more than a fleet asks here.
	bounded bool
}

// shelf is where a protocol keeps what one circuit shares.
type shelf struct {
	item  item // counts what is asked of it
	value any
}

// shared returns what the environments of a circuit share, made when it is first
// asked for.
func shared[T any](w *world, partition int) (*shelf, *T) {
	if w.shelves == nil {
		w.shelves = make([]shelf, w.s.partitions())
	}
	at := &w.shelves[partition]
	if at.value == nil {
		at.value = new(T)
	}
	value, _ := at.value.(*T) // A world has one protocol.
	return at, value
}

// client is how an environment reaches what it shares.
type client struct {
	handle  handle
	at      *shelf
	bounded bool
	last    recloser.State // as the environment last knew it
}

// stands notes how the circuit stands, as far as the environment knows.
func (c *client) stands(state recloser.State) {
	if c.last = state; !c.handle.env.dead {
		c.handle.env.draw()
	}
}

func (c *client) column() byte { return columnOf(c.last) }

// read asks the store; do is called when it has come there.
func (c *client) read(ctx context.Context, what string, do func()) error {
	return c.ask(ctx, nil, what, do)
}

// write tells the store.
func (c *client) write(ctx context.Context, what string, do func()) error {
	return c.ask(ctx, recloser.Report{}, what, do)
}

// ask makes one round trip, within the time that a breaker of ours would wait. Only
// faults look at kind: it is nil for a read.
func (c *client) ask(ctx context.Context, kind recloser.Write, what string, do func()) error {
	e := c.handle.env
	w := e.world
	if e.dead {
		return errDead
	}
	s := e.newScope(ctx, w.s.Store.Timeout, errStore)
	defer s.cancel()
	x := &exchange{operation: operation{handle: &c.handle, write: kind, answerAt: never, task: w.current}, at: c.at, do: do, bounded: c.bounded}
	w.count(func(n *Counts) {
		if kind == nil {
			n.Reads++
		} else {
			n.Writes++
		}
	})
	w.told(StepAsked, e, 0, func() string { return what })
	x.send(w)
	s.await(w, x.answerAt)
	x.task = nil
	switch {
	case e.dead:
		return errDead
	case !x.answered:
		return s.Err()
	}
	return x.err
}

// send puts it on its way, with what becomes of it.
func (x *exchange) send(w *world) {
	whole := w.store.latency()
	there := int64(float64(whole) * w.store.coin.Float64())
	x.back = whole - there
	for i := range w.store.faults {
		f := &w.store.faults[i]
		if f.on(w.now) && w.store.struck(f, &x.operation) && w.store.coin.Float64() < float64(f.Share) {
			there = w.store.strike(f, &x.operation, there)
			break
		}
	}
	switch {
	case there == never:
	case x.arrived:
		x.answerAt = w.now + there
		w.agenda.add(x.answerAt, x.handle.env, x)
	default:
		if x.back != never {
			x.answerAt = w.now + there + x.back
		}
		w.agenda.add(w.now+there, nil, x)
	}
}

// act is its arrival at the store, and that of its answer after it.
func (x *exchange) act(w *world) {
	if !x.arrived {
		x.arrived = true
		if x.bounded && x.at.item.throttles(w.now, w.store.config, x.write != nil) {
			x.err = errThrottled
		} else {
			x.do()
		}
		if x.back != never {
			w.agenda.add(w.now+x.back, x.handle.env, x)
		}
		return
	}
	if t := x.task; t != nil {
		x.answered, x.task = true, nil
		w.resume(t)
	}
}

// rest waits for a time, or until the scope ends.
func (e *environment) rest(ctx context.Context, d time.Duration) error {
	s := e.newScope(ctx, d, nil)
	defer s.cancel()
	s.await(e.world, never)
	return ctx.Err()
}

// bound makes a call that has no more than its timeout, as every protocol's has.
func (e *environment) bound(ctx context.Context, call func(context.Context) error) error {
	ctx, cancel := e.withTimeout(ctx, e.world.s.Policy.Call.Timeout, nil)
	defer cancel()
	return call(ctx)
}

// turnedAway is the rejection of another protocol.
func turnedAway(reason recloser.Reason, after time.Duration) error {
	return &recloser.OpenError{Circuit: circuitName, Reason: reason, RetryAfter: after}
}

// probing counts a probe of another protocol.
func (w *world) probing() { w.count(func(n *Counts) { n.Probes++ }) }
