package dev

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
)

// The pace at which a board asks its store, whoever looks at it however often:
// five reads a second in all, one a second for a circuit, a list each half
// minute. A store that is out of reach is asked once a second.
const (
	boardGap   = 200 * time.Millisecond
	boardAge   = time.Second
	boardList  = 30 * time.Second
	boardRetry = time.Second
	// mostOnBoard bounds what is remembered.
	mostOnBoard = 1024
)

// board shows the records of a shared store as they were a moment ago. It notes
// what the environments of this process are answered, and reads what they have
// not asked for. As a [recloser.Store] it is for operators: what it loads may be
// a second old, and what it applies goes to the store.
type board struct {
	store recloser.Store
	names []string // Of the circuits that are read in any case.

	mu      sync.Mutex
	seen    map[string]sighting
	keys    []string
	listed  time.Time
	trouble error // Why the last read failed.
}

var (
	_ recloser.Store  = (*board)(nil)
	_ recloser.Lister = (*board)(nil)
)

// sighting is an answer of the store.
type sighting struct {
	record recloser.Record
	err    error     // Of a record that cannot be read.
	asked  time.Time // When the store was asked.
	since  time.Time // When it was first asked for this state of the circuit.
	tried  time.Time // When it was last asked, answer or none.
	failed bool      // There was no answer yet: the record is none.
}

func newBoard(store recloser.Store, names []string) *board {
	return &board{store: store, names: names, seen: make(map[string]sighting)}
}

// Load implements [recloser.Store]: it reads only what nobody has tried to read.
func (b *board) Load(ctx context.Context, key string) (recloser.Record, error) {
	b.mu.Lock()
	s, ok := b.seen[key]
	b.mu.Unlock()
	if ok {
		return s.record, s.err
	}
	return noted{b}.Load(ctx, key)
}

// Apply implements [recloser.Store].
func (b *board) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	return noted{b}.Apply(ctx, key, w)
}

// Keys implements [recloser.Lister]: it returns those that were last listed.
func (b *board) Keys(_ context.Context, after string, limit int) ([]string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first, found := slices.BinarySearch(b.keys, after)
	if found {
		first++
	}
	return slices.Clone(b.keys[first:min(len(b.keys), first+max(limit, 0))]), nil
}

// Trouble returns why the store could not be read lately, or nil.
func (b *board) Trouble() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.trouble
}

// noted is the store as the environments of this process use it.
type noted struct{ board *board }

// Load implements [recloser.Store].
func (n noted) Load(ctx context.Context, key string) (recloser.Record, error) {
	asked := time.Now()
	record, err := n.board.store.Load(ctx, key)
	n.board.note(key, record, err, asked)
	return record, err
}

// Apply implements [recloser.Store].
func (n noted) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	asked := time.Now()
	record, err := n.board.store.Apply(ctx, key, w)
	if err == nil || record != (recloser.Record{}) {
		n.board.note(key, record, nil, asked) // Made, or lost to what stands.
	}
	return record, err
}

// note keeps an answer, unless one to a later question is known. That there was
// none is kept of what was never read, so that not every look asks again.
func (b *board) note(key string, record recloser.Record, err error, asked time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	last, known := b.seen[key]
	s := sighting{record: record, err: err, asked: asked, since: asked, tried: asked}
	switch lost := err != nil && storage.FaultOf(err) != storage.FaultRecord; {
	case lost && known:
		s, s.tried = last, asked
	case asked.Before(last.asked), !known && len(b.seen) >= mostOnBoard:
		return
	case lost:
		s.err, s.failed = nil, true
		b.trouble = err
	case known && !last.failed && record.Generation == last.record.Generation && record.Override == last.record.Override:
		s.since = last.since
	}
	b.seen[key] = s
}

// run keeps the board until ctx ends, and shows each record to tell again and
// again, with when it was asked for.
func (b *board) run(ctx context.Context, tell func(key string, record recloser.Record, asked time.Time)) {
	ticker := time.NewTicker(boardGap)
	defer ticker.Stop()
	var retry time.Time
	for {
		now := time.Now()
		if !now.Before(retry) {
			if err := b.refresh(ctx, now); err != nil {
				retry = time.Now().Add(boardRetry)
			}
		}
		for key, s := range b.settled(now) {
			tell(key, s.record, s.asked)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// refresh asks the store for what is oldest on the board, if it is old.
func (b *board) refresh(ctx context.Context, now time.Time) error {
	var err error
	key, old := b.oldest(now)
	lister, listed := b.store.(recloser.Lister)
	switch {
	case listed && now.Sub(b.listed) >= boardList:
		var keys []string
		if keys, err = lister.Keys(ctx, "", mostOnBoard); err == nil {
			b.list(keys, now)
		}
	case old:
		if _, err = (noted{b}).Load(ctx, key); storage.FaultOf(err) == storage.FaultRecord {
			err = nil
		}
	default:
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trouble = err
	return err
}

// list keeps the keys of those circuits that are on the board, and of their
// partitions.
func (b *board) list(keys []string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listed = now
	b.keys = slices.DeleteFunc(keys, func(key string) bool {
		name, _, err := recloser.SplitKey(key)
		return err != nil || !slices.Contains(b.names, name)
	})
}

// oldest returns the circuit that was read longest ago, and whether it is time
// to read it again.
func (b *board) oldest(now time.Time) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	keys := append(slices.Clone(b.names), b.keys...)
	if len(keys) == 0 {
		return "", false
	}
	key := slices.MinFunc(keys, func(x, y string) int { return b.seen[x].tried.Compare(b.seen[y].tried) })
	return key, now.Sub(b.seen[key].tried) >= boardAge
}

// settled returns what has stood on the board for a tick: whoever made it so has
// told of it by then.
func (b *board) settled(now time.Time) map[string]sighting {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make(map[string]sighting, len(b.seen))
	for key, s := range b.seen {
		if s.err == nil && !s.failed && now.Sub(s.since) >= boardGap {
			all[key] = s
		}
	}
	return all
}
