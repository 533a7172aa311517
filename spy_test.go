package recloser_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

var (
	errDown = errors.New("down")
	errGone = errors.New("no route to the store")
)

// call makes a call that comes to err at once.
func call(b *recloser.Breaker, err error) error {
	return b.Do(context.Background(), func(context.Context) error { return err })
}

// allow takes a permit, which the circuit must give.
func allow(tb testing.TB, b *recloser.Breaker) recloser.Permit {
	tb.Helper()
	p, err := b.Allow(context.Background())
	if err != nil {
		tb.Fatalf("Allow() = %v, want a permit", err)
	}
	return p
}

// rejected returns the rejection that the circuit must answer.
func rejected(tb testing.TB, b *recloser.Breaker) *recloser.OpenError {
	tb.Helper()
	p, err := b.Allow(context.Background())
	open, ok := errors.AsType[*recloser.OpenError](err)
	if !ok {
		tb.Fatalf("Allow() = %v, %v, want an OpenError", p, err)
	}
	return open
}

// trip makes calls fail until the circuit rejects them.
func trip(tb testing.TB, b *recloser.Breaker) {
	tb.Helper()
	for range 100 {
		if errors.Is(call(b, errDown), recloser.ErrOpen) {
			return
		}
	}
	tb.Fatalf("100 failures have not opened the circuit: %+v", b.Status())
}

// history records what a breaker tells.
type history struct {
	mu     sync.Mutex
	events []recloser.Event
}

func (h *history) Observe(e recloser.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, e)
}

func (h *history) all() []recloser.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}

func (h *history) of(kinds ...recloser.EventKind) []recloser.Event {
	return slices.DeleteFunc(h.all(), func(e recloser.Event) bool { return !slices.Contains(kinds, e.Kind) })
}

func (h *history) kinds() []recloser.EventKind {
	var kinds []recloser.EventKind
	for _, e := range h.all() {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

func (h *history) option(o *recloser.Options) { o.Observers = append(o.Observers, h) }

// fault is what befalls one operation of a spy.
type fault struct {
	wait time.Duration // how long it takes; it is cut short by the context
	lost bool          // it is not applied
	err  error         // what is answered, applied or not
}

// spy is a store that counts what is asked of it and fails as it is told.
type spy struct {
	recloser.MemoryStore
	// befalls says what befalls an operation; w is nil for a read.
	befalls func(w recloser.Write) fault

	mu    sync.Mutex
	reads []time.Time
	wrote []recloser.Write
}

func (s *spy) option(o *recloser.Options) { o.Store = s }

func (s *spy) Load(ctx context.Context, key string) (recloser.Record, error) {
	f, err := s.begin(ctx, nil)
	if err != nil {
		return recloser.Record{}, err
	}
	r, err := s.MemoryStore.Load(context.WithoutCancel(ctx), key)
	if f.err != nil {
		return recloser.Record{}, f.err
	}
	return r, err
}

func (s *spy) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	f, err := s.begin(ctx, w)
	if err != nil || f.lost {
		return recloser.Record{}, errors.Join(err, f.err)
	}
	r, err := s.MemoryStore.Apply(context.WithoutCancel(ctx), key, w)
	if f.err != nil {
		return recloser.Record{}, f.err
	}
	return r, err
}

func (s *spy) begin(ctx context.Context, w recloser.Write) (fault, error) {
	s.mu.Lock()
	if w == nil {
		s.reads = append(s.reads, time.Now())
	} else {
		s.wrote = append(s.wrote, w)
	}
	befalls := s.befalls
	s.mu.Unlock()
	if befalls == nil {
		return fault{}, nil
	}
	f := befalls(w)
	if f.wait > 0 {
		wait := time.NewTimer(f.wait)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
	return f, nil
}

// fail makes every operation from now on fail; a nil err makes it work again.
func (s *spy) fail(err error) {
	s.befall(func(recloser.Write) fault { return fault{lost: err != nil, err: err} })
}

func (s *spy) befall(befalls func(recloser.Write) fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.befalls = befalls
}

// operations returns the numbers of reads and of writes.
func (s *spy) operations() (reads, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.reads), len(s.wrote)
}

// record returns what the store holds of the circuit of newBreaker.
func (s *spy) record(tb testing.TB) recloser.Record {
	tb.Helper()
	r, err := s.MemoryStore.Load(context.Background(), "payments")
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// override is an operator at work.
func (s *spy) override(tb testing.TB, o recloser.Override) {
	tb.Helper()
	w := recloser.SetOverride{Generation: s.record(tb).Generation, Override: o}
	if _, err := s.MemoryStore.Apply(context.Background(), "payments", w); err != nil {
		tb.Fatal(err)
	}
}
