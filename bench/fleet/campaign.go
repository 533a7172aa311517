package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
)

// campaign takes fleets through a plan: first those of Recloser, all at once,
// then those of the peer, so that nobody's load slows the other.
type campaign struct {
	short  bool
	chosen *regexp.Regexp
	// dynamo is where a DynamoDB listens already; empty to start one.
	dynamo string
	// progress is told what is being done.
	progress io.Writer
}

// shortSize is the size of fleets in a short campaign: so many environments
// convince each other without waiting.
const shortSize = 3

// waves returns the fleets of the campaign, those together that go at once.
func (c campaign) waves() [][]bill.Fleet {
	var first, second []bill.Fleet
	if c.short {
		first = []bill.Fleet{
			{Peer: circuit.RecloserDynamoDB, Size: shortSize},
			{Peer: circuit.RecloserValkey, Size: shortSize, Apart: true},
			{Peer: circuit.GobreakerValkey, Size: shortSize},
		}
	} else {
		for _, peer := range []circuit.Peer{circuit.RecloserDynamoDB, circuit.RecloserValkey} {
			first = append(first, sizes(peer)...)
		}
		second = sizes(circuit.GobreakerValkey)
	}
	waves := [][]bill.Fleet{first, second}
	for i := range waves {
		waves[i] = slices.DeleteFunc(waves[i], func(f bill.Fleet) bool { return !c.chosen.MatchString(f.String()) })
	}
	return slices.DeleteFunc(waves, func(wave []bill.Fleet) bool { return len(wave) == 0 })
}

func sizes(peer circuit.Peer) []bill.Fleet {
	return []bill.Fleet{
		{Peer: peer, Size: 1},
		{Peer: peer, Size: 1, Apart: true},
		{Peer: peer, Size: 20},
		{Peer: peer, Size: 20, Apart: true},
		{Peer: peer, Size: 200},
	}
}

// run takes all fleets through the plan.
func (c campaign) run(ctx context.Context) (runs []bill.Run, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to run it again: %w", err)
	}
	waves := c.waves()
	if len(waves) == 0 {
		return nil, fmt.Errorf("no fleet matches %q", c.chosen)
	}
	for i, fleets := range waves {
		fmt.Fprintf(c.progress, "wave %d of %d: %v\n", i+1, len(waves), fleets)
		done, err := c.wave(ctx, program, fleets)
		if err != nil {
			return nil, err
		}
		runs = append(runs, done...)
	}
	return runs, nil
}

// wave takes fleets through the plan at once, when all have assembled.
func (c campaign) wave(ctx context.Context, program string, fleets []bill.Fleet) (runs []bill.Run, err error) {
	servers := servers{dynamo: c.dynamo}
	defer func() { err = errors.Join(err, servers.close()) }()
	all := make([]run, len(fleets))
	defer func() {
		for i := range all {
			err = errors.Join(err, all[i].dismiss())
		}
	}()
	for i, f := range fleets {
		all[i] = run{fleet: f, short: c.short}
		if all[i].spec, all[i].counter, err = servers.of(ctx, f); err != nil {
			return nil, err
		}
		if err := all[i].assemble(ctx, program); err != nil {
			return nil, err
		}
	}
	runs = make([]bill.Run, len(fleets))
	together, ctx := errgroup.WithContext(ctx)
	for i := range all {
		together.Go(func() (err error) {
			runs[i], err = all[i].do(ctx)
			return err
		})
	}
	return runs, together.Wait()
}
