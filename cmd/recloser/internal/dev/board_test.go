package dev_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// counted is a store in memory that counts what it is asked.
type counted struct {
	recloser.MemoryStore
	loads, lists atomic.Int64
	fails        atomic.Pointer[error]
	only         atomic.Value // The circuit that fails, or none for all.
	slow         atomic.Bool  // An answer takes a second to arrive.
}

func (s *counted) fail(err error) { s.fails.Store(&err) }

func (s *counted) Load(ctx context.Context, key string) (recloser.Record, error) {
	s.loads.Add(1)
	only, _ := s.only.Load().(string)
	if err := s.fails.Load(); err != nil && *err != nil && (only == "" || only == key) {
		return recloser.Record{}, *err
	}
	slow := s.slow.Load()
	r, err := s.MemoryStore.Load(ctx, key)
	if slow {
		time.Sleep(time.Second)
	}
	return r, err
}

func (s *counted) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	s.lists.Add(1)
	if err := s.fails.Load(); err != nil && errors.Is(*err, dynamostore.ErrUnreachable) && s.only.Load() == nil {
		return nil, *err
	}
	return s.MemoryStore.Keys(ctx, after, limit)
}

// board runs a board until the test ends.
func board(t *testing.T, s recloser.Store, names ...string) dev.Board {
	t.Helper()
	b := dev.NewBoard(s, names)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { b.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return b
}

// TestBoardIsBounded: whoever looks however often, the store is read five times a
// second at most, and once a second for a circuit.
func TestBoardIsBounded(t *testing.T) {
	for circuits, most := range map[int]float64{1: 1, 2: 2, 40: 5} {
		synctest.Test(t, func(t *testing.T) {
			s := new(counted)
			var names []string
			for i := range circuits {
				names = append(names, fmt.Sprintf("circuit%02d", i))
			}
			b := board(t, s, names...)
			for range 6000 { // A minute of a hundred frames a second.
				for _, name := range names {
					if _, err := b.Load(t.Context(), name); err != nil {
						t.Fatal(err)
					}
				}
				if _, err := b.Keys(t.Context(), "", 100); err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Millisecond)
			}
			rate := float64(s.loads.Load()-int64(circuits)) / 60 // The first look reads them all.
			t.Logf("%d circuits: %.2f reads/s, %d lists a minute", circuits, rate, s.lists.Load())
			if rate > most || rate < 0.7*most || s.lists.Load() > 3 {
				t.Errorf("%d circuits: %.2f reads/s of %.0f, %d lists", circuits, rate, most, s.lists.Load())
			}
		})
	}
}

// TestBoardNotesWhatEnvironmentsAreTold, so that while they ask it need not.
func TestBoardNotesWhatEnvironmentsAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(counted)
		b := board(t, s, "payments")
		time.Sleep(time.Second)
		before := s.loads.Load()
		for range 600 {
			if _, err := b.Noted().Load(t.Context(), "payments"); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if own := s.loads.Load() - before - 600; own > 1 {
			t.Errorf("the board has read %d times besides", own)
		}
		trip := recloser.Transition{To: recloser.StateOpen, Since: 1, OpenUntil: 2}
		if _, err := b.Noted().Apply(t.Context(), "payments", trip); err != nil {
			t.Fatal(err)
		}
		if r, err := b.Load(t.Context(), "payments"); err != nil || r.Generation != 1 {
			t.Errorf("a write is seen as %+v, %v", r, err)
		}
		if _, err := s.Apply(t.Context(), "payments", recloser.Transition{Generation: 1, To: recloser.StateHalfOpen, Since: 3}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Apply(t.Context(), "payments", trip); !errors.Is(err, recloser.ErrConflict) {
			t.Errorf("a lost write: %v", err)
		}
		if r, err := b.Load(t.Context(), "payments"); err != nil || r.Generation != 2 {
			t.Errorf("what it lost to is seen as %+v, %v", r, err)
		}
	})
}

// TestBoardKeepsTheLatest answer, in whichever order they arrive.
func TestBoardKeepsTheLatest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(counted)
		b := dev.NewBoard(s, []string{"payments"})
		s.slow.Store(true)
		var late sync.WaitGroup
		late.Go(func() {
			if r, err := b.Noted().Load(t.Context(), "payments"); err != nil || r.Generation != 0 {
				t.Errorf("got %+v, %v", r, err)
			}
		})
		time.Sleep(100 * time.Millisecond)
		s.slow.Store(false)
		if _, err := b.Noted().Apply(t.Context(), "payments", recloser.Transition{To: recloser.StateOpen, Since: 1}); err != nil {
			t.Fatal(err)
		}
		late.Wait()
		if r, err := b.Load(t.Context(), "payments"); err != nil || r.Generation != 1 {
			t.Errorf("it shows %+v, %v", r, err)
		}
	})
}

// TestBoardListsItsOwn circuits, and no others of the store.
func TestBoardListsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(counted)
		for _, key := range []string{"payments", "payments/eu", "stock", "tax/de"} {
			if _, err := s.Apply(t.Context(), key, recloser.Transition{To: recloser.StateOpen, Since: 1}); err != nil {
				t.Fatal(err)
			}
		}
		b := board(t, s, "payments", "tax")
		time.Sleep(5 * time.Second)
		for after, want := range map[string][]string{"": {"payments", "payments/eu", "tax/de"}, "payments": {"payments/eu", "tax/de"}, "tax/de": {}} {
			if keys, err := b.Keys(t.Context(), after, 10); err != nil || !slices.Equal(keys, want) {
				t.Errorf("after %q: %v, %v", after, keys, err)
			}
		}
		if keys, _ := b.Keys(t.Context(), "", 1); !slices.Equal(keys, []string{"payments"}) {
			t.Errorf("the first is %v", keys)
		}
	})
}

// TestBoardInTrouble: what was known is shown, with why it is not new, and a store
// that is out of reach is asked once a second.
func TestBoardInTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(counted)
		if _, err := s.Apply(t.Context(), "payments", recloser.Transition{To: recloser.StateOpen, Since: 1}); err != nil {
			t.Fatal(err)
		}
		b := board(t, s, "payments", "search")
		time.Sleep(2 * time.Second)
		s.fail(&dynamostore.Error{Kind: dynamostore.ErrUnreachable})
		time.Sleep(2 * time.Second)
		before := s.loads.Load() + s.lists.Load()
		time.Sleep(time.Minute)
		if asked := s.loads.Load() + s.lists.Load() - before; asked > 61 || asked < 45 {
			t.Errorf("it was asked %d times in a minute", asked)
		}
		if r, err := b.Load(t.Context(), "payments"); err != nil || r.Generation != 1 || !errors.Is(b.Trouble(), dynamostore.ErrUnreachable) {
			t.Errorf("it shows %+v, %v, %v", r, err, b.Trouble())
		}
		s.fail(&field.MalformedError{Circuit: "payments", Field: "state"})
		time.Sleep(5 * time.Second)
		if _, err := b.Load(t.Context(), "payments"); err == nil || b.Trouble() != nil {
			t.Errorf("a record that cannot be read: %v, %v", err, b.Trouble())
		}
		s.fail(nil)
		s.only.Store("payments")
		s.fail(&dynamostore.Error{Kind: dynamostore.ErrUnreachable})
		if _, err := s.Apply(t.Context(), "search", recloser.Transition{To: recloser.StateOpen, Since: 1}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if r, err := b.Load(t.Context(), "search"); err != nil || r.Generation != 1 {
			t.Errorf("while another cannot be read: %+v, %v", r, err)
		}
		s.fail(nil)
		time.Sleep(5 * time.Second)
		if r, err := b.Load(t.Context(), "payments"); err != nil || r.Generation != 1 {
			t.Errorf("it shows %+v, %v", r, err)
		}
	})
}
