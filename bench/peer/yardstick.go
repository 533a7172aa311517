package peer

import (
	"runtime"
	"time"
)

// Names of the yardsticks.
const (
	RawCall      = "raw/call"
	TimeSince    = "raw/time.Since"
	TimeSinceTwo = "raw/time.Since-twice"
	TimeNow      = "raw/time.Now"
)

// yardsticks are the floors: the call itself, and the clock reads that a breaker
// needs to reject (one) and to know how long a call took (two).
func yardsticks() []Peer {
	noCircuit := []Case{Errors, Open}
	return []Peer{
		{Name: RawCall, Lacks: noCircuit, start: rawCall},
		{Name: TimeSince, Lacks: noCircuit, start: timeSince},
		{Name: TimeSinceTwo, Lacks: noCircuit, start: timeSinceTwice},
		{Name: TimeNow, Lacks: noCircuit, start: timeNow},
	}
}

func rawCall(Case) (Target, error) {
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if turnedAway(turn.next()()) {
				rejected++
			}
		}
		return rejected
	}}, nil
}

func timeSince(Case) (Target, error) {
	base := time.Now()
	return Target{Calls: func(n, _ int) int {
		var sum time.Duration
		for range n {
			sum += time.Since(base)
		}
		runtime.KeepAlive(sum)
		return 0
	}}, nil
}

func timeSinceTwice(Case) (Target, error) {
	base := time.Now()
	return Target{Calls: func(n, _ int) int {
		var sum time.Duration
		for range n {
			start := time.Since(base)
			sum += time.Since(base) - start
		}
		runtime.KeepAlive(sum)
		return 0
	}}, nil
}

func timeNow(Case) (Target, error) {
	return Target{Calls: func(n, _ int) int {
		var last time.Time
		for range n {
			last = time.Now()
		}
		runtime.KeepAlive(last)
		return 0
	}}, nil
}
