package recloser_test

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// An observer is called outside all locks: it may use the breaker. LAWS.md, B8.
func TestObserverMayUseTheBreaker(t *testing.T) {
	clock, store := newHands(), new(spy)
	var b *recloser.Breaker
	var told []recloser.EventKind
	b = newBreaker(t, clock.option, store.option, func(o *recloser.Options) {
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) {
			told = append(told, e.Kind)
			_ = b.Status()
			_ = b.Unsettled()
			_ = call(b, errDown)
			_, _ = b.Refresh(context.Background())
			b.Close()
		})}
	})
	for range 200 {
		_ = call(b, errDown)
		clock.advance(100 * time.Millisecond)
	}
	if !slices.Contains(told, recloser.EventWatched) {
		t.Errorf("told of %v", told)
	}
	evidence.Record(t, evidence.Entry{
		Law: "B8", How: "an observer that uses the breaker in every way while it is told", Promise: "no lock is held", Worst: "no deadlock, nothing lost", Met: true,
	})
}

// A panic in one observer, or its end, reaches neither the caller nor the
// observers after it. LAWS.md, B8.
func TestObserverMayPanic(t *testing.T) {
	h := new(history)
	b := newBreaker(t, func(o *recloser.Options) {
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(recloser.Event) { panic("boom") }), h}
	})
	trip(t, b)
	if got := h.kinds(); !slices.Equal(got, []recloser.EventKind{recloser.EventOpened}) {
		t.Errorf("told of %v", got)
	}

	ended := newBreaker(t, func(o *recloser.Options) {
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) {
			if e.Kind == recloser.EventOpened {
				runtime.Goexit()
			}
		}), h}
	})
	var wg sync.WaitGroup
	wg.Go(func() { trip(t, ended) })
	wg.Wait()
	if s := ended.Status(); s.State != recloser.StateOpen {
		t.Errorf("Status() = %+v", s)
	}
}

// Events are told in order, one at a time, to every observer, whoever makes the
// calls. LAWS.md, B8.
func TestEventsAreOrdered(t *testing.T) {
	clock, h := newHands(), new(history)
	var at, most atomic.Int64
	b := newBreaker(t, clock.option, plain, h.option, func(o *recloser.Options) {
		o.Policy.HalfOpen.Successes = 1
		o.Policy.Ramp.Over = 0
		o.Observers = append(o.Observers, recloser.ObserverFunc(func(recloser.Event) {
			most.Store(max(most.Load(), at.Add(1)))
			runtime.Gosched()
			at.Add(-1)
		}))
	})
	for range 20 {
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() { trip(t, b) })
		}
		wg.Wait()
		clock.advance(5 * time.Minute)
		_ = call(b, nil)
	}
	generation := uint64(0)
	for _, e := range h.of(recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed) {
		if generation++; e.Generation != generation || e.Missed != 0 {
			t.Fatalf("told of generation %d (%d missed) after %d", e.Generation, e.Missed, generation-1)
		}
	}
	if generation != b.Status().Generation || generation != 60 {
		t.Errorf("told of %d transitions of %d", generation, b.Status().Generation)
	}
	if n := most.Load(); n != 1 {
		t.Errorf("%d events were told at the same time", n)
	}
}

// What observers do not keep up with is dropped, and its number told. LAWS.md, B8.
func TestEventsAreBounded(t *testing.T) {
	clock, store, h := newHands(), new(spy), new(history)
	inside, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b := newBreaker(t, clock.option, store.option, plain, func(o *recloser.Options) {
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(recloser.Event) {
			once.Do(func() {
				close(inside)
				<-leave
			})
		}), h}
	})
	open(t, store, clock)
	var wg sync.WaitGroup
	wg.Go(func() { _ = rejected(t, b) })
	<-inside
	clock.advance(11 * time.Second)
	const probes = 2000 // Each is claimed and settled: two events.
	for range probes {
		allow(t, b).Ignore()
	}
	close(leave)
	wg.Wait()
	allow(t, b).Ignore()
	missed := 0
	for i, e := range h.all() {
		missed += e.Missed
		order := []recloser.EventKind{recloser.EventProbeClaimed, recloser.EventProbeSettled}
		if want := order[i%2]; i > 1 && i < 1000 && e.Kind != want {
			t.Fatalf("event %d is %v, want %v", i, e, want)
		}
	}
	// Besides the probes' there are that of the opening and of half-opening.
	if got := len(h.all()); got+missed != 2+2*(probes+1) || missed == 0 || got > 1100 {
		t.Errorf("%d events told and %d missed of %d", got, missed, 2+2*(probes+1))
	}
}

// Of an event one line tells all.
func TestEventString(t *testing.T) {
	at := recloser.Instant(1_800_000_000_000)
	e := recloser.Event{
		At: at, Circuit: "payments/eu", OpenUntil: at.Add(10 * time.Second), Relapses: 2,
		Cause:    recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 1, Span: 2 * time.Second},
		Override: recloser.Override{Mode: recloser.OverrideOpen, Until: at, Actor: "ann", Reason: "drill"},
		Outcome:  recloser.OutcomeFailure, Err: errGone,
	}
	cause := "(failure_rate: 12 of 14 calls failed, 1 were slow in 2s)"
	for kind, want := range map[recloser.EventKind]string{
		recloser.EventOpened:        "opened for 10s " + cause + ", relapse 2",
		recloser.EventIsolated:      "isolated for 10s " + cause + ", relapse 2",
		recloser.EventHalfOpened:    "half_opened " + cause,
		recloser.EventClosed:        "closed " + cause,
		recloser.EventProbeSettled:  "probe_settled: failure",
		recloser.EventOverridden:    "overridden open by ann until 08:00:00: drill",
		recloser.EventStoreFailed:   "store_failed: no route to the store",
		recloser.EventPermitExpired: "permit_expired",
	} {
		e.Kind = kind
		if got := e.String(); got != "payments/eu "+want || strings.Contains(got, "\n") {
			t.Errorf("%q, want %q", got, "payments/eu "+want)
		}
	}
	if got := fmt.Sprint(recloser.Event{Kind: recloser.EventClosed, Circuit: "x"}); got != "x closed (new)" {
		t.Errorf("%q", got)
	}
}
