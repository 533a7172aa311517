package simulator

import (
	"context"
	"errors"

	"github.com/recloser-dev/recloser"
)

func describeElectedProber() Description {
	return Description{
		Title: "consecutive failures, one elected prober",
		Like:  "circuit_breaker of Powertools for AWS Lambda (Python), as of its general availability",
		How: "Each environment counts its own failures in a row; five open the circuit by an unconditional write. The record is read when the " +
			"copy of it is 5s old. After the open time a conditional write elects an environment, under a lease as long as the open time, " +
			"and three of its calls must succeed; who loses tries again at each call until its copy is refreshed. Closing and reopening are " +
			"unconditional writes.",
		Without: "Reads are consistent, times are not rounded to seconds, successes of an earlier election do not count, a throttled election " +
			"rejects the call instead of failing it, and an environment that makes several calls at once probes with one.",
	}
}

// electedProber is one environment's part of that protocol.
type electedProber struct {
	client

	record    *electedRecord // what is shared
	known     electedRecord
	asked     int64 // when it was read, by the wall clock
	fresh     bool  // whether it was read at all
	failures  int   // in a row
	successes int   // of this election
	probing   bool
	me        uint64
}

type electedRecord struct {
	state    recloser.State
	openedAt int64
	owner    uint64
	leaseEnd int64
}

const (
	electedFailures  = 5
	electedSuccesses = 3
)

func newElectedProber(e *environment, partition int) guard {
	at, record := shared[electedRecord](e.world, partition)
	return &electedProber{client: client{handle: handle{e, partition}, at: at, bounded: true}, record: record, me: e.world.fleet.born}
}

func (p *electedProber) do(ctx context.Context, call func(context.Context) error) error {
	p.freshen(ctx)
	e := p.handle.env
	now, cooldown := e.wallNanos(), int64(e.world.s.Policy.OpenFor.Cooldown)
	known := &p.known
	switch {
	case known.state == recloser.StateClosed:
		return p.attempt(ctx, call)
	case known.state == recloser.StateOpen && now < known.openedAt+cooldown:
		return turnedAway(recloser.ReasonOpen, 0)
	case known.state == recloser.StateHalfOpen && known.leaseEnd > now:
		if known.owner != p.me || p.probing {
			return turnedAway(recloser.ReasonProbing, 0)
		}
	case p.probing || !p.elect(ctx, now, cooldown):
		return turnedAway(recloser.ReasonProbing, 0)
	}
	return p.probe(ctx, call)
}

// freshen reads the record if its copy is old. An environment that cannot takes the
// circuit for closed, for this call.
func (p *electedProber) freshen(ctx context.Context) {
	e := p.handle.env
	now := e.wallNanos()
	if p.fresh && now-p.asked <= int64(recloser.RefreshInterval) {
		return
	}
	var read electedRecord
	if err := p.read(ctx, "get the record", func() { read = *p.record }); err != nil {
		p.learn(electedRecord{})
		p.fresh = false
		return
	}
	p.learn(read)
	p.asked, p.fresh = now, true
}

// attempt makes a call through a closed circuit.
func (p *electedProber) attempt(ctx context.Context, call func(context.Context) error) error {
	err := p.handle.env.bound(ctx, call)
	switch {
	case err == nil:
		p.failures = 0
	case errors.Is(err, context.Canceled):
	default:
		if p.failures++; p.failures >= electedFailures {
			p.failures = 0
			p.put(ctx, electedRecord{state: recloser.StateOpen, openedAt: p.handle.env.wallNanos()})
		}
	}
	return err
}

// put writes a record, whatever is there. That it failed is nobody's concern.
func (p *electedProber) put(ctx context.Context, record electedRecord) {
	if p.write(ctx, "put "+record.state.String(), func() { *p.record = record }) == nil {
		p.learn(record)
		p.asked, p.fresh = p.handle.env.wallNanos(), true
	}
}

func (p *electedProber) learn(record electedRecord) {
	p.known = record
	p.stands(record.state)
}

// elect tries to become the prober, and reports whether it has.
func (p *electedProber) elect(ctx context.Context, now, lease int64) bool {
	mine := electedRecord{recloser.StateHalfOpen, p.known.openedAt, p.me, now + lease}
	won := false
	err := p.write(ctx, "elect", func() {
		r := p.record
		won = r.state == recloser.StateOpen && r.openedAt == p.known.openedAt || r.state == recloser.StateHalfOpen && r.leaseEnd <= now
		if won {
			*r = mine
		}
	})
	if err != nil || !won {
		return false
	}
	p.learn(mine)
	p.asked, p.successes = now, 0
	return true
}

// probe makes a call on behalf of the fleet.
func (p *electedProber) probe(ctx context.Context, call func(context.Context) error) error {
	p.probing = true
	p.handle.env.world.probing()
	err := p.handle.env.bound(ctx, call)
	p.probing = false
	switch {
	case err == nil:
		if p.successes++; p.successes >= electedSuccesses {
			p.failures = 0
			p.put(ctx, electedRecord{})
		}
	case errors.Is(err, context.Canceled):
	default:
		p.put(ctx, electedRecord{state: recloser.StateOpen, openedAt: p.handle.env.wallNanos()})
	}
	return err
}
