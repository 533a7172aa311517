package simulator

import "time"

// StepKind is what happened in a step.
type StepKind string

const (
	// StepStarted is an environment that started.
	StepStarted StepKind = "started"
	// StepKilled is one that was killed or given up.
	StepKilled StepKind = "killed"
	// StepFrozen is an environment that stands still.
	StepFrozen StepKind = "frozen"
	// StepThawed is one that goes on.
	StepThawed StepKind = "thawed"
	// StepStepped is a wall clock that was moved.
	StepStepped StepKind = "stepped"
	// StepAdmitted is a call that is made.
	StepAdmitted StepKind = "admitted"
	// StepRejected is one that is turned away.
	StepRejected StepKind = "rejected"
	// StepReached is a call that has come to the dependency.
	StepReached StepKind = "reached"
	// StepSucceeded is the end of a call that did what it should.
	StepSucceeded StepKind = "succeeded"
	// StepFailed is the end of one that did not.
	StepFailed StepKind = "failed"
	// StepLost is a call for which no environment has room.
	StepLost StepKind = "lost"
	// StepAsked is an operation on its way to the store.
	StepAsked StepKind = "asked"
	// StepApplied is a write that the store has made.
	StepApplied StepKind = "applied"
	// StepEvent is what a breaker tells its observers.
	StepEvent StepKind = "event"
	// StepOrdered is what an operator has said.
	StepOrdered StepKind = "ordered"
	// StepBroken is a law that was broken.
	StepBroken StepKind = "broken"
)

// Step is one thing that happened in a run.
type Step struct {
	// At is when, since the beginning.
	At time.Duration
	// Kind is what happened.
	Kind StepKind
	// Environment is the place of the environment it happened in, from 0; -1 if
	// it happened in none.
	Environment int
	// Text says more, in one line; it may be empty.
	Text string
	// Columns is how the environments stand after it, a byte for each place:
	// '.' closed, '#' open, '?' probing, '~' frozen, '-' open for itself, ' '
	// not started. It is valid until the next step.
	Columns []byte
}

// Observer is told every step of a run, in order. It must not keep the run up,
// and has no influence on it.
type Observer interface {
	Observe(s Step)
}

// ObserverFunc is a function as an [Observer].
type ObserverFunc func(Step)

// Observe calls f.
func (f ObserverFunc) Observe(s Step) { f(s) }

// told adds a step to the fingerprint, and tells observers of it.
func (w *world) told(kind StepKind, e *environment, n uint64, text func() string) {
	place := -1
	if e != nil {
		place = e.place
	}
	w.mix(uint64(w.now))
	w.mix(uint64(len(kind))<<32 | uint64(kind[0])<<16 | uint64(kind[len(kind)-1]))
	w.mix(uint64(place))
	w.mix(n)
	if len(w.observers) == 0 {
		return
	}
	s := Step{At: time.Duration(w.now), Kind: kind, Environment: place, Columns: w.columns}
	if text != nil {
		s.Text = text()
	}
	for _, o := range w.observers {
		o.Observe(s)
	}
}

// mix adds a number to the fingerprint of the run, by FNV-1a over words.
func (w *world) mix(n uint64) {
	const prime = 1099511628211
	w.result.Fingerprint = (w.result.Fingerprint ^ n) * prime
}

// draw brings the column of an environment up to date.
func (e *environment) draw() {
	e.world.columns[e.place] = e.column()
}

// column draws how an environment stands: by the worst of its circuits.
func (e *environment) column() byte {
	switch {
	case e.dead:
		return ' '
	case e.frozen:
		return '~'
	}
	column := byte('.')
	for _, g := range e.guards {
		stands, ok := g.(standing)
		if !ok {
			continue
		}
		switch c := stands.column(); c {
		case '#':
			return c
		case '?':
			column = c
		default:
			if column == '.' {
				column = c
			}
		}
	}
	return column
}
