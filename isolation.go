package recloser

import "context"

// The consecutive rule speaks for one environment only. Where the circuit is
// shared, that environment opens a circuit of its own beside it, which lives by
// the same policy and is dropped when it closes, or when the shared one opens.

// isolated reports whether this environment has opened for itself.
func (b *Breaker) isolated() bool { return b.env.own.State != StateClosed }

// judgeRun opens for this environment alone after failures in a row. They must
// span a slot: in an environment that makes a thousand calls a second, a run
// comes of chance alone.
func (b *Breaker) judgeRun(ctx context.Context, now moment) {
	e := &b.env
	short := now.since(e.runSince) < b.policy.slot()
	if short || e.run < b.policy.OpenWhen.Consecutive || e.record.State != StateClosed || b.isolated() {
		return
	}
	cause := Cause{Rule: RuleConsecutive, Calls: e.run, Failures: e.run, Span: now.since(e.runSince)}
	if !b.attached() {
		v := b.view(now)
		b.move(ctx, v, b.policy.Trip(v, cause, 0, b.options.Rand()))
		return
	}
	b.moveAlone(now, b.policy.Trip(b.ownView(now), cause, 0, b.options.Rand()))
}

// moveAlone makes a transition of the environment's own circuit.
func (b *Breaker) moveAlone(now moment, t Transition) {
	e := &b.env
	e.own, _ = e.own.Apply(t)
	e.ownHeld = now
	e.run = 0
	b.turn.Store(&b.noTurn)
	event := b.event(EventIsolated)
	event.From, event.To, event.Made = StateClosed, StateOpen, true
	event.Cause, event.OpenUntil, event.Relapses = t.Cause, t.OpenUntil, t.Relapses
	if t.To == StateClosed {
		e.own = Record{}
		event.Kind, event.From, event.To = EventRejoined, StateHalfOpen, StateClosed
	}
	b.events.post(event)
}

// decideAlone answers a call that the shared circuit would admit.
func (b *Breaker) decideAlone(now moment, v View) answer {
	e := &b.env
	own := b.ownView(now)
	a := b.policy.Admit(own, 0)
	if a.Verdict != VerdictProbe {
		rejected := v
		rejected.Cause = own.Cause
		return b.reject(now, rejected, a)
	}
	claim := b.policy.Claim(own, a.Slot, b.options.Token())
	e.own, _ = e.own.Apply(claim)
	e.ownHeld = now
	return b.grant(now, v, &ticket{token: claim.Lease.Token, slot: claim.Slot, own: true})
}

// settleAlone counts a probe of the environment's own circuit.
func (b *Breaker) settleAlone(p Permit, o Outcome) Settlement {
	e := &b.env
	next, ok := e.own.Apply(Settle{Generation: e.own.Generation, Slot: p.ticket.slot, Token: p.ticket.token, Outcome: o})
	if !ok {
		return SettlementStale
	}
	e.own = next
	now := b.clock.now()
	if t, due := b.policy.Due(b.ownView(now), b.options.Rand()); due {
		b.moveAlone(now, t)
	}
	return SettlementCounted
}
