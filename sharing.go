package recloser

import (
	"context"
	"errors"
	"time"
)

const (
	// recentView is how long after its answer a read is as good as a fresh one,
	// however long the store took. A failing call reads no more often.
	recentView = 50 * time.Millisecond
	// doubtedView is the same for who saw the last call fail while the fleet listens and is
	// about to decide.
	doubtedView = 5 * time.Millisecond
	// The back-off window of a store that is out of reach: one operation is
	// tried in each.
	firstBackoff = time.Second
	mostBackoff  = RefreshInterval
)

// outage is how long the store has been out of reach.
type outage struct {
	failures int
	began    moment
	last     moment
	wait     time.Duration
}

// left returns how long the store must not be asked.
func (o *outage) left(now moment) time.Duration { return o.wait - now.since(o.last) }

func isConflict(err error) bool { return errors.Is(err, ErrConflict) }

// freshen reads the record again if the view has become too old. One call reads;
// the others go on with the view they have, as long as they may.
func (b *Breaker) freshen(ctx context.Context) {
	e := &b.env
	if b.options.Store == nil {
		return
	}
	now := b.now()
	if e.outage.failures > 0 {
		if e.reading != nil || e.outage.left(now) > 0 || b.load(ctx, b.options.StoreTimeout) != nil {
			return
		}
		now = b.now()
	}
	for range maxSteps { // Again if the environment was frozen while it was read.
		if b.fresh(now) {
			return
		}
		read := e.reading
		switch {
		case read == nil:
			_ = b.load(ctx, b.options.StoreTimeout)
		case !e.known || now.since(e.read) >= RefreshInterval+b.options.StoreTimeout:
			b.await(ctx, read)
		default:
			return
		}
		if e.outage.failures > 0 || read != nil && e.reading == read {
			return
		}
		now = b.now()
	}
}

// fresh reports whether a call may be decided by the view. A failure casts doubt on it, and
// one in a watch in which too little is told to judge goes on to: what opens the circuit
// is likely to be told before the next call of this environment.
func (b *Breaker) fresh(now moment) bool {
	e := &b.env
	switch {
	case !e.known || now.since(e.read) >= RefreshInterval:
		return false
	case e.stale:
		return b.recent(now)
	case e.run > 0 && e.record.WatchSince != 0 && b.policy.undecided(b.view(now)):
		return now.since(e.heard) < doubtedView
	}
	return true
}

// recent reports whether the view is as good as a fresh read.
func (b *Breaker) recent(now moment) bool { return now.since(b.env.heard) < recentView }

// await waits for somebody else's read, for at most one store timeout.
func (b *Breaker) await(ctx context.Context, read <-chan struct{}) {
	ctx, cancel := b.clock.WithTimeout(ctx, b.options.StoreTimeout, nil)
	defer cancel()
	b.mu.Unlock()
	defer b.mu.Lock()
	b.clock.Wait(ctx, read)
}

// load reads the record, within limit. The lock is let go meanwhile.
func (b *Breaker) load(ctx context.Context, limit time.Duration) error {
	done := make(chan struct{})
	if b.env.reading == nil {
		b.env.reading = done
	}
	defer func() { // Also when the store panics.
		if b.env.reading == done {
			b.env.reading = nil
		}
		close(done)
	}()
	return b.exchange(ctx, limit, false, func(ctx context.Context) (Record, error) {
		return b.options.Store.Load(ctx, b.key)
	})
}

// write makes a write: in the store, or, while there is none, in the
// environment's own record. The lock is let go meanwhile.
func (b *Breaker) write(ctx context.Context, w Write) error {
	if !b.attached() {
		next, ok := b.env.record.Apply(w)
		if !ok {
			return ErrConflict
		}
		b.adoptOwn(next, b.now())
		return nil
	}
	return b.exchange(ctx, b.options.StoreTimeout, true, func(ctx context.Context) (Record, error) {
		return b.options.Store.Apply(ctx, b.key, w)
	})
}

// writeAlone makes a write that one goroutine of the environment is enough for.
func (b *Breaker) writeAlone(ctx context.Context, w Write) {
	b.env.writing = true
	defer func() { b.env.writing = false }()
	_ = b.write(ctx, w)
}

// exchange runs one operation of the store without the lock, and learns from its
// answer. A caller who gives up does not cut it short: what it tells concerns
// all. A fault is told to observers and turns the environment to itself; it
// never reaches a caller.
func (b *Breaker) exchange(
	ctx context.Context, limit time.Duration, writes bool, op func(context.Context) (Record, error),
) error {
	b.env.operation++
	operation, began := b.env.operation, b.now()
	r, err := b.unlocked(ctx, limit, op)
	if err == nil || isConflict(err) {
		if newer := r.Check(); newer != nil {
			err = newer
		}
	}
	if err != nil && !isConflict(err) {
		b.storeFailed(b.now(), err)
		return err
	}
	if b.env.outage.failures > 0 {
		b.env.outage = outage{}
		b.events.post(b.event(EventStoreBack))
		// The environment has gone its own way; what the fleet knows counts.
		b.env.asked, b.env.held = 0, b.now()
	}
	b.adopt(r, operation, began, writes && err == nil)
	return err
}

func (b *Breaker) unlocked(
	ctx context.Context, limit time.Duration, op func(context.Context) (Record, error),
) (Record, error) {
	ctx, cancel := b.clock.WithTimeout(context.WithoutCancel(ctx), limit, nil)
	defer cancel()
	b.mu.Unlock()
	defer b.mu.Lock()
	return op(ctx)
}

// storeFailed begins or lengthens an outage.
func (b *Breaker) storeFailed(now moment, err error) {
	o := &b.env.outage
	if o.failures == 0 {
		o.began = now
	}
	o.failures++
	o.last = now
	wait := min(firstBackoff<<min(o.failures-1, 5), mostBackoff)
	o.wait = wait/2 + time.Duration(b.options.Rand()*float64(wait/2))
	b.turn.Store(&b.noTurn)
	if o.failures == 1 {
		e := b.event(EventStoreFailed)
		e.Err = err
		b.events.post(e)
	}
}
