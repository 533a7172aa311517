// Package storetest is the suite that defines a [recloser.Store].
//
// A store is whatever passes it:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) recloser.Store { return open(t) })
//	}
//
// Every key it touches is its own, so a store may be shared by many runs, and
// be kept after them. [Faulty] puts the faults of a network in front of a store,
// for the tests of whoever calls one.
package storetest

import (
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// Options of [Run].
type Options struct {
	// Histories is how many histories of concurrent clients are checked for
	// linearizability, against each of the stores that there are to check.
	// Defaults to $STORETEST_HISTORIES, or 100; 10 with -short.
	Histories int
	// Operations is how many operations a history has. Defaults to 200.
	Operations int
	// OpenFaulty opens the store under test over a connection that loses what
	// it says and what it is told, at random. A store that repeats a write
	// whose outcome it does not know is found only by this. Its error for such a
	// write may be anything but a conflict. Defaults to nil: the suite loses
	// answers in front of the store alone.
	OpenFaulty func(t *testing.T) recloser.Store
	// PlantNewer puts a record of a later schema than [recloser.Schema] under
	// key, beneath a store that the suite has opened. Defaults to nil: that
	// such a record is refused is not checked.
	PlantNewer func(ctx context.Context, store recloser.Store, key string) error
	// Lag is how long after a write a [recloser.Lister] may not show it yet.
	// Defaults to 0.
	Lag time.Duration
}

func defaults() Options {
	o := Options{Histories: 100, Operations: 200}
	if testing.Short() {
		o.Histories = 10
	}
	if n, err := strconv.Atoi(os.Getenv("STORETEST_HISTORIES")); err == nil {
		o.Histories = n
	}
	return o
}

// Run holds what open opens to the contract of a [recloser.Store], a subtest
// for each part of it, and of a [recloser.Lister] and a [recloser.Historian] if
// it is one. Each subtest opens the store anew, and may do so before the last one
// is done with it: open leaves what it has to close to t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) recloser.Store, optFns ...func(*Options)) {
	t.Helper()
	options := defaults()
	for _, fn := range optFns {
		fn(&options)
	}
	for _, c := range checks() {
		t.Run(c.name, func(t *testing.T) {
			s := subject{store: open(t), options: options, name: t.Name()}
			if options.OpenFaulty != nil {
				s.faulty = options.OpenFaulty(t)
			}
			if reason := c.needs(s); reason != "" {
				t.Skip(reason)
			}
			if err := c.run(t.Context(), s); err != nil {
				t.Error(err)
				draw(t, err)
			}
		})
	}
}

// subject is the store under test.
type subject struct {
	store   recloser.Store
	faulty  recloser.Store // Over a connection that fails, if there is one.
	options Options
	name    string
}

// listed makes a comparison of what is listed, again and again as long as the
// store may lag.
func (s subject) listed(ctx context.Context, compare func() error) error {
	late, cancel := context.WithTimeout(ctx, s.options.Lag)
	defer cancel()
	for {
		if err := compare(); err == nil || late.Err() != nil {
			return err
		}
	}
}

// check is one part of the contract. It returns an error instead of failing a
// test, so that it can be shown to find what it is there to find.
type check struct {
	name string
	run  func(context.Context, subject) error
	// of reports whether the check can be made of the subject, and unless is why
	// not; nil if it can be made of any.
	of     func(subject) bool
	unless string
}

// needs returns what the check needs and the subject has not, if anything.
func (c check) needs(s subject) string {
	if c.of == nil || c.of(s) {
		return ""
	}
	return c.unless
}

func checks() []check {
	return []check{
		{name: "unwritten", run: checkUnwritten},
		{name: "writes", run: checkWrites},
		{name: "conflicts", run: checkConflicts},
		{name: "sequences", run: checkSequences},
		{name: "reports", run: checkReports},
		{name: "transitions", run: checkTransitions},
		{name: "keys", run: checkKeys},
		{name: "largest", run: checkLargest},
		{name: "overflow", run: checkOverflow},
		{name: "ended", run: checkEnded},
		{name: "races", run: checkRaces},
		{name: "unknown", run: checkUnknown},
		{name: "linearizable", run: checkLinearizable},
		{name: "faults", run: checkFaults, of: func(s subject) bool { return s.faulty != nil }, unless: "there is no OpenFaulty"},
		{name: "newer", run: checkNewer, of: func(s subject) bool { return s.options.PlantNewer != nil }, unless: "there is no PlantNewer"},
		{name: "lister", run: checkLister, of: storeIs[recloser.Lister], unless: "the store is no Lister"},
		{name: "historian", run: checkHistorian, of: storeIs[recloser.Historian], unless: "the store is no Historian"},
	}
}

// storeIs reports whether the store does what is in T, too.
func storeIs[T any](s subject) bool {
	_, ok := s.store.(T)
	return ok
}

// draw leaves a picture of a history that is not linearizable where it can be
// looked at.
func draw(t *testing.T, err error) {
	t.Helper()
	var bad *historyError
	if !errors.As(err, &bad) {
		return
	}
	dir := t.ArtifactDir()
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		// What ArtifactDir keeps only on request, a race may not show again.
		if dir, err = os.MkdirTemp("", "storetest-"); err != nil { //nolint:usetesting // It must outlive the test.
			t.Error(err)
			return
		}
	}
	file := filepath.Join(dir, "history.html")
	if err := bad.draw(file); err != nil {
		t.Error(err)
		return
	}
	t.Logf("the history is drawn in %s", file)
}
