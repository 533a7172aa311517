// Package trial plays a story under one or many seeds, and puts figures to it.
package trial

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/simulator"
)

// MaxSeeds bounds the runs of one trial, for each keeps its seconds.
const MaxSeeds = 1000

// Trial is a story that was played.
type Trial struct {
	Story story.Story
	// Runs are the runs that have ended, by seed. Of one that was interrupted
	// it is what had happened until then.
	Runs []Run
	// Interrupted is whether some runs have not been played to their end.
	Interrupted bool
}

// Run is one seed of a story.
type Run struct {
	Seed   uint64
	Result simulator.Result
	// Recording is how the fleet stood. Only the first run keeps it.
	Recording *simulator.Recording
	// Played is how much of the story it has played.
	Played time.Duration

	figures map[string]float64
}

// Of returns the trial of a story whose runs were made elsewhere, each with its
// recording.
func Of(s story.Story, runs ...Run) *Trial {
	for i := range runs {
		runs[i].measure(&s.Scenario)
	}
	return &Trial{Story: s, Runs: runs}
}

// Options is how a trial is played.
type Options struct {
	// Seeds is how many runs there are, the first with the seed of the story and
	// each next one with the next. Defaults to 1.
	Seeds int
	// Observers are told the steps of the first run.
	Observers []simulator.Observer
	// Progress is told the share of all runs that is done, from 0 to 1, by one
	// call at a time. Defaults to nobody.
	Progress func(share float64)
}

// Play plays a story. If ctx ends before it has, the trial is what was played until
// then, and the error is that of ctx.
func Play(ctx context.Context, s story.Story, optFns ...func(*Options)) (*Trial, error) {
	o := Options{Seeds: 1, Progress: func(float64) {}}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Seeds < 1 || o.Seeds > MaxSeeds {
		return nil, fmt.Errorf("a trial has from 1 to %d seeds, not %d", MaxSeeds, o.Seeds)
	}
	p := progress{tell: o.Progress, total: float64(o.Seeds) * s.Scenario.Duration.Seconds(), played: make([]float64, o.Seeds)}
	runs, errs := make([]Run, o.Seeds), make([]error, o.Seeds)
	next := make(chan int)
	var all sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), o.Seeds) {
		all.Go(func() {
			for i := range next {
				runs[i], errs[i] = play(ctx, s, i, &o, &p)
			}
		})
	}
	started := 0
	for ; started < o.Seeds && ctx.Err() == nil; started++ {
		next <- started
	}
	close(next)
	all.Wait()
	t := &Trial{Story: s, Runs: runs[:started]}
	t.Interrupted = started < o.Seeds
	for _, err := range errs[:started] {
		if err != nil && !errors.Is(err, ctx.Err()) {
			return nil, err
		}
		t.Interrupted = t.Interrupted || err != nil
	}
	if !t.Interrupted {
		return t, nil
	}
	return t, context.Cause(ctx)
}

// play plays one seed.
func play(ctx context.Context, s story.Story, i int, o *Options, p *progress) (Run, error) {
	s.Scenario.Seed += uint64(i)
	recording := &simulator.Recording{Progress: func(sample simulator.Sample) { p.add(i, sample.At) }}
	observers := []simulator.Observer{recording}
	if i == 0 {
		observers = append(observers, o.Observers...)
	}
	result, err := simulator.Run(ctx, s.Scenario, observers...)
	r := Run{Seed: s.Scenario.Seed, Result: result, Recording: recording}
	if r.Played = s.Scenario.Duration; err != nil {
		r.Played = min(time.Duration(len(result.Seconds))*time.Second, r.Played)
	}
	r.measure(&s.Scenario)
	if i > 0 {
		r.Recording = nil
	}
	return r, err
}

// progress adds up what several runs have played.
type progress struct {
	mu     sync.Mutex
	tell   func(float64)
	total  float64
	sum    float64
	played []float64
}

func (p *progress) add(i int, at time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sum += at.Seconds() - p.played[i]
	p.played[i] = at.Seconds()
	p.tell(min(p.sum/p.total, 1))
}
