package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/report"
	"github.com/recloser-dev/recloser/bench/sample"
)

// campaign takes samples in rounds. Each sample has a process of its own, so
// that no peer warms a cache, keeps a goroutine or leaves garbage for another;
// each round takes them in a new order, so that no peer always follows the same
// one, and what else the machine does falls on all alike.
type campaign struct {
	rounds int
	length time.Duration
	chosen *regexp.Regexp
	// progress is told what is being done.
	progress io.Writer
}

// id names a peer in a case on the command line.
func id(p peer.Peer, c peer.Case) string { return p.Name + ":" + string(c) }

func (c campaign) ids() []string {
	var all []string
	for _, p := range peer.All() {
		for _, which := range peer.Cases {
			if p.Has(which) && c.chosen.MatchString(id(p, which)) {
				all = append(all, id(p, which))
			}
		}
	}
	return all
}

// run takes all samples. If some cannot be taken it goes on, and returns the
// first error of each beside what there is.
func (c campaign) run(ctx context.Context) ([]report.Round, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program to run it again: %w", err)
	}
	ids := c.ids()
	if len(ids) == 0 {
		return nil, fmt.Errorf("no peer:case matches %q", c.chosen)
	}
	rounds := make([]report.Round, c.rounds)
	failed := make(map[string]error)
	for i := range rounds {
		fmt.Fprintf(c.progress, "round %d of %d, %d samples\n", i+1, c.rounds, len(ids))
		rand.Shuffle(len(ids), func(a, b int) { ids[a], ids[b] = ids[b], ids[a] })
		for _, which := range ids {
			if failed[which] != nil {
				continue
			}
			s, err := c.sampleApart(ctx, program, which)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if err != nil {
				failed[which] = err
				continue
			}
			rounds[i] = append(rounds[i], s)
		}
	}
	var all []error
	for _, err := range failed {
		all = append(all, err)
	}
	return rounds, errors.Join(all...)
}

// sampleApart takes a sample in a process of its own.
func (c campaign) sampleApart(ctx context.Context, program, which string) (sample.Sample, error) {
	cmd := exec.CommandContext(ctx, program, "-sample", which, "-for", c.length.String())
	var complaint strings.Builder
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return sample.Sample{}, fmt.Errorf("sample %s in its own process: %w: %s", which, err, strings.TrimSpace(complaint.String()))
	}
	var s sample.Sample
	if err := json.Unmarshal(out, &s); err != nil {
		return sample.Sample{}, fmt.Errorf("read the sample of %s: %w", which, err)
	}
	return s, nil
}

// sampleHere takes the sample that id names, in this process.
func sampleHere(which string, length time.Duration) (sample.Sample, error) {
	name, c, _ := strings.Cut(which, ":")
	p, err := peer.Named(name)
	if err != nil {
		return sample.Sample{}, err
	}
	return sample.Take(p, peer.Case(c), length)
}
