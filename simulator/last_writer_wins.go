package simulator

import (
	"context"
	"errors"
	"math"

	"github.com/recloser-dev/recloser"
)

func describeLastWriterWins() Description {
	return Description{
		Title: "unconditional writes of the whole state",
		Like:  "circuitbreaker-lambda 1.0, its library and its Lambda extension",
		How: "Before each call the whole state is read, and after each call all of it is written as that call saw it, without a condition: " +
			"of two writers the last wins. Five failures open the circuit; a success does not take any back, but a window without a failure " +
			"does. Once the open time is over each environment that sees it probes, and two successes close the circuit. The open time " +
			"doubles with each failed probe.",
		Without: "Reads are consistent, an environment that makes several calls at once mixes none of them up, and that its extension takes " +
			"half-open for closed is not modelled.",
	}
}

// lastWriterWins is one environment's part of that protocol.
type lastWriterWins struct {
	client

	record *wholeState // what is shared
}

type wholeState struct {
	state                       recloser.State
	failures, successes, reopen int
	nextAttempt, lastFailure    int64
}

const (
	wholeFailures  = 5
	wholeSuccesses = 2
)

func newLastWriterWins(e *environment, partition int) guard {
	at, record := shared[wholeState](e.world, partition)
	return &lastWriterWins{client: client{handle: handle{e, partition}, at: at, bounded: true}, record: record}
}

func (p *lastWriterWins) do(ctx context.Context, call func(context.Context) error) error {
	e := p.handle.env
	policy := &e.world.s.Policy
	var s wholeState
	// Whoever cannot read takes the circuit for closed.
	if p.read(ctx, "get the state", func() { s = *p.record }) != nil {
		s = wholeState{}
	}
	now := e.wallNanos()
	p.stands(s.state)
	switch {
	case s.state == recloser.StateClosed && now-s.lastFailure > int64(policy.OpenWhen.Window):
		s.failures = 0
	case s.state == recloser.StateOpen && now < s.nextAttempt:
		return turnedAway(recloser.ReasonOpen, 0)
	case s.state == recloser.StateOpen:
		s.state, s.successes = recloser.StateHalfOpen, 0
		p.put(ctx, s)
	}
	if s.state == recloser.StateHalfOpen {
		e.world.probing()
	}
	err := e.bound(ctx, call)
	if errors.Is(err, context.Canceled) {
		return err
	}
	s.settle(err == nil, e.wallNanos(), policy)
	p.put(ctx, s)
	return err
}

// settle counts a call in the state as that call saw it.
func (s *wholeState) settle(success bool, now int64, policy *recloser.Policy) {
	openFor := func() int64 {
		d := float64(policy.OpenFor.Cooldown) * math.Pow(2, float64(s.reopen))
		return int64(min(d, float64(policy.OpenFor.MaxCooldown)))
	}
	if success {
		if s.state == recloser.StateHalfOpen {
			if s.successes++; s.successes >= wholeSuccesses {
				*s = wholeState{}
			}
		}
		return
	}
	s.failures++
	s.lastFailure = now
	switch {
	case s.state == recloser.StateHalfOpen:
		s.reopen++
		s.state, s.nextAttempt = recloser.StateOpen, now+openFor()
	case s.state == recloser.StateClosed && s.failures >= wholeFailures:
		s.reopen = 0
		s.state, s.nextAttempt = recloser.StateOpen, now+openFor()
	}
}

// put writes the whole state. That it failed is nobody's concern.
func (p *lastWriterWins) put(ctx context.Context, s wholeState) {
	p.stands(s.state)
	_ = p.write(ctx, "put "+s.state.String(), func() { *p.record = s })
}
