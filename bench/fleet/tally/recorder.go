package tally

import (
	"sync"
	"time"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
)

// Recorder takes down what one environment does. It is safe for concurrent use.
type Recorder struct {
	// told is told when the circuit is seen to be open or closed.
	told func(phase.Event)

	mu    sync.Mutex
	began time.Time
	seen  phase.Event
	tally Tally
}

// NewRecorder returns a recorder that tells of what happens to the circuit. What
// happens before its first phase it counts in one that begins now.
func NewRecorder(told func(phase.Event)) *Recorder {
	return &Recorder{told: told, began: time.Now()}
}

// Begin begins a phase.
func (r *Recorder) Begin(at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.began, r.seen, r.tally = at, "", Tally{}
}

// End returns what was taken down since the phase began.
func (r *Recorder) End() Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.tally
	t.MostReads = t.Asked.Reads
	r.tally = Tally{}
	return t
}

// Call takes down what became of a call.
func (r *Recorder) Call(note func(*Calls)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	note(&r.tally.Calls)
}

// Request takes down what a client did.
func (r *Recorder) Request(note func(*Requests)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	note(&r.tally.Requests)
}

// Answer is what came of asking a store.
type Answer int

// The answers of a store.
const (
	Made Answer = iota
	Conflict
	Fault
)

// Read takes down that the store was read, by what kind of operation.
func (r *Recorder) Read(kind string, a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Asked.Reads++
	r.tally.Asked.kind(kind, 1)
	r.tally.Asked.answered(a)
}

// Write takes down that the store was written from the given time on.
func (r *Recorder) Write(kind string, at time.Time, a Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	asked := &r.tally.Asked
	asked.Writes++
	asked.kind(kind, 1)
	asked.answered(a)
	asked.slot(int(at.Sub(r.began)/Slot), 1)
}

func (o *Operations) answered(a Answer) {
	switch a {
	case Conflict:
		o.Conflicts++
	case Fault:
		o.Faults++
	case Made:
	}
}

// Opening takes down that this environment has opened the circuit.
func (r *Recorder) Opening() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.tally.Openings == 0 {
		r.tally.OpenedAfter = time.Since(r.began)
	}
	r.tally.Openings++
}

// Seen tells, once in a phase, that the circuit was seen to be open, or closed
// after it had been.
func (r *Recorder) Seen(e phase.Event) {
	r.mu.Lock()
	again := r.seen == e
	r.seen = e
	r.mu.Unlock()
	if !again {
		r.told(e)
	}
}

// Late takes down by how much the machine was late.
func (r *Recorder) Late(by time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Late = max(r.tally.Late, by)
}

// Isolated takes down that the environment has opened for itself.
func (r *Recorder) Isolated() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Isolations++
}

// OutOfReach takes down that the environment has lost its store.
func (r *Recorder) OutOfReach() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.Outages++
}
