package storetest_test

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// chronicle answers what tell makes of what it should, and remembers what extra
// returns of a write besides.
type chronicle struct {
	recloser.MemoryStore
	tell  func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry
	extra func(recloser.Write, error) []recloser.HistoryEntry
	added []recloser.HistoryEntry
}

func (s *chronicle) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := s.MemoryStore.Apply(ctx, key, w)
	if s.extra != nil {
		s.added = append(s.added, s.extra(w, err)...)
	}
	return r, err
}

func (s *chronicle) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	all, err := s.MemoryStore.History(ctx, key, math.MinInt64, recloser.MaxMemoryHistory)
	all = append(s.added, all...)
	if s.tell == nil {
		return recent(all, since, limit), err
	}
	return s.tell(all, since, limit), err
}

// recent returns what a sound history would.
func recent(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
	all = slices.DeleteFunc(all, func(e recloser.HistoryEntry) bool { return e.At < since })
	return all[:min(limit, len(all))]
}

// gossip takes the histories of circuits whose names begin alike for one.
type gossip struct{ recloser.MemoryStore }

func (s *gossip) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	keys, err := s.Keys(ctx, "", recloser.MaxMemoryRecords)
	if err != nil {
		return nil, err
	}
	var all []recloser.HistoryEntry
	for _, other := range keys {
		if strings.HasPrefix(other, key) {
			entries, err := s.MemoryStore.History(ctx, other, since, limit)
			if err != nil {
				return nil, err
			}
			all = append(all, entries...)
		}
	}
	return all[:min(limit, len(all))], nil
}

// talkative tells one who has gone.
type talkative struct{ recloser.MemoryStore }

func (s *talkative) History(ctx context.Context, key string, since recloser.Instant, limit int) ([]recloser.HistoryEntry, error) {
	return s.MemoryStore.History(context.WithoutCancel(ctx), key, since, limit)
}

// cluttered lists histories as if they were circuits.
type cluttered struct{ recloser.MemoryStore }

func (s *cluttered) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	all, err := s.MemoryStore.Keys(ctx, "", recloser.MaxMemoryRecords)
	for _, key := range slices.Clone(all) {
		if e, _ := s.History(ctx, key, 0, 1); len(e) > 0 {
			all = append(all, key+":history")
		}
	}
	slices.Sort(all)
	return page(all, after, limit), err
}

func historyMutants() []mutant {
	tells := func(f func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry) func() recloser.Store {
		return func() recloser.Store { return &chronicle{tell: f} }
	}
	bends := func(f func(*recloser.HistoryEntry)) func() recloser.Store {
		return tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			for i := range all {
				f(&all[i])
			}
			return recent(all, since, limit)
		})
	}
	without := func(forgotten func(recloser.HistoryEntry) bool) func() recloser.Store {
		return tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			return recent(slices.DeleteFunc(all, forgotten), since, limit)
		})
	}
	was := func(kind recloser.EventKind) func(recloser.HistoryEntry) bool {
		return func(e recloser.HistoryEntry) bool { return e.Kind == kind }
	}
	found := []string{"historian"}
	return []mutant{
		{"remembers nothing", found, without(func(recloser.HistoryEntry) bool { return true })},
		{"forgets first claims", found, without(was(recloser.EventHalfOpened))},
		{"forgets resets", found, without(was(recloser.EventClosed))},
		{"forgets overrides that are taken back", found, without(was(recloser.EventOverrideEnded))},
		{"remembers the last hundred", found, tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			return recent(all[:min(len(all), 100)], since, limit)
		})},
		{"forgets who it was", found, bends(func(e *recloser.HistoryEntry) { e.Cause.Actor = "" })},
		{"forgets why it was", found, bends(func(e *recloser.HistoryEntry) { e.Cause.Reason = "" })},
		{"forgets who forced it", found, bends(func(e *recloser.HistoryEntry) { e.Override.Actor = "" })},
		{"forgets relapses", found, bends(func(e *recloser.HistoryEntry) { e.Relapses = 0 })},
		{"forgets how long it is open", found, bends(func(e *recloser.HistoryEntry) { e.OpenUntil = 0 })},
		{"forgets generations", found, bends(func(e *recloser.HistoryEntry) { e.Generation = 0 })},
		{"remembers whole seconds", found, bends(func(e *recloser.HistoryEntry) { e.At -= e.At % 1000 })},
		{"tells the oldest first", found, tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			slices.Reverse(all)
			return recent(all, since, limit)
		})},
		{"tells more than was asked for", found, tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			return recent(all, since, limit+1)
		})},
		{"tells what is too old", found, tells(func(all []recloser.HistoryEntry, _ recloser.Instant, limit int) []recloser.HistoryEntry {
			return recent(all, math.MinInt64, limit)
		})},
		{"leaves out the moment that was asked for", found, tells(func(all []recloser.HistoryEntry, since recloser.Instant, limit int) []recloser.HistoryEntry {
			return recent(all, max(since, since+1), limit)
		})},
		{"takes histories for one", found, func() recloser.Store { return new(gossip) }},
		{"tells one who has gone", found, func() recloser.Store { return new(talkative) }},
		{"lists histories", found, func() recloser.Store { return new(cluttered) }},
	}
}

// inventionMutants remember what they should not.
func inventionMutants() []mutant {
	adds := func(f func(recloser.Write, error) []recloser.HistoryEntry) func() recloser.Store {
		return func() recloser.Store { return &chronicle{extra: f} }
	}
	found := []string{"historian"}
	return []mutant{
		{"remembers watches", found, adds(func(w recloser.Write, err error) []recloser.HistoryEntry {
			if w, ok := w.(recloser.Watch); ok && err == nil {
				return []recloser.HistoryEntry{{Kind: recloser.EventWatched, At: w.At}}
			}
			return nil
		})},
		{"remembers every claim", found, adds(func(w recloser.Write, err error) []recloser.HistoryEntry {
			if w, ok := w.(recloser.Claim); ok && err == nil && !w.First {
				return []recloser.HistoryEntry{{Kind: recloser.EventProbeClaimed, At: w.Lease.End}}
			}
			return nil
		})},
		{"remembers what was not made", found, adds(func(w recloser.Write, err error) []recloser.HistoryEntry {
			if w, ok := w.(recloser.Transition); ok && err != nil {
				return []recloser.HistoryEntry{{Kind: recloser.EventOpened, At: w.Since}}
			}
			return nil
		})},
	}
}
