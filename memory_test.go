package recloser_test

import (
	"errors"
	"strconv"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
)

// LAWS.md, S2, S5 and S6.
func TestMemoryStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) recloser.Store { return new(recloser.MemoryStore) })
}

// TestMemoryStoreIsBounded: whatever names come in, the store stays as large as
// it may be, and goes on with the circuits it has. LAWS.md, B6.
func TestMemoryStoreIsBounded(t *testing.T) {
	var s recloser.MemoryStore
	ctx := t.Context()
	w := recloser.Watch{At: 1, Share: 1}
	for i := range recloser.MaxMemoryRecords {
		if _, err := s.Apply(ctx, strconv.Itoa(i), w); err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	if r, err := s.Apply(ctx, "one too many", w); !errors.Is(err, recloser.ErrStoreFull) || errors.Is(err, recloser.ErrConflict) || r != (recloser.Record{}) {
		t.Errorf("one record too many: got %+v and %v", r, err)
	}
	if r, err := s.Load(ctx, "one too many"); r != (recloser.Record{}) || err != nil {
		t.Errorf("load of the record there is no room for: got %+v and %v", r, err)
	}
	if r, err := s.Apply(ctx, "7", recloser.Transition{To: recloser.StateOpen}); err != nil || r.Generation != 1 {
		t.Errorf("write of a record that is there: got %+v and %v", r, err)
	}
	if keys, err := s.Keys(ctx, "", 2*recloser.MaxMemoryRecords); len(keys) != recloser.MaxMemoryRecords || err != nil {
		t.Errorf("got %d keys and %v", len(keys), err)
	}
}

// TestMemoryStoreBegins: the zero value is an empty store.
func TestMemoryStoreBegins(t *testing.T) {
	var s recloser.MemoryStore
	if keys, err := s.Keys(t.Context(), "", 10); len(keys) > 0 || err != nil {
		t.Errorf("got the keys %q and %v", keys, err)
	}
	if keys, err := s.Keys(t.Context(), "", -1); len(keys) > 0 || err != nil {
		t.Errorf("a negative limit: got the keys %q and %v", keys, err)
	}
}
