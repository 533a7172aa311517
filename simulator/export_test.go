package simulator

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// With returns the scenario with breakers made of something else.
func (s Scenario) With(options func(*recloser.Options)) Scenario {
	s.options = options
	return s
}

// Witnessed returns the scenario with somebody who is told what comes to the store, in
// that order, and what it answers, though perhaps nobody hears it. The write is nil
// for a read.
func (s Scenario) Witnessed(by func(partition int, write recloser.Write, answer recloser.Record, err error)) Scenario {
	s.witness = by
	return s
}

// Model is the store of a simulated world without anything else in it, as a
// [recloser.Store]. Each operation takes its time in that world.
type Model struct {
	mu   sync.Mutex
	w    *world
	env  *environment
	keys map[string]int
}

// NewModel returns a store in which things go wrong as faults say.
func NewModel(tb testing.TB, seed uint64, faults ...Fault) *Model {
	tb.Helper()
	s := DefaultScenario()
	s.Seed, s.Duration, s.Faults = seed, 24*time.Hour, faults
	s.Fleet.Environments, s.Fleet.ClockError, s.Traffic.Rate = 1, 0, 0
	s.Store.Reads, s.Store.Writes = 0, 0
	if err := s.Validate(); err != nil {
		tb.Fatal(err)
	}
	m := &Model{w: newWorld(&s, nil), keys: map[string]int{}}
	m.env = m.w.fleet.create(m.w, 0)
	tb.Cleanup(m.w.close)
	return m
}

// Load implements [recloser.Store].
func (m *Model) Load(ctx context.Context, key string) (recloser.Record, error) {
	return m.ask(ctx, key, nil)
}

// Apply implements [recloser.Store].
func (m *Model) Apply(ctx context.Context, key string, write recloser.Write) (recloser.Record, error) {
	return m.ask(ctx, key, write)
}

// ask lets time pass until an operation is answered, or its time is up.
func (m *Model) ask(ctx context.Context, key string, write recloser.Write) (answer recloser.Record, err error) {
	if err := ctx.Err(); err != nil {
		return recloser.Record{}, err // No time passes here while an operation is under way.
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	partition, known := m.keys[key]
	if !known {
		partition = len(m.keys)
		m.keys[key] = partition
		for partition >= len(m.w.store.items) {
			m.w.store.items = append(m.w.store.items, item{})
			m.env.known = append(m.env.known, knowledge{})
			m.w.check.circuits = append(m.w.check.circuits, circuit{})
		}
	}
	done := false
	m.w.start(m.env, func() {
		ctx, cancel := m.env.withTimeout(ctx, m.w.s.Store.Timeout, nil)
		defer cancel()
		answer, err = (&handle{m.env, partition}).ask(ctx, write)
		done = true
	})
	for !done && m.step() {
	}
	return answer, err
}

// step lets the next thing happen.
func (m *Model) step() bool {
	e, more := m.w.agenda.next()
	if more {
		m.w.now = e.at
		e.do.act(m.w)
	}
	return more
}

// Settle lets everything happen that is on its way.
func (m *Model) Settle() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.step() {
	}
}

// Truth returns a record as it is.
func (m *Model) Truth(key string) recloser.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	if i, known := m.keys[key]; known {
		return m.w.store.items[i].record
	}
	return recloser.Record{}
}
