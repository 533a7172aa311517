package recloser

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

const (
	// MaxMemoryRecords is how many records a [MemoryStore] keeps.
	MaxMemoryRecords = 100_000
	// MaxMemoryHistory is how many entries of history it keeps, of all circuits
	// together: the newest.
	MaxMemoryHistory = 10_000
)

// ErrStoreFull is matched by the error of a write that would make a
// [MemoryStore] grow beyond [MaxMemoryRecords].
var ErrStoreFull = errors.New("recloser: the memory store is full")

// MemoryStore is the [Store] of one process. Its zero value is empty and ready
// to use, and it is safe for concurrent use.
type MemoryStore struct {
	// Now is the wall clock at which it learns what operators say. Defaults to
	// [time.Now].
	Now func() time.Time

	mu      sync.Mutex
	records map[string]Record
	history []memoryEntry // A ring, once it is full.
	next    int           // Where the next entry goes in it.
}

// memoryEntry is an entry of history, with the key of its circuit.
type memoryEntry struct {
	key string
	HistoryEntry
}

var (
	_ Store     = (*MemoryStore)(nil)
	_ Lister    = (*MemoryStore)(nil)
	_ Historian = (*MemoryStore)(nil)
)

// Load implements [Store].
func (s *MemoryStore) Load(ctx context.Context, key string) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record := s.records[key]
	return record, record.Check()
}

// Apply implements [Store].
func (s *MemoryStore) Apply(ctx context.Context, key string, w Write) (Record, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	record, exists := s.records[key]
	if err := record.Check(); err != nil {
		return Record{}, err
	}
	next, ok := record.Apply(w)
	if !ok {
		return record, ErrConflict
	}
	if !exists && len(s.records) >= MaxMemoryRecords {
		return Record{}, ErrStoreFull
	}
	if s.records == nil {
		s.records = make(map[string]Record)
	}
	s.records[key] = next
	if e, ok := HistoryOf(w, next, s.now()); ok {
		s.remember(memoryEntry{key, e})
	}
	return next, nil
}

func (s *MemoryStore) now() Instant {
	if s.Now == nil {
		return InstantOf(wallClock())
	}
	return InstantOf(s.Now())
}

func (s *MemoryStore) remember(e memoryEntry) {
	if len(s.history) < MaxMemoryHistory {
		s.history = append(s.history, e)
		return
	}
	s.history[s.next] = e
	s.next = (s.next + 1) % MaxMemoryHistory
}

// History implements [Historian].
func (s *MemoryStore) History(ctx context.Context, key string, since Instant, limit int) ([]HistoryEntry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var entries []HistoryEntry
	for i := range s.history {
		e := s.history[(s.next+len(s.history)-1-i)%len(s.history)]
		if len(entries) >= limit {
			break
		}
		if e.key == key && e.At >= since {
			entries = append(entries, e.HistoryEntry)
		}
	}
	return entries, nil
}

// Keys implements [Lister].
func (s *MemoryStore) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for key := range s.records {
		if key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(max(limit, 0), len(keys))], nil
}
