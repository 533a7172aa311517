package recloser

import (
	"context"
	"time"
)

// The calls in flight are looked at while there are any, by a timer that exists
// only then: a call that hangs is seen before its timeout lands, and a permit
// that nobody settles ends.

// armSweep sees to it that calls in flight will be looked at.
func (b *Breaker) armSweep() {
	b.env.idle = false
	if b.env.stopSweep == nil {
		b.env.stopSweep = b.clock.AfterFunc(b.tick, b.sweep)
	}
}

// sweep looks at the calls in flight.
func (b *Breaker) sweep() {
	b.locked(func(now moment) {
		b.env.stopSweep = nil
		calls, suspect := b.look(now)
		ctx := context.Background()
		if b.attached() {
			b.share(ctx, now, suspect && b.env.record.WatchSince == 0)
		} else if suspect {
			b.judgeOwn(ctx, now)
		}
		// A call may have begun in a turn while none was seen, so the turn
		// ends first, and the timer only after another look.
		if calls == 0 && b.env.idle {
			return
		}
		idle := calls == 0
		if idle {
			b.turn.Store(&b.noTurn)
		}
		b.armSweep()
		b.env.idle = idle
	})
}

// look ends the permits that have run out, counts the calls that are slow by
// now, and returns how many are in flight and whether one makes the environment
// suspicious.
func (b *Breaker) look(now moment) (calls int, suspect bool) {
	e := &b.env
	limit := b.policy.Call.Timeout + b.policy.Call.Reserve
	suspicious := max(b.policy.suspectAfter(), min(e.pace.unusual(now), time.Duration(b.slowAfter)))
	type flight struct {
		cell *cell
		word uint64
	}
	var expired []flight
	b.flights.each(func(c *cell, word uint64) {
		calls++
		old := age(word, now.mono)
		suspect = suspect || old >= suspicious
		if old >= limit {
			expired = append(expired, flight{c, word})
			return
		}
		if old >= b.markAfter && word&marked == 0 {
			c.CompareAndSwap(word, word|marked)
		}
		t := e.tickets[c]
		if t != nil && t.watch != 0 && t.watch == e.record.WatchSince && !t.told &&
			b.policy.OpenWhen.SlowRate > 0 && old >= b.policy.OpenWhen.SlowAfter {
			t.told = true
			b.sample(t, Counts{Calls: 1, Slow: 1})
		}
	})
	for _, f := range expired {
		b.expire(now, f.cell, f.word)
	}
	return calls, suspect
}

// expire ends a permit that nobody settled in time, as a failure.
func (b *Breaker) expire(now moment, c *cell, word uint64) {
	old := age(word, now.mono)
	p := Permit{
		breaker: b, cell: c, word: word &^ marked, start: now.mono - int64(old),
		generation: b.env.record.Generation, ticket: b.env.tickets[c],
	}
	if !b.inGeneration(now, old) {
		p.generation--
	}
	b.forsake(now, p)
}

// forsake ends a permit whose call has outlasted its time, as a failure.
func (b *Breaker) forsake(now moment, p Permit) {
	if !b.end(p) {
		return
	}
	event := b.event(EventPermitExpired)
	event.Made = true
	b.events.post(event)
	b.account(now, p, OutcomeFailure, 0)
}

// Unsettled is a permit in flight.
type Unsettled struct {
	// Age is how long ago it was taken.
	Age time.Duration
	// Stack is where, if Options.Trace is set: program counters for
	// runtime.CallersFrames.
	Stack []uintptr
}

// Unsettled returns the permits in flight, in no order.
func (b *Breaker) Unsettled() []Unsettled {
	b.mu.Lock()
	defer b.mu.Unlock()
	mono := b.clock.mono()
	var all []Unsettled
	b.flights.each(func(c *cell, word uint64) {
		u := Unsettled{Age: age(word, mono)}
		if t := b.env.tickets[c]; t != nil {
			u.Stack = t.stack
		}
		all = append(all, u)
	})
	return all
}
