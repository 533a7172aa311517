package operator_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // Events say times of day.
	goleak.VerifyTestMain(m)
}

// faulty is a store in memory on which things go wrong, and which counts what it
// is asked.
type faulty struct {
	recloser.MemoryStore
	load  func(key string) error
	apply func(w recloser.Write) (made bool, err error)
	keys  func() error
	torn  error // What is wrong with a part of the history.

	loads, histories, lists atomic.Int64
}

func (s *faulty) Load(ctx context.Context, key string) (recloser.Record, error) {
	s.loads.Add(1)
	if s.load != nil {
		if err := s.load(key); err != nil {
			return recloser.Record{}, err
		}
	}
	return s.MemoryStore.Load(ctx, key)
}

func (s *faulty) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	if s.apply == nil {
		return s.MemoryStore.Apply(ctx, key, w)
	}
	made, lost := s.apply(w)
	if !made {
		return recloser.Record{}, lost
	}
	r, err := s.MemoryStore.Apply(ctx, key, w)
	if lost != nil {
		return recloser.Record{}, lost
	}
	return r, err
}

func (s *faulty) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	s.lists.Add(1)
	if s.keys != nil {
		if err := s.keys(); err != nil {
			return nil, err
		}
	}
	return s.MemoryStore.Keys(ctx, after, limit)
}

func (s *faulty) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	s.histories.Add(1)
	entries, err := s.MemoryStore.History(ctx, key, since, limit)
	return entries, errors.Join(err, s.torn)
}

// plain is a store that can neither be listed nor remembers anything.
type plain struct{ recloser.Store }

// named returns an operator on s that knows payments and search.
func named(s recloser.Store) *operator.Operator {
	return &operator.Operator{Store: s, Circuits: map[string]operator.Circuit{
		"payments": {Policy: recloser.DefaultPolicy()}, "search": {Policy: recloser.DefaultPolicy()},
	}}
}

// open opens a circuit as a fleet would.
func open(t *testing.T, s recloser.Store, key string, generation uint64) {
	t.Helper()
	now := recloser.InstantOf(time.Now())
	_, err := s.Apply(t.Context(), key, recloser.Transition{
		Generation: generation, To: recloser.StateOpen, Since: now, OpenUntil: now.Add(10 * time.Second),
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10, Span: time.Second},
	})
	if err != nil && !errors.Is(err, recloser.ErrConflict) {
		t.Fatal(err)
	}
}
