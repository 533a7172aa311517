// Package sample takes one measurement of one peer in the process it runs in.
// The process should be fresh and used for nothing else.
package sample

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
)

// Sample is one measurement.
type Sample struct {
	Peer string    `json:"peer"`
	Case peer.Case `json:"case"`
	// Calls is how many calls were measured.
	Calls int `json:"calls"`
	// Rejected is how many of them were turned away.
	Rejected int `json:"rejected"`
	// Nanoseconds is the cost of a call: CPU time of the process, or, in the
	// parallel case, the time between the ends of two calls made by either
	// goroutine.
	Nanoseconds float64 `json:"ns"`
	// Allocs and Bytes are what a call allocates.
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
	// Scaling is, in the parallel case, how many times as many calls two
	// goroutines make as one.
	Scaling float64 `json:"scaling,omitempty"`
	// Waited is, in the parallel case, the share of chunks thrown away because
	// the process had to wait for a core.
	Waited float64 `json:"waited,omitempty"`
	// Busy is set if all of them were: there is nothing to report.
	Busy bool `json:"busy,omitempty"`
}

// warmUp is the share of the measured time that is spent before it.
const warmUp = 0.25

// Take measures the peer in the case for about the given CPU time.
func Take(p peer.Peer, c peer.Case, length time.Duration) (Sample, error) {
	target, err := p.Start(c)
	if err != nil {
		return Sample{}, err
	}
	defer target.Close()
	s := Sample{Peer: p.Name, Case: c}
	if c == peer.Parallel {
		err = s.parallel(target, length)
	} else {
		err = s.serial(target, length)
	}
	switch {
	case errors.Is(err, errBusy):
		s.Busy = true
	case err != nil:
		return Sample{}, fmt.Errorf("measure %s, case %q: %w", p.Name, c, err)
	}
	return s, s.check()
}

// check reports a peer that was not in the state it was measured for. Two peers
// let a call through an open circuit now and then: handy, whose cooldown is
// fixed at 1 s, and aegis, which rejects by chance.
func (s *Sample) check() error {
	const leastRejected = 0.99
	switch {
	case s.Case == peer.Open && float64(s.Rejected) < leastRejected*float64(s.Calls):
		return fmt.Errorf("measure %s: the circuit should be open, and rejected only %d of %d calls", s.Peer, s.Rejected, s.Calls)
	case s.Case != peer.Open && s.Rejected > 0:
		return fmt.Errorf("measure %s, case %q: the circuit should be closed, and rejected %d of %d calls", s.Peer, s.Case, s.Rejected, s.Calls)
	}
	return nil
}

func (s *Sample) serial(target peer.Target, length time.Duration) error {
	runtime.GC()
	calls, took, err := grow(target, s.Case.FailEvery(), time.Duration(warmUp*float64(length)))
	if err != nil {
		return err
	}
	for {
		calls = scale(calls, length, took)
		if took, err = s.measure(target, calls); err != nil {
			return err
		}
		// The runtime may have been at work beside the first calls, so that
		// they seemed to cost more than they do.
		if took >= length/2 {
			return nil
		}
	}
}

// measure makes the sample with that many calls, and returns what they took.
func (s *Sample) measure(target peer.Target, calls int) (time.Duration, error) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start, err := processTime()
	if err != nil {
		return 0, err
	}
	s.Rejected = target.Calls(calls, s.Case.FailEvery())
	end, err := processTime()
	if err != nil {
		return 0, err
	}
	runtime.ReadMemStats(&after)

	took := end - start
	s.Calls = calls
	s.Nanoseconds = float64(took) / float64(calls)
	s.Allocs = float64(after.Mallocs-before.Mallocs) / float64(calls)
	s.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / float64(calls)
	return took, nil
}

// grow makes more and more calls until they take at least the given CPU time,
// and returns how many did, and how long they took.
func grow(target peer.Target, every int, least time.Duration) (calls int, took time.Duration, err error) {
	for calls = peer.ErrorEvery; ; calls *= 2 {
		start, err := processTime()
		if err != nil {
			return 0, 0, err
		}
		target.Calls(calls, every)
		end, err := processTime()
		if err != nil {
			return 0, 0, err
		}
		if took := end - start; took >= least && took > 0 {
			return calls, took, nil
		}
	}
}

// scale returns how many calls take the wanted time, if the given ones took that
// long; so many that one in a hundred of them is a whole number.
func scale(calls int, wanted, took time.Duration) int {
	hundreds := math.Ceil(float64(calls) / peer.ErrorEvery * float64(wanted) / float64(max(took, wanted/100)))
	return int(hundreds) * peer.ErrorEvery
}
