package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/recloser-dev/recloser/bench/fleet/arrival"
	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/environment"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// run takes a fleet through the phases of a plan.
type run struct {
	fleet bill.Fleet
	spec  circuit.Spec
	short bool
	// counter counts what arrives at the server, if that can tell.
	counter *arrival.Counter

	processes []*environment.Process
	events    chan phase.Event
}

// assemble has every environment of the fleet join, each in a process of its own
// or all in one.
func (r *run) assemble(ctx context.Context, program string) error {
	r.events = make(chan phase.Event, 1)
	processes, each := 1, r.fleet.Size
	if r.fleet.Apart {
		processes, each = each, processes
	}
	r.processes = make([]*environment.Process, processes)
	join := environment.Join{Spec: r.spec, Size: each, Short: r.short}
	var all errgroup.Group
	for i := range r.processes {
		all.Go(func() (err error) {
			r.processes[i], err = environment.Run(ctx, program, []string{"-" + serveFlag}, join, r.hear)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return fmt.Errorf("assemble %v: %w", r.fleet, err)
	}
	return nil
}

// dismiss ends the fleet.
func (r *run) dismiss() error {
	var all errgroup.Group
	for _, p := range r.processes {
		if p != nil {
			all.Go(p.Close)
		}
	}
	err := all.Wait()
	if r.counter != nil {
		err = errors.Join(err, r.counter.Close())
	}
	return err
}

// hear is told of what happens to the circuit. The first to tell is enough.
func (r *run) hear(e phase.Event) {
	select {
	case r.events <- e:
	default:
	}
}

// do takes the fleet through all phases.
func (r *run) do(ctx context.Context) (bill.Run, error) {
	done := bill.Run{Fleet: r.fleet}
	plan := phase.PlanOf(r.short)
	for _, p := range plan.Phases {
		result, err := r.phase(ctx, p, plan.Rate/float64(r.fleet.Size))
		if err != nil {
			return bill.Run{}, fmt.Errorf("%v, phase %q: %w", r.fleet, p.Name, err)
		}
		if p.Name != phase.Warming {
			done.Phases = append(done.Phases, result)
		}
	}
	return done, nil
}

// phase takes the fleet through one phase. Between two nothing is called, so that
// what arrives belongs to one of them.
func (r *run) phase(ctx context.Context, p phase.Phase, rate float64) (bill.Phase, error) {
	before, err := r.count(ctx)
	if err != nil {
		return bill.Phase{}, err
	}
	select {
	case <-r.events: // It is of the phase before.
	default:
	}
	began := time.Now()
	for _, process := range r.processes {
		if err := process.Begin(environment.Start{Phase: p, At: began.UnixNano(), Rate: rate}); err != nil {
			return bill.Phase{}, err
		}
	}
	if err := r.await(ctx, p); err != nil {
		return bill.Phase{}, err
	}
	total, err := r.end(ctx)
	if err != nil {
		return bill.Phase{}, err
	}
	after, err := r.count(ctx)
	if err != nil {
		return bill.Phase{}, err
	}
	if r.counter != nil {
		after = after.Since(before)
	}
	took := time.Unix(0, total.EndedAt).Sub(began)
	return bill.NewPhase(p.Name, took, total, after), nil
}

// await waits until the phase is over.
func (r *run) await(ctx context.Context, p phase.Phase) error {
	over := time.NewTimer(p.Length)
	defer over.Stop()
	for {
		select {
		case <-over.C:
			return nil
		case e := <-r.events:
			if p.Until == e {
				return nil
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end ends the phase, and returns what the fleet did in it.
func (r *run) end(ctx context.Context) (tally.Tally, error) {
	tallies := make([]tally.Tally, len(r.processes))
	var all errgroup.Group
	for i, process := range r.processes {
		all.Go(func() (err error) {
			tallies[i], err = process.End(ctx)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		return tally.Tally{}, err
	}
	var total tally.Tally
	for _, t := range tallies {
		total.Add(t)
	}
	return total, nil
}

func (r *run) count(ctx context.Context) (arrival.Commands, error) {
	if r.counter == nil {
		return nil, nil
	}
	return r.counter.Count(ctx)
}
