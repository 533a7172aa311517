package recloser

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// MaxMemoryRecords is how many records a [MemoryStore] keeps.
const MaxMemoryRecords = 100_000

// ErrStoreFull is matched by the error of a write that would make a
// [MemoryStore] grow beyond [MaxMemoryRecords].
var ErrStoreFull = errors.New("recloser: the memory store is full")

// MemoryStore is the [Store] of one process. Its zero value is empty and ready
// to use, and it is safe for concurrent use.
type MemoryStore struct {
	mu      sync.Mutex
	records map[string]Record
}

var (
	_ Store  = (*MemoryStore)(nil)
	_ Lister = (*MemoryStore)(nil)
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
	return next, nil
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
