// Package environment makes the calls of the environments of a fleet, in
// processes of their own.
package environment

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

const (
	// underWay is for how many seconds of its calls an environment has room. A
	// breaker that keeps its callers waiting longer has calls skipped, which
	// is told.
	underWay = 10
	// leastUnderWay is room for that many calls at least.
	leastUnderWay = 16
)

var errFailed = errors.New("the dependency failed")

// Start is how a phase begins.
type Start struct {
	Phase phase.Phase `json:"phase"`
	// At is when it begins, in nanoseconds since the epoch: the same for the
	// whole fleet.
	At int64 `json:"at_ns"`
	// Rate is how many calls a second each environment makes.
	Rate float64 `json:"rate"`
}

// Environment is one member of a fleet: it makes calls through a circuit of its
// own, on a store client of its own.
type Environment struct {
	circuit  *circuit.Circuit
	recorder *tally.Recorder
	stop     context.CancelFunc
	traffic  sync.WaitGroup
	calls    sync.WaitGroup
}

// New returns an environment that makes calls through the circuit. It closes the
// circuit when it is closed itself.
func New(c *circuit.Circuit, r *tally.Recorder) *Environment {
	return &Environment{circuit: c, recorder: r, stop: func() {}}
}

// Begin begins a phase, in which calls go on until End.
func (e *Environment) Begin(s Start) {
	e.recorder.Begin(time.Unix(0, s.At))
	ctx, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.traffic.Go(func() { e.makeCalls(ctx, s) })
}

// makeCalls begins calls at random moments, as many a second as it should on
// average. It does not wait for one before it begins the next, and makes up for
// what it was late.
func (e *Environment) makeCalls(ctx context.Context, s Start) {
	gap := func() time.Duration { return time.Duration(rand.ExpFloat64() / s.Rate * float64(time.Second)) }
	room := make(chan struct{}, max(int(underWay*s.Rate), leastUnderWay))
	next := time.Unix(0, s.At).Add(gap())
	for wait(ctx, time.Until(next)) {
		e.recorder.Late(time.Since(next))
		next = next.Add(gap())
		e.recorder.Call(func(c *tally.Calls) { c.Due++ })
		select {
		case room <- struct{}{}:
			e.calls.Go(func() {
				e.call(s.Phase)
				<-room
			})
		default:
			e.recorder.Call(func(c *tally.Calls) { c.Skipped++ })
		}
	}
}

// call makes one call.
func (e *Environment) call(p phase.Phase) {
	err := e.circuit.Do(context.Background(), func(ctx context.Context) error {
		fails := rand.Float64() < p.Failing
		e.recorder.Call(func(c *tally.Calls) {
			c.Reached++
			if fails {
				c.Failed++
			}
		})
		began := time.Now()
		if !wait(ctx, p.Call) {
			return context.Cause(ctx)
		}
		e.recorder.Late(time.Since(began) - p.Call)
		if fails {
			return errFailed
		}
		return nil
	})
	switch {
	case err == nil, errors.Is(err, errFailed):
	case e.circuit.Rejected(err):
		e.recorder.Call(func(c *tally.Calls) { c.Rejected++ })
	default:
		e.recorder.Call(func(c *tally.Calls) { c.Lost++ })
	}
}

// End begins no more calls, and waits until those under way have ended.
func (e *Environment) End() {
	e.stop()
	e.traffic.Wait()
	e.calls.Wait()
}

// Close ends the environment.
func (e *Environment) Close() error {
	e.End()
	return e.circuit.Close()
}

// wait reports whether the time has passed before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
