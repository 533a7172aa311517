package recloser

import (
	"context"
	"math"
	"runtime"
	"time"
)

// maxSteps bounds how often one admission looks again because the record has
// moved under it.
const maxSteps = 5

// answer is what a call is told.
type answer struct {
	permit Permit
	err    error
}

// admit decides on a call for which no turn holds.
func (b *Breaker) admit(ctx context.Context) (Permit, error) {
	var a answer
	b.locked(func(moment) {
		b.turn.Store(&b.noTurn)
		for range maxSteps {
			b.freshen(ctx) // Again, if the environment was frozen in the step before.
			now := b.again()
			b.tellOverrideEnd(now)
			if b.advance(ctx, now) {
				continue
			}
			var decided bool
			if a, decided = b.decide(ctx, now); decided {
				return
			}
		}
		now := b.again()
		a = b.reject(now, b.view(now), Admission{Reason: ReasonProbing, RetryAfter: b.policy.Lease()})
	})
	return a.permit, a.err
}

// decide answers one call, unless the record has to be looked at again.
func (b *Breaker) decide(ctx context.Context, now moment) (answer, bool) {
	v := b.view(now)
	if limit := b.policy.Call.Concurrency; limit > 0 && b.inFlight() >= limit {
		return b.reject(now, v, Admission{Reason: ReasonConcurrency}), true
	}
	if b.env.outage.failures > 0 {
		switch b.policy.WhenStoreFails {
		case StoreFailureAllow:
			return b.grant(now, v, nil), true
		case StoreFailureReject:
			return b.reject(now, v, Admission{Reason: ReasonStore, RetryAfter: b.env.outage.left(now)}), true
		case StoreFailureLastKnown:
		}
	}
	a := b.policy.Admit(v, b.options.Rand())
	switch a.Verdict {
	case VerdictReject:
		return b.reject(now, v, a), true
	case VerdictProbe:
		return b.probe(ctx, now, v, a.Slot)
	case VerdictAdmit:
	}
	if v.override().Mode == OverrideNone && b.isolated() {
		return b.decideAlone(ctx, now, v)
	}
	return b.grant(now, v, b.draw(v)), true
}

func (b *Breaker) inFlight() int {
	n := 0
	b.flights.each(func(*cell, uint64) { n++ })
	return n
}

// draw decides, before anything is known of the call, whether it counts in the
// watch of the view.
func (b *Breaker) draw(v View) *ticket {
	if !b.attached() || v.WatchSince == 0 || v.State != StateClosed || b.options.Rand() >= float64(v.Share) {
		return nil
	}
	return &ticket{watch: v.WatchSince, share: v.Share}
}

// grant gives leave to make a call, and promises the same to those that follow
// if nothing needs to be asked or remembered of them.
func (b *Breaker) grant(now moment, v View, t *ticket) answer {
	if b.options.Trace {
		if t == nil {
			t = new(ticket)
		}
		t.stack = make([]uintptr, 32)
		t.stack = t.stack[:runtime.Callers(1, t.stack)]
	}
	c, word := b.flights.acquire(now.mono)
	if c == nil && t == nil {
		t = new(ticket)
	}
	if c != nil && t != nil {
		if b.env.tickets == nil {
			b.env.tickets = make(map[*cell]*ticket)
		}
		b.env.tickets[c] = t
	}
	b.beginTurn(now, nil, b.admitsFor(now, v))
	b.armSweep()
	return answer{permit: Permit{
		breaker: b, cell: c, word: word, generation: b.env.record.Generation, start: now.mono, ticket: t,
	}}
}

// admitsFor returns for how long every call is admitted without a look.
func (b *Breaker) admitsFor(now moment, v View) time.Duration {
	const always = math.MaxInt64
	atMost := time.Duration(always)
	if b.env.outage.failures > 0 {
		atMost = b.env.outage.left(now)
		if b.policy.WhenStoreFails == StoreFailureAllow && b.policy.Call.Concurrency == 0 {
			return atMost
		}
	}
	forced := v.override()
	watched := b.attached() && (v.WatchSince != 0 || b.env.stale)
	switch {
	case b.policy.Call.Concurrency > 0, forced.Mode == OverrideOpen, watched:
		return 0
	case forced.Mode == OverrideClosed:
		return min(atMost, forced.Until.Sub(v.Now))
	case v.State != StateClosed, b.policy.rampLeft(v) > 0, b.isolated():
		return 0
	}
	return atMost
}

// reject turns a call away, or lets it go in the share of cases in which
// rejections are not carried out.
func (b *Breaker) reject(now moment, v View, a Admission) answer {
	if b.policy.Enforce < 1 && b.options.Rand() >= float64(b.policy.Enforce) {
		return b.grant(now, v, nil)
	}
	err := &OpenError{Circuit: b.key, Reason: a.Reason, RetryAfter: max(a.RetryAfter, 0), Cause: v.Cause}
	b.rejected.Add(1)
	if b.policy.Enforce < 1 {
		return answer{err: err}
	}
	switch a.Reason {
	case ReasonOpen, ReasonForcedOpen, ReasonProbing:
		if !b.env.stale {
			b.beginTurn(now, err, a.RetryAfter)
		}
	case ReasonRamp, ReasonConcurrency, ReasonStore:
	}
	return answer{err: err}
}

// probe makes the call the probe of a slot, if it can be claimed. It is answered
// unless the claim has shown that the circuit has moved.
func (b *Breaker) probe(ctx context.Context, now moment, v View, slot int) (answer, bool) {
	if b.attached() {
		if wait := b.env.spread + b.policy.openLeft(v); v.State == StateOpen && wait > 0 {
			return b.reject(now, v, Admission{Reason: ReasonOpen, RetryAfter: wait}), true
		}
		if !b.recent(now) {
			// A read costs less than a claim that is lost.
			_ = b.load(ctx, b.options.StoreTimeout)
			return answer{}, false
		}
	} else if wait := b.holdOff(now); wait > 0 {
		return b.reject(now, v, Admission{Reason: ReasonProbing, RetryAfter: wait}), true
	}
	claim := b.policy.Claim(v, slot, b.options.Token())
	owned := b.claim(ctx, claim)
	after := b.again()
	if !owned {
		return answer{}, false
	}
	t := &ticket{token: claim.Lease.Token, slot: claim.Slot, claimed: now}
	if !b.inLease(after, t) {
		_ = b.write(ctx, Settle{
			Generation: b.env.record.Generation, Slot: t.slot, Token: t.token, Outcome: OutcomeIgnored,
		})
		return b.reject(after, v, Admission{Reason: ReasonProbing, RetryAfter: b.policy.Lease()}), true
	}
	b.events.post(b.event(EventProbeClaimed))
	return b.grant(after, b.view(after), t), true
}

// inLease reports whether a probe that starts now ends within its lease.
func (b *Breaker) inLease(now moment, t *ticket) bool {
	return now.since(t.claimed)+b.policy.Call.Timeout <= b.policy.Lease()
}

// holdOff returns how long an environment that has lost the store must not probe
// by itself: others may hold slots it does not see, and its own last claim may
// have been made without its knowing.
func (b *Breaker) holdOff(now moment) time.Duration {
	if b.env.outage.failures == 0 {
		return 0
	}
	return b.policy.Lease() + b.policy.HalfOpen.Margin - now.since(b.env.outage.began)
}

// claim reports whether the claim is known to have been made. When the store
// does not say, only a read that shows the token proves it; the two together
// take no longer than one operation may.
func (b *Breaker) claim(ctx context.Context, c Claim) bool {
	began := b.now()
	err := b.write(ctx, c)
	if err == nil {
		return true
	}
	left := b.options.StoreTimeout - b.now().since(began)
	if isConflict(err) || left <= 0 {
		return false
	}
	return b.load(ctx, left) == nil && b.env.record.Probes[c.Slot].Token == c.Lease.Token
}

// advance makes a transition that is due, and reports whether there was one.
func (b *Breaker) advance(ctx context.Context, now moment) bool {
	if b.env.writing || (b.env.outage.failures > 0 && b.policy.WhenStoreFails != StoreFailureLastKnown) {
		return false
	}
	v := b.view(now)
	if t, due := b.policy.Due(v, b.options.Rand()); due {
		if b.attached() && !b.recent(now) {
			// Somebody else may have made it: a read costs less than a
			// write that is lost.
			_ = b.load(ctx, b.options.StoreTimeout)
		} else {
			b.move(ctx, v, t)
		}
		return true
	}
	if !b.attached() {
		return false
	}
	end, due := b.policy.WatchEnd(v)
	if due = due && b.recent(now) && !b.env.sample.bad(); due {
		b.writeAlone(ctx, end)
	}
	return due
}

// move makes a transition. One that opens the circuit honours what the
// dependency has asked for.
func (b *Breaker) move(ctx context.Context, v View, t Transition) {
	if asked := v.Now; t.To == StateOpen && b.env.leaveAloneUntil > asked {
		t = b.policy.Trip(v, t.Cause, b.env.leaveAloneUntil.Sub(asked), b.options.Rand())
	}
	b.writeAlone(ctx, t)
}
