package recloser

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Permit is leave to make one call. It is a value; its copies share the one use.
// The zero Permit allows nothing and settles nothing.
type Permit struct {
	breaker    *Breaker
	cell       *cell
	word       uint64
	generation uint64
	start      int64
	ticket     *ticket
}

// Settlement says what became of an outcome.
type Settlement uint8

const (
	// SettlementCounted is an outcome that was taken into account.
	SettlementCounted Settlement = iota
	// SettlementStale is an outcome of a generation that is over, or of a
	// probe whose slot has been taken over; it moved nothing.
	SettlementStale
	// SettlementAlready is an outcome of a permit that was settled before, or
	// had expired.
	SettlementAlready
	// SettlementUnknown is the outcome of a probe of which the store did not
	// say whether it was counted. Its slot frees itself.
	SettlementUnknown
)

var settlementNames = [...]string{
	SettlementCounted: "counted", SettlementStale: "stale", SettlementAlready: "already settled", SettlementUnknown: "unknown",
}

// String returns "counted", "stale", "already settled" or "unknown".
func (s Settlement) String() string {
	if int(s) < len(settlementNames) {
		return settlementNames[s]
	}
	return fmt.Sprintf("settlement(%d)", uint8(s))
}

// Success settles the permit of a call that succeeded. If it took SlowAfter or
// longer it counts as slow.
func (p Permit) Success() Settlement {
	b := p.breaker
	if b == nil {
		return SettlementAlready
	}
	quick := p.ticket == nil && b.turn.Load().generation == p.generation &&
		(!b.timed || b.clock.mono()-p.start < b.slowAfter)
	if quick && release(p.cell, p.word) {
		return SettlementCounted
	}
	return b.settle(p, OutcomeSuccess, 0)
}

// Failure settles the permit of a call that failed through its dependency.
func (p Permit) Failure() Settlement { return p.FailureAfter(0) }

// FailureAfter is [Permit.Failure] for a dependency that asked to be left alone
// for retryAfter: if this failure opens the circuit, it stays open that long, up
// to max_cooldown.
func (p Permit) FailureAfter(retryAfter time.Duration) Settlement {
	if p.breaker == nil {
		return SettlementAlready
	}
	return p.breaker.settle(p, OutcomeFailure, retryAfter)
}

// Ignore settles the permit of a call that says nothing of its dependency. It
// returns a probe's slot, and counts as nothing.
func (p Permit) Ignore() Settlement {
	if p.breaker == nil {
		return SettlementAlready
	}
	return p.breaker.settle(p, OutcomeIgnored, 0)
}

// Probe reports whether the call is a probe of a half-open circuit.
func (p Permit) Probe() bool { return p.ticket != nil && p.ticket.token != "" }

// Deadline returns when the call must be done; ask just before the call, since a
// probe that was held up after its claim has none of its time left. A permit that is not settled by
// then, and call.reserve more, expires and counts as a failure. It is zero in
// shadow mode, where no call is cut short.
func (p Permit) Deadline() time.Time {
	b := p.breaker
	if b == nil || b.policy.shadow() {
		return time.Time{}
	}
	return b.clock.Wall().Add(p.left())
}

// left returns how much of the call's time is left. A probe has no more than its
// lease, by whichever clock ran further: whoever was frozen after the claim must
// not make the call.
func (p Permit) left() time.Duration {
	b := p.breaker
	left := b.policy.Call.Timeout - time.Duration(b.clock.mono()-p.start)
	if p.Probe() && !p.ticket.own {
		left = min(left, b.policy.Lease()-b.clock.now().since(p.ticket.claimed))
	}
	return left
}

// do makes the call.
func (p Permit) do(ctx context.Context, fn func(context.Context) error) (err error) {
	callCtx, cancel, err := p.bound(ctx)
	if err != nil {
		p.Ignore()
		return err
	}
	defer cancel()
	defer p.endBefore(ctx)()
	settled := false
	defer func() {
		if !settled {
			p.Failure() // fn, or its error, panicked.
		}
	}()
	err = fn(callCtx)
	p.conclude(ctx, callCtx, err)
	settled = true
	return err
}

// bound returns the context of the call.
func (p Permit) bound(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if p.breaker.policy.shadow() {
		return ctx, func() {}, nil
	}
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	if b := p.breaker; p.Probe() && !p.ticket.own && !b.inLease(b.clock.now(), p.ticket) {
		// The environment was held up since the claim: others may take the slot
		// before this call would end.
		return nil, nil, &OpenError{Circuit: b.key, Reason: ReasonProbing, RetryAfter: b.policy.Lease()}
	}
	left := p.left()
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, p.breaker.policy.Call.Within(deadline.Sub(p.breaker.clock.Wall())))
	}
	if left <= 0 {
		return nil, nil, ErrNoTime
	}
	callCtx, cancel := p.breaker.clock.WithTimeout(ctx, left, p.breaker.timeout)
	return callCtx, cancel, nil
}

// endBefore sees to it that a call which outlasts its time is counted before its
// caller's deadline, halfway through what the call had to leave: Lambda kills a
// function at its deadline, and with it whoever would have told. It returns what
// takes that back. A call that must end long before is left to the sweep.
func (p Permit) endBefore(ctx context.Context) (takeBack func()) {
	b := p.breaker
	deadline, ok := ctx.Deadline()
	if !ok || b.policy.shadow() {
		return func() {}
	}
	remaining := deadline.Sub(b.clock.Wall())
	limits := b.policy.Call
	if remaining >= limits.Timeout+2*limits.Reserve+b.tick {
		return func() {}
	}
	within := limits.Within(remaining)
	stop := b.clock.AfterFunc(within+min(limits.Reserve, remaining-within)/2, func() {
		b.locked(func(now moment) { b.forsake(now, p) })
	})
	return func() { stop() }
}

// conclude settles the permit by the error of the call.
func (p Permit) conclude(ctx, callCtx context.Context, err error) {
	if err == nil {
		p.Success()
		return
	}
	if p.callerGaveUp(ctx, callCtx) {
		p.Ignore()
		return
	}
	switch p.breaker.classify(err) {
	case OutcomeSuccess:
		p.Success()
	case OutcomeIgnored:
		p.Ignore()
	case OutcomeFailure, OutcomeSlow:
		p.FailureAfter(retryAfter(err))
	}
}

// callerGaveUp reports whether the caller ended the call. In shadow mode the call
// has the caller's own deadline, and one that outlasts it failed, as it would have
// in time if the breaker had cut it off.
func (p Permit) callerGaveUp(ctx, callCtx context.Context) bool {
	if p.breaker.policy.shadow() && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return false
	}
	return ctx.Err() != nil && context.Cause(callCtx) != error(p.breaker.timeout) //nolint:errorlint // Another breaker's would match.
}

func (b *Breaker) classify(err error) (o Outcome) {
	defer func() {
		if recover() != nil {
			o = Classify(err)
		}
	}()
	if o = b.options.Classify(err); o > OutcomeIgnored {
		return Classify(err) // There is no such outcome.
	}
	return o
}

// retryAfter returns how long err says the dependency wants to be left alone.
func retryAfter(err error) time.Duration {
	var asks interface{ RetryAfter() time.Duration }
	if errors.As(err, &asks) {
		return asks.RetryAfter()
	}
	return 0
}
