package simulator_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// ledger is what the tests have played, each under its name.
type ledger struct {
	mu       sync.Mutex
	accounts map[string]*account
}

// account is what one test has played.
type account struct {
	runs, steps int
	hours       float64 // of fleets
	requests    int
	probes      int
	struck      map[string]int
}

var played ledger

// note adds a run to the account of a test.
func (l *ledger) note(name string, s *simulator.Scenario, r *simulator.Result) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.of(name)
	a.runs++
	a.steps += r.Steps
	a.hours += s.Duration.Hours()
	a.requests += r.Requests
	a.probes += r.Probes
	for kind, n := range r.Struck {
		a.struck[string(kind)] += n
	}
}

// of returns the account of a test and its parts.
func (l *ledger) of(name string) *account {
	name, _, _ = strings.Cut(name, "/")
	if l.accounts == nil {
		l.accounts = make(map[string]*account)
	}
	if l.accounts[name] == nil {
		l.accounts[name] = &account{struck: make(map[string]int)}
	}
	return l.accounts[name]
}

// total returns what a test has played until now.
func total(t *testing.T) account {
	t.Helper()
	played.mu.Lock()
	defer played.mu.Unlock()
	return *played.of(t.Name())
}

// seen fills in what a test has played.
func seen(t *testing.T, e evidence.Entry) evidence.Entry {
	t.Helper()
	a := total(t)
	e.Seeds, e.Faults = a.runs, a.struck
	return e
}
