package recloser

import (
	"context"
	"time"
)

// settle ends a permit by more than the write that ends a healthy call.
func (b *Breaker) settle(p Permit, o Outcome, retryAfter time.Duration) Settlement {
	s := SettlementAlready
	b.locked(func(now moment) {
		if b.end(p) {
			s = b.account(now, p, o, retryAfter)
		}
	})
	return s
}

// end takes the permit's one use.
func (b *Breaker) end(p Permit) bool {
	if p.cell == nil {
		if p.ticket.done {
			return false
		}
		p.ticket.done = true
		b.env.settled++
		return true
	}
	if !release(p.cell, p.word) && !release(p.cell, p.word|marked) {
		return false
	}
	b.env.counted++
	delete(b.env.tickets, p.cell)
	return true
}

// account takes an outcome into account.
func (b *Breaker) account(now moment, p Permit, o Outcome, retryAfter time.Duration) Settlement {
	took := time.Duration(now.mono - p.start)
	slow := b.policy.OpenWhen.SlowRate > 0 && took >= b.policy.OpenWhen.SlowAfter && o != OutcomeIgnored
	if slow && o == OutcomeSuccess {
		o = OutcomeSlow
	}
	if o == OutcomeFailure && retryAfter > 0 {
		retryAfter = min(retryAfter, b.policy.OpenFor.MaxCooldown)
		b.env.leaveAloneUntil = max(b.env.leaveAloneUntil, now.instant().Add(retryAfter))
	}
	ctx := context.Background()
	if p.Probe() {
		return b.settleProbe(ctx, p, o)
	}
	if p.generation != b.env.record.Generation {
		return SettlementStale
	}
	if o == OutcomeIgnored {
		return SettlementCounted
	}
	if o == OutcomeSuccess && took >= b.policy.suspectAfter() {
		b.env.pace.ended(now, took)
	}
	b.count(now, p.ticket, o, slow)
	if b.attached() {
		b.share(ctx, now, o != OutcomeSuccess)
	} else if o != OutcomeSuccess {
		b.judgeOwn(ctx, now)
	}
	if limit := b.policy.OpenWhen.Consecutive; limit > 0 && b.env.run >= limit {
		b.judgeRun(ctx, b.again())
	}
	return SettlementCounted
}

// count adds an outcome to what the environment has seen, and to what it tells
// the fleet if the call was drawn for that.
func (b *Breaker) count(now moment, t *ticket, o Outcome, slow bool) {
	e := &b.env
	c := Counts{Calls: 1}
	if o == OutcomeFailure {
		c.Failures = 1
		if e.run == 0 {
			e.runSince = now
		}
		e.run++
	} else {
		e.run = 0
	}
	if slow {
		c.Slow = 1
	}
	e.window = e.window.Add(e.slot, c)
	if t == nil || t.watch == 0 || t.watch != e.record.WatchSince {
		return
	}
	if t.told {
		c.Calls, c.Slow = 0, 0
	}
	b.sample(t, c)
}

// settleProbe counts a probe where its slot is kept, and makes the transition it
// makes due.
func (b *Breaker) settleProbe(ctx context.Context, p Permit, o Outcome) Settlement {
	if p.ticket.own {
		return b.settleAlone(p, o)
	}
	err := b.write(ctx, Settle{Generation: p.generation, Slot: p.ticket.slot, Token: p.ticket.token, Outcome: o})
	e := b.event(EventProbeSettled)
	e.Outcome, e.Made = o, true
	b.events.post(e)
	for range maxSteps {
		if !b.advance(ctx, b.again()) {
			break
		}
	}
	switch {
	case err == nil:
		return SettlementCounted
	case isConflict(err):
		return SettlementStale
	}
	return SettlementUnknown
}

// judgeOwn opens a circuit that this environment moves by itself, if what it
// saw is evidence enough. It looks at the window alone, since a failing call
// should cost little more than one that does not.
func (b *Breaker) judgeOwn(ctx context.Context, now moment) {
	e := &b.env
	if e.record.State != StateClosed || b.policy.WhenStoreFails != StoreFailureLastKnown && e.outage.failures > 0 {
		return
	}
	w := b.ownWindow(now)
	if cause, due := b.policy.judge(&w, max(e.record.Since, 1), now.instant()); due {
		v := b.view(now)
		b.move(ctx, v, b.policy.Trip(v, cause, 0, b.options.Rand()))
	}
}
