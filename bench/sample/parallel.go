package sample

import (
	"errors"
	"math"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
)

const (
	// chunk is how long a chunk of calls takes one goroutine: short against a
	// slice of the scheduler, long against the barrier it starts from.
	chunk = 200 * time.Microsecond
	// mostWaiting is the share of a chunk that the process may have waited for
	// a core, if the chunk is to count.
	mostWaiting = 0.02
	// leastChunks is how many chunks must count, and patience how many times
	// the planned time may pass until they do.
	leastChunks = 10
	patience    = 20
)

// errBusy is a machine on which two goroutines never had a core each.
var errBusy = errors.New("the process was kept waiting for a second core; free one")

// parallel measures how much more two goroutines get done than one. CPU time
// cannot tell, since waiting for a cache line costs none that the other did not
// cause; so it is wall time, of chunks in which nobody else wanted the cores.
func (s *Sample) parallel(target peer.Target, length time.Duration) error {
	if runtime.GOMAXPROCS(0) < 2 || runtime.NumCPU() < 2 {
		return errors.New("takes two cores")
	}
	calls, took, err := grow(target, 0, time.Duration(warmUp*float64(length)))
	if err != nil {
		return err
	}
	calls = scale(calls, chunk, took)
	runtime.GC()

	alone := chunks{length: length / 2}
	err = alone.collect(func() time.Duration {
		start := time.Now()
		s.Rejected += target.Calls(calls, 0)
		return time.Since(start)
	})
	if err != nil {
		return err
	}
	together := chunks{length: length}
	other := startPartner(func() int { return target.Calls(calls, 0) })
	err = together.collect(func() time.Duration {
		return other.race(func() { s.Rejected += target.Calls(calls, 0) })
	})
	s.Rejected += other.stop()
	if err != nil {
		return err
	}

	s.Calls = calls * (alone.seen + 2*together.seen)
	s.Nanoseconds = together.median() / float64(2*calls)
	s.Scaling = 2 * alone.median() / together.median()
	s.Waited = 1 - float64(len(together.kept))/float64(together.seen)
	return nil
}

// chunks are the times of chunks of calls.
type chunks struct {
	length time.Duration
	kept   []time.Duration
	seen   int
}

// collect runs chunks for the planned time, and on until enough of them count.
func (c *chunks) collect(run func() time.Duration) error {
	var spent time.Duration
	for {
		waitedBefore, known := waiting()
		took := run()
		waitedAfter, _ := waiting()
		c.seen++
		spent += took
		if !known || float64(waitedAfter-waitedBefore) <= mostWaiting*float64(took) {
			c.kept = append(c.kept, took)
		}
		switch {
		case spent >= c.length && len(c.kept) >= leastChunks:
			return nil
		case spent >= patience*c.length+leastChunks*chunk && len(c.kept) == 0:
			return errBusy
		case spent >= patience*c.length+leastChunks*chunk:
			return nil
		}
	}
}

func (c *chunks) median() float64 {
	if len(c.kept) == 0 {
		return math.NaN()
	}
	slices.Sort(c.kept)
	return float64(c.kept[len(c.kept)/2])
}

// partner is a goroutine that calls at the same moment as the one that measures.
// Both spin before the start, since waking up takes longer than a chunk may.
type partner struct {
	round, ready, start, done atomic.Int64
	ended                     chan int
}

const lastRound = -1

func startPartner(calls func() int) *partner {
	p := &partner{ended: make(chan int, 1)}
	go func() {
		rejected := 0
		for last := int64(0); ; {
			round := p.round.Load()
			if round == last {
				continue
			}
			if round == lastRound {
				p.ended <- rejected
				return
			}
			last = round
			p.ready.Store(round)
			await(&p.start, round)
			rejected += calls()
			p.done.Store(round)
		}
	}()
	return p
}

// race returns how long it took until both were done.
func (p *partner) race(calls func()) time.Duration {
	round := p.round.Add(1)
	await(&p.ready, round)
	begin := time.Now()
	p.start.Store(round)
	calls()
	await(&p.done, round)
	return time.Since(begin)
}

// stop ends the partner and returns how many of its calls were rejected.
func (p *partner) stop() int {
	p.round.Store(lastRound)
	return <-p.ended
}

func await(word *atomic.Int64, round int64) {
	for word.Load() != round {
	}
}
