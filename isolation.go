package recloser

import (
	"context"
	"math"
)

// The consecutive rule speaks for one environment only. Where the circuit is
// shared, that environment opens a circuit of its own beside it, which lives by
// the same policy and is dropped when it closes, or when the shared one opens.

// isolated reports whether this environment has opened for itself.
func (b *Breaker) isolated() bool { return b.env.own.State != StateClosed }

// judgeRun opens for this environment alone after failures in a row. They must
// span a slot: in an environment that makes a thousand calls a second, a run
// comes of chance alone. And they must span the time between two reports: the
// fleet is to open for all if it can, and needs the calls for evidence. What this
// environment has counted it tells at once, since it will count no more.
func (b *Breaker) judgeRun(ctx context.Context, now moment) {
	e := &b.env
	short := now.since(e.runSince) < max(b.policy.slot(), reportInterval) || b.owesEvidence(now)
	if short || e.run < b.policy.OpenWhen.Consecutive || e.record.State != StateClosed || b.isolated() {
		return
	}
	cause := Cause{Rule: RuleConsecutive, Calls: e.run, Failures: e.run, Span: now.since(e.runSince)}
	if !b.attached() {
		v := b.view(now)
		b.move(ctx, v, b.policy.Trip(v, cause, 0, b.options.Rand()))
		return
	}
	e.reported = moment{}
	b.share(ctx, now, false)
	if now = b.again(); e.record.State == StateClosed && b.attached() {
		b.moveAlone(now, b.policy.Trip(b.ownView(now), cause, 0, b.options.Rand()))
	}
}

// owesEvidence reports whether the fleet has listened for too short a time, and will
// then have too few calls in its window for anybody to judge by, though this environment
// calls often enough to mend that in time: Lambda may send all traffic to the one
// that has seen the outage, and then nobody else ever speaks.
func (b *Breaker) owesEvidence(now moment) bool {
	e := &b.env
	v := b.view(now)
	if !b.attached() || v.WatchSince == 0 {
		return false
	}
	// What began before that has left the window when somebody looks, a slot later.
	stays := v.WatchSince.Add(RefreshInterval + 2*b.policy.slot() - b.policy.OpenWhen.Window).floor(b.policy.slot())
	left := RefreshInterval - b.policy.watchAge(v)
	owed := b.policy.OpenWhen.MinCalls - e.record.Window.Sum(stays, math.MaxInt64).Calls - e.sample.Sum(stays, math.MaxInt64).Calls
	rate := float64(e.run) / now.since(e.runSince).Seconds()
	return owed > 0 && rate*left.Seconds() >= float64(owed)
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

// decideAlone answers a call that the shared circuit would admit, as far as is
// known: before it is made a probe, the record is read, since the fleet may have
// opened meanwhile.
func (b *Breaker) decideAlone(ctx context.Context, now moment, v View) (answer, bool) {
	e := &b.env
	own := b.ownView(now)
	a := b.policy.Admit(own, 0)
	if a.Verdict != VerdictProbe {
		rejected := v
		rejected.Cause = own.Cause
		return b.reject(now, rejected, a), true
	}
	if b.attached() && !b.recent(now) {
		_ = b.load(ctx, b.options.StoreTimeout)
		return answer{}, false
	}
	claim := b.policy.Claim(own, a.Slot, b.options.Token())
	e.own, _ = e.own.Apply(claim)
	e.ownHeld = now
	return b.grant(now, v, &ticket{token: claim.Lease.Token, slot: claim.Slot, own: true}), true
}

// settleAlone counts a probe of the environment's own circuit.
func (b *Breaker) settleAlone(p Permit, o Outcome) Settlement {
	e := &b.env
	next, ok := e.own.Apply(Settle{Generation: e.own.Generation, Slot: p.ticket.slot, Token: p.ticket.token, Outcome: o})
	if !ok {
		return SettlementStale
	}
	e.own = next
	now := b.now()
	if t, due := b.policy.Due(b.ownView(now), b.options.Rand()); due {
		b.moveAlone(now, t)
	}
	return SettlementCounted
}
