package simulator

import (
	"context"
	"errors"
	"time"

	"github.com/recloser-dev/recloser"
)

func describeSharedCounter() Description {
	return Description{
		Title: "a shared counter that any success zeroes",
		Like:  "CircuitRedisStorage of pybreaker",
		How: "Each call reads the state; a success sets the fleet's counter of failures to zero, a failure adds one and reads it, and five open the " +
			"circuit. Once the open time is over whoever sees it probes, as many as come; one success closes the circuit, one failure opens it again.",
		Without: "The commands of one step go in one round trip, an environment makes several calls at once, one that notices that the circuit has " +
			"closed does not set the counter to zero for it, and clocks have more than whole seconds.",
	}
}

// sharedCounter is one environment's part of that protocol.
type sharedCounter struct {
	client

	record *countedRecord // what is shared
}

type countedRecord struct {
	state    recloser.State
	failures int
	openedAt int64
}

const countedFailures = 5

func newSharedCounter(e *environment, partition int) guard {
	at, record := shared[countedRecord](e.world, partition)
	return &sharedCounter{client: client{handle: handle{e, partition}, at: at}, record: record}
}

func (p *sharedCounter) do(ctx context.Context, call func(context.Context) error) error {
	e := p.handle.env
	var s countedRecord
	// Whoever cannot read takes the circuit for closed.
	if p.read(ctx, "get the state", func() { s = *p.record }) != nil {
		s = countedRecord{}
	}
	p.stands(s.state)
	if s.state == recloser.StateOpen {
		left := s.openedAt + int64(e.world.s.Policy.OpenFor.Cooldown) - e.wallNanos()
		if left > 0 {
			return turnedAway(recloser.ReasonOpen, time.Duration(left))
		}
		s.state = recloser.StateHalfOpen
		p.put(ctx, "set half-open", func(r *countedRecord) { r.state = recloser.StateHalfOpen })
	}
	if s.state == recloser.StateHalfOpen {
		e.world.probing()
	}
	err := e.bound(ctx, call)
	switch {
	case errors.Is(err, context.Canceled):
	case err != nil:
		p.failed(ctx, s.state)
	case s.state == recloser.StateHalfOpen:
		p.put(ctx, "set closed", func(r *countedRecord) { *r = countedRecord{} })
	default:
		p.put(ctx, "reset the counter", func(r *countedRecord) { r.failures = 0 })
	}
	return err
}

// failed counts a failure.
func (p *sharedCounter) failed(ctx context.Context, state recloser.State) {
	failures := 0
	p.put(ctx, "increment the counter", func(r *countedRecord) { r.failures++ })
	// A counter that cannot be read opens nothing.
	_ = p.read(ctx, "get the counter", func() { failures = p.record.failures })
	if state == recloser.StateHalfOpen || failures >= countedFailures {
		now := p.handle.env.wallNanos()
		p.put(ctx, "set open", func(r *countedRecord) { r.state, r.openedAt = recloser.StateOpen, now })
	}
}

// put writes without a condition. That it failed is nobody's concern.
func (p *sharedCounter) put(ctx context.Context, what string, do func(*countedRecord)) {
	after := p.last
	_ = p.write(ctx, what, func() {
		do(p.record)
		after = p.record.state
	})
	p.stands(after)
}
