package environment

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// afterglow is how long a breaker may take to look at calls that have ended: the
// timer by which Recloser looks at calls in flight goes off twice before it
// stops, each time after an eighth of a second.
const afterglow = 300 * time.Millisecond

// group is the environments of one process.
type group []*Environment

// assemble opens the circuit for each environment of the process, one after the
// other: gobreaker takes a lock for that.
func assemble(ctx context.Context, j Join, told func(phase.Event)) (group, error) {
	policy := phase.PlanOf(j.Short).Policy
	var g group
	for range j.Size {
		r := tally.NewRecorder(told)
		c, err := circuit.Open(ctx, j.Spec, policy, r)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open a circuit: %w", err), g.close())
		}
		g = append(g, New(c, r))
	}
	return g, nil
}

func (g group) begin(s Start) {
	for _, e := range g {
		e.Begin(s)
	}
}

// end ends a phase, and returns what was done in it.
func (g group) end(ctx context.Context) (tally.Tally, error) {
	var all sync.WaitGroup
	for _, e := range g {
		all.Go(e.End)
	}
	all.Wait()
	at := time.Now().UnixNano()
	if !wait(ctx, afterglow) {
		return tally.Tally{}, ctx.Err()
	}
	var total tally.Tally
	for _, e := range g {
		total.Add(e.recorder.End())
	}
	total.EndedAt = at
	return total, nil
}

func (g group) close() error {
	var all []error
	for _, e := range g {
		all = append(all, e.Close())
	}
	return errors.Join(all...)
}
