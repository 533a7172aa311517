package dev

import (
	"sync"
	"time"
)

// Tally is what callers saw of a circuit.
type Tally struct {
	// Admitted and Rejected are the calls let through and turned away.
	Admitted, Rejected int
	// Failed is how many of the admitted ones failed.
	Failed int
}

func (t Tally) plus(u Tally) Tally {
	return Tally{t.Admitted + u.Admitted, t.Rejected + u.Rejected, t.Failed + u.Failed}
}

// History is how many seconds a [Meter] remembers.
const History = 120

// Meter counts the calls of one circuit where they are made, by second. It is
// safe for concurrent use.
type Meter struct {
	mu      sync.Mutex
	total   Tally
	seconds [History]struct {
		second int64
		Tally
	}
}

// Add counts t at now.
func (m *Meter) Add(now time.Time, t Tally) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.total = m.total.plus(t)
	s := &m.seconds[now.Unix()%History]
	if s.second != now.Unix() {
		s.second, s.Tally = now.Unix(), Tally{}
	}
	s.Tally = s.plus(t)
}

// Total returns the calls since the beginning.
func (m *Meter) Total() Tally {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}

// Last returns the calls of the last n whole seconds before now, oldest first.
func (m *Meter) Last(now time.Time, n int) []Tally {
	n = min(n, History-1)
	tallies := make([]Tally, n)
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range tallies {
		second := now.Unix() - int64(n-i)
		if s := m.seconds[second%History]; s.second == second {
			tallies[i] = s.Tally
		}
	}
	return tallies
}

// Rates are calls a second.
type Rates struct{ All, Admitted, Rejected, Failed float64 }

// Rates returns the calls a second of the current second and the one before:
// the share of the older one that is less than a second ago, and all of the
// younger one.
func (m *Meter) Rates(now time.Time) Rates {
	m.mu.Lock()
	defer m.mu.Unlock()
	at := func(second int64) Tally {
		if s := m.seconds[second%History]; s.second == second {
			return s.Tally
		}
		return Tally{}
	}
	young, old := at(now.Unix()), at(now.Unix()-1)
	left := 1 - float64(now.Nanosecond())/1e9
	rate := func(young, old int) float64 { return float64(young) + left*float64(old) }
	r := Rates{
		Admitted: rate(young.Admitted, old.Admitted),
		Rejected: rate(young.Rejected, old.Rejected),
		Failed:   rate(young.Failed, old.Failed),
	}
	r.All = r.Admitted + r.Rejected
	return r
}
