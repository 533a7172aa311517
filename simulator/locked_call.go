package simulator

import (
	"context"
	"errors"
	"time"

	"github.com/recloser-dev/recloser"
)

func describeLockedCall() Description {
	return Description{
		Title: "a lock held during the call",
		Like:  "DistributedCircuitBreaker of gobreaker 2, on Redis with redsync",
		How: "The state is read, then a lock of the fleet is taken, the call is made, the state is written and the lock given back: four round " +
			"trips for each call, in every state. Who finds the lock held tries again after 50 to 250ms, and gives up after 5s; its call is " +
			"not made. So it is if the store does not answer. The circuit opens by the failure rate of the policy over its window, and " +
			"lets as many probes through as must succeed.",
		Without: "Redis bears any load, a lock does not expire under a call that takes long, calls of one process do not disturb each other, " +
			"and a lock that cannot be given back does not fail the call.",
	}
}

// lockedCall is one environment's part of that protocol.
type lockedCall struct {
	client

	record *lockedRecord // what is shared
	coin   func() float64
}

type lockedRecord struct {
	state   lockedState
	holder  uint64 // who holds the lock; 0 if nobody does
	tickets uint64
}

type lockedState struct {
	state    recloser.State
	expiry   int64 // of the open state
	requests int   // that half-open has let through
	good     int   // of them in a row
	slots    [recloser.WindowSlots]lockedSlot
}

type lockedSlot struct {
	number          int64
	calls, failures int
}

const (
	lockPatience  = 5 * time.Second
	lockRetryFrom = 50 * time.Millisecond
	lockRetryTo   = 250 * time.Millisecond
)

func newLockedCall(e *environment, partition int) guard {
	at, record := shared[lockedRecord](e.world, partition)
	return &lockedCall{client: client{handle: handle{e, partition}, at: at}, record: record, coin: e.coin.Float64}
}

func (p *lockedCall) do(ctx context.Context, call func(context.Context) error) error {
	e := p.handle.env
	var s lockedState
	if p.read(ctx, "get the state", func() { s = p.record.state }) != nil {
		return turnedAway(recloser.ReasonStore, 0)
	}
	ticket, locked := p.lock(ctx)
	if !locked {
		return turnedAway(recloser.ReasonConcurrency, 0)
	}
	err := s.admit(e.wallNanos(), &e.world.s.Policy)
	if err == nil {
		if s.state == recloser.StateHalfOpen {
			e.world.probing()
		}
		if err = e.bound(ctx, call); !errors.Is(err, context.Canceled) {
			s.settle(err == nil, e.wallNanos(), &e.world.s.Policy)
		}
	}
	p.stands(s.state)
	// A call that was made keeps its result, whatever becomes of these two.
	_ = p.write(ctx, "set the state", func() { p.record.state = s })
	_ = p.write(ctx, "unlock", func() {
		if p.record.holder == ticket {
			p.record.holder = 0
		}
	})
	return err
}

// lock takes the lock of the fleet, and reports whether it has.
func (p *lockedCall) lock(ctx context.Context) (ticket uint64, locked bool) {
	e := p.handle.env
	w := e.world
	p.record.tickets++
	ticket = p.record.tickets
	for until := w.now + int64(lockPatience); w.now < until; {
		err := p.write(ctx, "lock", func() {
			if p.record.holder == 0 {
				p.record.holder = ticket
			}
			locked = p.record.holder == ticket
		})
		if locked || err != nil || e.dead {
			return ticket, locked && err == nil
		}
		wait := lockRetryFrom + time.Duration(p.coin()*float64(lockRetryTo-lockRetryFrom))
		if e.rest(ctx, wait) != nil {
			return ticket, false
		}
	}
	return ticket, false
}

// admit decides on a call.
func (s *lockedState) admit(now int64, policy *recloser.Policy) error {
	if s.state == recloser.StateOpen {
		if now < s.expiry {
			return turnedAway(recloser.ReasonOpen, time.Duration(s.expiry-now))
		}
		*s = lockedState{state: recloser.StateHalfOpen}
	}
	if s.state == recloser.StateHalfOpen {
		if s.requests >= policy.HalfOpen.Successes {
			return turnedAway(recloser.ReasonProbing, 0)
		}
		s.requests++
	}
	return nil
}

// settle counts a call.
func (s *lockedState) settle(success bool, now int64, policy *recloser.Policy) {
	opened := lockedState{state: recloser.StateOpen, expiry: now + int64(policy.OpenFor.Cooldown)}
	if s.state == recloser.StateHalfOpen {
		if s.good++; !success {
			*s = opened
		} else if s.good >= policy.HalfOpen.Successes {
			*s = lockedState{}
		}
		return
	}
	width := int64(policy.OpenWhen.Window) / recloser.WindowSlots
	number := now / width
	slot := &s.slots[number%recloser.WindowSlots]
	if slot.number != number {
		*slot = lockedSlot{number: number}
	}
	if slot.calls++; !success {
		slot.failures++
	}
	calls, failures := 0, 0
	for _, x := range s.slots {
		if x.number > number-recloser.WindowSlots {
			calls += x.calls
			failures += x.failures
		}
	}
	if !success && calls >= policy.OpenWhen.MinCalls && float64(failures) >= float64(policy.OpenWhen.FailureRate)*float64(calls) {
		*s = opened
	}
}
