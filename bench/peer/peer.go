// Package peer holds what the benchmark measures: Recloser, the circuit
// breakers it is compared with, and the clock reads they are all held against.
//
// Every peer is set up alike where it can be: a rolling window of 10 s in ten
// buckets, opening at 50 % failures of at least 20 calls, staying open for an
// hour so that no measurement runs into its half-open state.
package peer

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Case is what happens while a peer is measured.
type Case string

const (
	// Closed is a closed circuit whose calls all succeed.
	Closed Case = "closed"
	// Errors is a closed circuit of whose calls one in a hundred fails.
	Errors Case = "errors"
	// Open is an open circuit, which turns every call away.
	Open Case = "open"
	// Parallel is Closed, called by two goroutines at once.
	Parallel Case = "parallel"
)

// Cases are all cases, in the order of the report.
var Cases = [...]Case{Closed, Errors, Open, Parallel}

// ErrorEvery is how many calls there are to each failing one in [Errors].
const ErrorEvery = 100

// The common settings of the peers.
const (
	window     = 10 * time.Second
	buckets    = 10
	threshold  = 0.5
	minCalls   = 20
	openTime   = time.Hour
	openWithin = 5 * time.Second
)

// Peer is one way to make a call.
type Peer struct {
	// Name is unique: "library/variant".
	Name string
	// Module is the path of the library's module; empty for the standard library.
	Module string
	// Lacks are the cases that the peer cannot be brought into.
	Lacks []Case

	// start sets the peer up for a case, closed unless it can only be
	// opened by hand.
	start func(Case) (Target, error)
}

// Target is a peer set up to be called.
type Target struct {
	// Calls makes n calls of a function that does nothing; each failEvery-th
	// of them fails, and none if failEvery is 0. It returns how many were
	// turned away. It may be called concurrently.
	Calls func(n, failEvery int) (rejected int)
	// Close stops what the peer started.
	Close func()
}

// All returns all peers, the yardsticks first.
func All() []Peer {
	var all []Peer
	for _, family := range []func() []Peer{
		yardsticks, reclosers, gobreakers, failsafes, eapaches, rubyists, mercaris, cep21s, hystrixes, aegises, handys, sentinels,
	} {
		all = append(all, family()...)
	}
	return all
}

// Named returns the peer of that name, or an error that lists those there are.
func Named(name string) (Peer, error) {
	var names []string
	for _, p := range All() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Peer{}, fmt.Errorf("no peer is called %q; use one of %q", name, names)
}

// Has reports whether the peer can be brought into the case.
func (p Peer) Has(c Case) bool {
	return slices.Contains(Cases[:], c) && !slices.Contains(p.Lacks, c)
}

// Start sets the peer up for the case. An open circuit was opened by failing
// calls, as it would be in production, and not by its test hook.
func (p Peer) Start(c Case) (Target, error) {
	if !p.Has(c) {
		return Target{}, fmt.Errorf("%s has no case %q", p.Name, c)
	}
	t, err := p.start(c)
	if err != nil {
		return Target{}, fmt.Errorf("set up %s for case %q: %w", p.Name, c, err)
	}
	if t.Close == nil {
		t.Close = func() {}
	}
	if c != Open {
		return t, nil
	}
	for begin := time.Now(); time.Since(begin) < openWithin; {
		if t.Calls(100, 1) == 100 {
			return t, nil
		}
	}
	t.Close()
	return Target{}, fmt.Errorf("set up %s: still calls through after %v of failures only", p.Name, openWithin)
}

// FailEvery returns the failEvery that a case is measured with. Calls that an
// open circuit lets through fail, so that it never closes.
func (c Case) FailEvery() int {
	switch c {
	case Errors:
		return ErrorEvery
	case Open:
		return 1
	case Closed, Parallel:
	}
	return 0
}

var errFailed = errors.New("failed")

// The functions that are called stay calls, so that the compiler cannot see
// through them in one peer and not in another.

//go:noinline
func succeed() error { return nil }

//go:noinline
func fail() error { return errFailed }

// turnedAway reports whether a peer made err up itself.
func turnedAway(err error) bool {
	return err != nil && err != errFailed //nolint:errorlint // It stands on the measured path, and no peer wraps the error.
}

// turns tells which calls fail.
type turns struct{ every, left int }

func turnsOf(failEvery int) turns { return turns{every: failEvery, left: failEvery} }

func (t *turns) fails() bool {
	t.left--
	if t.left != 0 {
		return false
	}
	t.left = t.every
	return true
}

// next returns the function of the next call.
func (t *turns) next() func() error {
	if t.fails() {
		return fail
	}
	return succeed
}

// run is a target made of one function that makes a call, for peers to whom one
// more indirect call is nothing.
func run(call func(fn func() error) error) Target {
	return Target{Calls: func(n, failEvery int) (rejected int) {
		turn := turnsOf(failEvery)
		for range n {
			if turnedAway(call(turn.next())) {
				rejected++
			}
		}
		return rejected
	}}
}
