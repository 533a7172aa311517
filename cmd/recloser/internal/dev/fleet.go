package dev

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	pulse        = 10 * time.Millisecond
	mostInFlight = 4096
	mostAnswer   = 64 << 10
	// longestBacklog is how much traffic may be caught up with, in seconds.
	longestBacklog = 0.05
)

// fleet is the environments and the traffic they make.
type fleet struct {
	environments []*environment
	targets      []target
	rate         float64
}

// target is where the calls of one circuit go.
type target struct{ circuit, url string }

// run makes calls until ctx ends, and returns when all have ended.
func (f *fleet) run(ctx context.Context) {
	if len(f.environments) == 0 || len(f.targets) == 0 || f.rate <= 0 {
		return
	}
	var calls sync.WaitGroup
	defer calls.Wait()
	places := make(chan struct{}, mostInFlight)
	ticker := time.NewTicker(pulse)
	defer ticker.Stop()
	due, last := 0.0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			// Random gaps: a fleet does not call in step.
			due += now.Sub(last).Seconds() * f.rate * (0.5 + rand.Float64())
			last = now
		}
		// A machine that was busy or asleep does not catch up: a burst of calls
		// would be slow by itself.
		for due = min(due, max(1, f.rate*longestBacklog)); due >= 1; due-- {
			e := f.environments[rand.IntN(len(f.environments))]
			t := f.targets[rand.IntN(len(f.targets))]
			select {
			case places <- struct{}{}:
			default:
				continue
			}
			calls.Go(func() {
				defer func() { <-places }()
				e.call(ctx, t)
			})
		}
	}
}
