package lambdaguard_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

// countedStore counts the operations of a store.
type countedStore struct {
	recloser.MemoryStore
	reads, writes atomic.Int64
}

func (s *countedStore) Load(ctx context.Context, key string) (recloser.Record, error) {
	s.reads.Add(1)
	return s.MemoryStore.Load(ctx, key)
}

func (s *countedStore) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	s.writes.Add(1)
	return s.MemoryStore.Apply(ctx, key, w)
}

// frozenClock is a machine that can be frozen: then only the time of day goes on.
type frozenClock struct {
	wall time.Time
	mono time.Duration
}

func (c *frozenClock) option(o *recloser.Options) {
	o.Clock = recloser.Clock{
		Wall:      func() time.Time { return c.wall },
		Mono:      func() time.Duration { return c.mono },
		AfterFunc: func(time.Duration, func()) func() bool { return func() bool { return true } },
	}
}

func (c *frozenClock) run(d time.Duration)    { c.wall, c.mono = c.wall.Add(d), c.mono+d }
func (c *frozenClock) freeze(d time.Duration) { c.wall = c.wall.Add(d) }

// Law L4: after a freeze the function does not run on what it knew before: an
// operator has opened the circuit meanwhile. When that is over, it runs again.
func TestFreeze(t *testing.T) {
	for _, frozen := range []time.Duration{recloser.RefreshInterval, time.Hour, 24 * time.Hour} {
		store := new(countedStore)
		clock := &frozenClock{wall: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		shared := func(o *recloser.Options) { o.Store = store }
		mine := newBreaker(t, clock.option, shared, quick)
		ran := 0
		handler := lambdaguard.Wrap(mine, func() { ran++ })
		for range 3 {
			if _, err := invoke(t.Context(), handler, `{}`); err != nil {
				t.Fatal(err)
			}
			clock.run(time.Millisecond)
		}
		if reads := store.reads.Load(); ran != 3 || reads != 1 || store.writes.Load() != 0 {
			t.Errorf("the function ran %d times on %d reads", ran, reads)
		}

		clock.freeze(frozen)
		forced := recloser.Override{
			Mode: recloser.OverrideOpen, Actor: "operator", Reason: "maintenance",
			Until: recloser.InstantOf(clock.wall.Add(30 * time.Second)),
		}
		if _, err := store.MemoryStore.Apply(t.Context(), "payments", recloser.SetOverride{Override: forced}); err != nil {
			t.Fatal(err)
		}

		if _, err := invoke(t.Context(), handler, `{}`); !errors.Is(err, recloser.ErrOpen) || ran != 3 {
			t.Errorf("after %v the error is %v, and the function ran %d times", frozen, err, ran)
		}
		clock.freeze(time.Minute)
		if _, err := invoke(t.Context(), handler, `{}`); err != nil || ran != 4 {
			t.Errorf("when the open time is over the error is %v", err)
		}
	}
}

// Nothing is left to do when an invocation has ended: a frozen environment would
// do it too late, or never.
func TestNothingRunsAfterwards(t *testing.T) {
	for name, handler := range map[string]any{
		"success": func() error { return nil },
		"failure": func() error { return errDown },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(countedStore)
				b := newBreaker(t, func(o *recloser.Options) { o.Store = store })
				_, _ = invoke(t.Context(), lambdaguard.Wrap(b, handler), `{}`)
				reads, writes := store.reads.Load(), store.writes.Load()
				time.Sleep(time.Hour)
				if r, w := store.reads.Load(), store.writes.Load(); r != reads || w != writes {
					t.Errorf("%d reads and %d writes followed the invocation", r-reads, w-writes)
				}
			})
		})
	}
}
