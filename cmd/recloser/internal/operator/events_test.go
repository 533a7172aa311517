package operator_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

func kinds(events []admin.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, e.Circuit+" "+e.Kind)
	}
	return strings.Join(all, ", ")
}

func TestEventsOfAllByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(faulty)
		o := named(s)
		open(t, s, "search", 0)
		time.Sleep(time.Hour)
		open(t, s, "payments/eu", 0)
		time.Sleep(time.Minute)
		if _, err := o.Override(t.Context(), "payments", forced()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour) // It runs out.
		if _, err := o.Reset(t.Context(), "search", "me@here", ""); err != nil {
			t.Fatal(err)
		}
		for _, row := range []struct {
			names []string
			since time.Duration
			limit int
			want  string
		}{
			{nil, recloser.HistoryAge, 100, "search opened, payments/eu opened, payments overridden, payments override_ended, search reset"},
			{[]string{"payments"}, recloser.HistoryAge, 100, "payments/eu opened, payments overridden, payments override_ended"},
			{nil, recloser.HistoryAge, 2, "payments override_ended, search reset"},
			{nil, 90 * time.Minute, 100, "payments/eu opened, payments overridden, payments override_ended, search reset"},
			{nil, time.Minute, 100, "search reset"},
		} {
			events, _, err := o.Events(t.Context(), row.names, time.Now().Add(-row.since), row.limit)
			if got := kinds(events); err != nil || got != row.want {
				t.Errorf("%+v: got %s, %v", row, got, err)
			}
		}
		if _, _, err := o.Events(t.Context(), []string{"paymnets"}, time.Time{}, 1); !errors.Is(err, admin.ErrNotFound) {
			t.Errorf("no such circuit: %v", err)
		}
		s.torn = &field.MalformedError{Circuit: "search", Field: "cause"}
		events, f, err := o.Events(t.Context(), []string{"search"}, time.Time{}, 100)
		if err != nil || kinds(events) != "search opened, search reset" || len(f.Problems) != 1 {
			t.Errorf("what can be read of a history: %s, %v, %v", kinds(events), f, err)
		}
		s.torn = nil
		forgetful := named(plain{s})
		if events, _, err := forgetful.Events(t.Context(), nil, time.Time{}, 100); err != nil || kinds(events) != "search reset" || forgetful.Remembers() {
			t.Errorf("without history: %s, %v", kinds(events), err)
		}
	})
}

// TestFollow: what happens is told once, within a round, whoever made it.
func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(faulty)
		o := named(s)
		open(t, s, "payments", 0)
		_, f, err := o.Events(t.Context(), nil, time.Time{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		next := func(want string, within time.Duration) {
			t.Helper()
			began := time.Now()
			events, err := f.Next(t.Context())
			if got := kinds(events); err != nil || got != want || time.Since(began) > within {
				t.Errorf("after %v: got %s, %v; want %s", time.Since(began), got, err, want)
			}
		}
		if _, err := o.Reset(t.Context(), "payments", "me@here", ""); err != nil {
			t.Fatal(err)
		}
		open(t, s, "payments", 2)
		next("payments reset, payments opened", 2*time.Second)
		if _, err := o.Override(t.Context(), "search", forced()); err != nil {
			t.Fatal(err)
		}
		next("search overridden", 2*time.Second)
		next("search override_ended", time.Minute+2*time.Second)
		open(t, s, "tax", 0) // It is new, and found by the next list.
		next("tax opened", time.Minute+2*time.Second)

		s.load = func(string) error { return &dynamostore.Error{Kind: dynamostore.ErrUnreachable} }
		for range 10 {
			if events, err := f.Next(t.Context()); !errors.Is(err, dynamostore.ErrUnreachable) || len(events) > 0 {
				t.Fatalf("out of reach: %s, %v", kinds(events), err)
			}
		}
		if _, err := s.MemoryStore.Apply(t.Context(), "tax", recloser.Transition{Generation: 1, To: recloser.StateClosed, Since: 1}); err != nil {
			t.Fatal(err)
		}
		s.load = nil
		next("tax closed", 2*time.Second)

		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := f.Next(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

// TestFollowIsBounded: while nothing happens, a circuit costs a read every two
// seconds, all of them ten a second at most, and no history is asked for.
func TestFollowIsBounded(t *testing.T) {
	for _, circuits := range []int{2, 100} {
		synctest.Test(t, func(t *testing.T) {
			s := new(faulty)
			o := &operator.Operator{Store: s}
			for i := range circuits {
				open(t, s, fmt.Sprint("circuit", i), 0)
			}
			_, f, err := o.Events(t.Context(), nil, time.Time{}, 10)
			if err != nil {
				t.Fatal(err)
			}
			loads, histories, lists := s.loads.Load(), s.histories.Load(), s.lists.Load()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			if events, err := f.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %s, %v", kinds(events), err)
			}
			rate := float64(s.loads.Load()-loads) / 600
			t.Logf("%d circuits: %.1f reads/s, %d lists in 10m", circuits, rate, s.lists.Load()-lists)
			if most := min(float64(circuits)/2, 10); rate > most || rate < 0.9*most || s.histories.Load() != histories || s.lists.Load()-lists > 10 {
				t.Errorf("%d circuits: %.1f reads/s, %d histories, %d lists", circuits, rate, s.histories.Load()-histories, s.lists.Load()-lists)
			}
		})
	}
}
