// Package study plays many stories to answer one question, for the documentation.
package study

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// Retries is what each way to try again comes to, as more and more calls fail, for
// fleets of few and of many clients that make as many calls together. It is the
// question of M. Brooker, "Fixing retries with token buckets and circuit breakers",
// 2022, with a fifth way: a breaker that all share.
type Retries struct {
	// Clients is how many clients there are, of each fleet.
	Clients []int
	// Failing is which share of calls fails.
	Failing []float64
	// Ways are the ways to try again.
	Ways []Way
}

// Way is one way to try again. Its results are by clients, then by share.
type Way struct {
	Protocol simulator.Protocol
	// Served is the share of requests that were served, and Load is how many calls
	// reached the server for each request.
	Served, Load [][]float64
}

// RetriesOptions is what is played.
type RetriesOptions struct {
	// Clients and Failing are as in [Retries]. Default to 10, 100, 1,000 and
	// 10,000, and to shares from 0% to 50%.
	Clients []int
	Failing []float64
	// Duration is how long each story lasts, and Seeds is over how many of them
	// results are averaged. Default to 1m and 3.
	Duration time.Duration
	Seeds    int
}

// rate is how many requests come in a second.
const rate = 100

// PlayRetries plays them all. The error is that of ctx.
func PlayRetries(ctx context.Context, optFns ...func(*RetriesOptions)) (*Retries, error) {
	o := RetriesOptions{
		Clients:  []int{10, 100, 1000, 10_000},
		Failing:  []float64{0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.10, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5},
		Duration: time.Minute, Seeds: 3,
	}
	for _, fn := range optFns {
		fn(&o)
	}
	r := &Retries{Clients: o.Clients, Failing: o.Failing}
	for _, p := range append([]simulator.Protocol{simulator.ProtocolNone}, simulator.RetryProtocols()...) {
		r.Ways = append(r.Ways, Way{p, grid(len(o.Clients), len(o.Failing)), grid(len(o.Clients), len(o.Failing))})
	}
	type cell struct{ way, clients, failing int }
	cells := make(chan cell)
	errs := make([]error, runtime.GOMAXPROCS(0))
	var all sync.WaitGroup
	for worker := range errs {
		all.Go(func() {
			for c := range cells {
				way := &r.Ways[c.way]
				served, load, err := play(ctx, &o, way.Protocol, o.Clients[c.clients], o.Failing[c.failing])
				way.Served[c.clients][c.failing], way.Load[c.clients][c.failing] = served, load
				if err != nil {
					errs[worker] = err
				}
			}
		})
	}
	for way := range r.Ways {
		for clients := range o.Clients {
			for failing := range o.Failing {
				cells <- cell{way, clients, failing}
			}
		}
	}
	close(cells)
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

func grid(n, m int) [][]float64 {
	all := make([][]float64, n)
	for i := range all {
		all[i] = make([]float64, m)
	}
	return all
}

func play(ctx context.Context, o *RetriesOptions, p simulator.Protocol, clients int, failing float64) (served, load float64, err error) {
	requests, reached, good := 0, 0, 0
	for seed := range o.Seeds {
		r, err := simulator.Run(ctx, retryStory(o, p, clients, failing, uint64(seed+1)))
		if err != nil {
			return 0, 0, err
		}
		requests += r.Requests
		reached += r.Reached
		good += r.Served
	}
	return float64(good) / float64(requests), float64(reached) / float64(requests), nil
}

// retryStory is a fleet whose calls fail at random, and whose breakers trip at one
// failure in ten, as in the post.
func retryStory(o *RetriesOptions, p simulator.Protocol, clients int, failing float64, seed uint64) simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Seed, s.Protocol, s.Duration = seed, p, o.Duration
	s.Fleet.Environments, s.Traffic.Rate = clients, rate
	s.Dependency = []simulator.Phase{{Latency: 20 * time.Millisecond, Tail: 40 * time.Millisecond, Failing: recloser.Share(failing)}}
	s.Policy.OpenWhen.FailureRate, s.Policy.OpenWhen.Consecutive = 0.1, 0
	s.Policy.HalfOpen.Successes = 30 // First tries are made anyway, so there is no need to close in a hurry.
	return s
}
