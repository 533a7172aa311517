package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// Result is what came of a run.
type Result struct {
	// Fingerprint is a hash of every step. Two runs of a scenario have the same.
	Fingerprint uint64
	// Steps is how many events were played.
	Steps int
	// Counts is what the calls came to.
	Counts
	// Opened is how long after the dependency first fell ill a circuit opened,
	// and Closed is how long after it was well for good all were closed again;
	// -1 if that has not happened.
	Opened time.Duration
	Closed time.Duration
	// Transitions are those of all circuits, the first 10,000.
	Transitions []Transition
	// Seconds is what happened in each second.
	Seconds []Second
	// Violations are the laws that were broken, the first 100.
	Violations []Violation
}

// Counts is what calls came to, and what they cost.
type Counts struct {
	// Requests is how many requests came, and Served how many had a call that
	// succeeded.
	Requests int
	Served   int
	// Admitted and Rejected is how many calls were let through and turned away.
	Admitted int
	Rejected int
	// GoodRejected is how many of those turned away would have succeeded.
	GoodRejected int
	// Reached is how many calls came to the dependency, and Wasted how many of
	// them it could not serve.
	Reached int
	Wasted  int
	// Succeeded and Failed are the ends of calls.
	Succeeded int
	Failed    int
	// Lost is how many calls found no environment with room, and Killed how many
	// died with theirs.
	Lost   int
	Killed int
	// Probes is how many calls were probes of a half-open circuit.
	Probes int
	// Reads and Writes are the operations that the store was asked, and Claims
	// those of the writes that claim a probe.
	Reads  int
	Writes int
	Claims int
	// Waited is the longest time that a call waited before it was decided.
	Waited time.Duration
	// Busy is how long all calls took together, those that were turned away
	// included: what an environment is paid for that makes one at a time.
	Busy time.Duration
}

// Availability returns the share of requests that were served.
func (c Counts) Availability() float64 {
	if c.Requests == 0 {
		return 1
	}
	return float64(c.Served) / float64(c.Requests)
}

// State returns how the circuit stood in the end: of several, the worst.
func (r *Result) State() recloser.State {
	if len(r.Seconds) == 0 {
		return recloser.StateClosed
	}
	return r.Seconds[len(r.Seconds)-1].State
}

// Second is what happened in one second.
type Second struct {
	Counts
	// State is how the circuit stood at its end: of several, the worst.
	State recloser.State
}

// Transition is one change of a circuit's state.
type Transition struct {
	At         time.Duration
	Partition  int
	Generation uint64
	From, To   recloser.State
	Cause      recloser.Cause
}

// Violation is a law that was broken.
type Violation struct {
	// Law is its number: "S1".
	Law string
	// At is when.
	At time.Duration
	// Environment is the place of the one that broke it; -1 if none did.
	Environment int
	// Text says what happened.
	Text string
}

const (
	mostTransitions = 10_000
	mostViolations  = 100
)

// second returns the counts of the second that it is.
func (w *world) second() *Second {
	i := int(w.now / int64(time.Second))
	for len(w.result.Seconds) <= i {
		w.result.Seconds = append(w.result.Seconds, Second{})
	}
	return &w.result.Seconds[i]
}

// count adds to the counts of the run, and of the second.
func (w *world) count(add func(*Counts)) {
	add(&w.result.Counts)
	add(&w.second().Counts)
}
