package dev_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// sharing runs a server on a store that it does not own.
func sharing(t *testing.T, s recloser.Store, environments int, rate float64) *dev.Server {
	t.Helper()
	return start(t, dev.Options{
		Circuits:     []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}},
		Environments: environments, Rate: rate, Store: s, StoreName: "dynamodb://recloser",
	})
}

// count returns how often a server tells of a kind of event.
func count(t *testing.T, s *dev.Server, kind string) (n int, last admin.Event) {
	t.Helper()
	for _, e := range s.Journal().After(t.Context(), 0, admin.MaxEvents, 0) {
		if e.Kind == kind {
			n, last = n+1, e
		}
	}
	return n, last
}

// TestTwoServersShareACircuit: an outage in one opens it in the other, whose
// upstream is well, and both tell of it once. The first makes most of the calls:
// the rate that counts is that of both.
func TestTwoServersShareACircuit(t *testing.T) {
	store := new(recloser.MemoryStore)
	broken, well := sharing(t, store, 5, 60), sharing(t, store, 5, 10)
	if err := broken.SetFault("payments", dev.Fault{Errors: 1}); err != nil {
		t.Fatal(err)
	}
	await(t, broken, "payments", "opened")
	if all, err := broken.Circuits(t.Context()); err != nil || all[0].State == recloser.StateClosed {
		t.Errorf("what an environment did is not seen at once: %+v, %v", all, err)
	}
	await(t, well, "payments", "opened")
	if err := broken.SetFault("payments", dev.Fault{}); err != nil {
		t.Fatal(err)
	}
	closed := await(t, broken, "payments", "closed")
	await(t, well, "payments", "closed")
	if _, err := well.Override(t.Context(), "payments", recloser.Override{
		Mode: recloser.OverrideOpen, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here", Reason: "drill",
	}); err != nil {
		t.Fatal(err)
	}
	said := await(t, broken, "payments", "overridden")
	if !strings.Contains(said.Text, "me@here") || !strings.Contains(said.Text, "drill") {
		t.Errorf("the other tells: %s", said.Text)
	}
	if _, err := well.Reset(t.Context(), "payments", "me@here", "is over"); err != nil {
		t.Fatal(err)
	}
	reset := await(t, broken, "payments", dev.KindReset)
	if reset.Text != "closed by me@here: is over" || reset.Generation <= closed.Generation {
		t.Errorf("the other tells: %+v", reset)
	}
	for _, s := range []*dev.Server{broken, well} {
		generations := make(map[uint64]int)
		for _, e := range s.Journal().After(t.Context(), 0, admin.MaxEvents, 0) {
			switch e.Kind {
			case "opened", "half_opened", "closed", dev.KindReset:
				generations[e.Generation]++
			}
		}
		for generation, n := range generations {
			if n != 1 {
				t.Errorf("generation %d was told %d times", generation, n)
			}
		}
		if n, _ := count(t, s, "overridden"); n != 1 {
			t.Errorf("the override was told %d times", n)
		}
	}
}

// TestWhatStoodThereIsNoNews: a server that joins shows the state it finds, and
// tells of what happens from then on.
func TestWhatStoodThereIsNoNews(t *testing.T) {
	store := new(recloser.MemoryStore)
	now := recloser.InstantOf(time.Now())
	_, err := store.Apply(t.Context(), "payments", recloser.Transition{
		To: recloser.StateOpen, Since: now, OpenUntil: now.Add(time.Hour), Cause: recloser.Cause{Rule: recloser.RuleFailureRate},
	})
	if err != nil {
		t.Fatal(err)
	}
	s := sharing(t, store, 0, 0)
	await := func(want func(dev.CircuitSnapshot) bool) {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; s.Journal().After(t.Context(), 1<<40, 1, 50*time.Millisecond) {
			snapshot, err := s.Snapshot(t.Context())
			if err == nil && len(snapshot.Circuits) == 1 && want(snapshot.Circuits[0]) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("it shows %+v, %v", snapshot, err)
			}
		}
	}
	await(func(c dev.CircuitSnapshot) bool { return c.State == recloser.StateOpen })
	// An hour is more than the policy believes: it is open for max_cooldown.
	if n, _ := count(t, s, "opened"); n != 0 {
		t.Error("what it found is told as news")
	}
	if _, err := store.Apply(t.Context(), "payments", recloser.Transition{Generation: 1, To: recloser.StateClosed, Since: now, Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "cli@there"}}); err != nil {
		t.Fatal(err)
	}
	await(func(c dev.CircuitSnapshot) bool { return c.State == recloser.StateClosed })
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
		if n, e := count(t, s, dev.KindReset); n == 1 && e.Text == "closed by cli@there" {
			return
		}
		s.Journal().After(t.Context(), 1<<40, 1, 50*time.Millisecond)
	}
	t.Error("a reset by somebody else is not told")
}

// TestTroubleIsShown, and no call is rejected for it: LAWS.md, L5.
func TestTroubleIsShown(t *testing.T) {
	s := new(counted)
	server := sharing(t, s, 3, 60)
	s.fail(&dynamostore.Error{Operation: "GetItem", Kind: dynamostore.ErrUnreachable})
	for end := time.Now().Add(20 * time.Second); ; {
		snapshot, err := server.Snapshot(t.Context())
		if err == nil && strings.Contains(snapshot.Trouble, "out of reach") && snapshot.Circuits[0].Calls.Admitted > 10 {
			if snapshot.Circuits[0].Calls.Rejected > 0 {
				t.Errorf("calls are rejected: %+v", snapshot.Circuits[0].Calls)
			}
			return
		}
		if time.Now().After(end) {
			t.Fatalf("it shows %+v, %v", snapshot, err)
		}
		server.Journal().After(t.Context(), 1<<40, 1, 50*time.Millisecond)
	}
}

// TestNextPort: the port that was not chosen makes way.
func TestNextPort(t *testing.T) {
	circuits := []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}
	first := start(t, dev.Options{Circuits: circuits})
	port := portOf(t, first.Address())
	second := start(t, dev.Options{Circuits: circuits, Port: port, NextPort: true})
	if got := portOf(t, second.Address()); got == port || got > port+100 {
		t.Errorf("the next port after %d is %d", port, got)
	}
	if _, err := dev.New(dev.Options{Circuits: circuits, Port: port}); err == nil || !strings.Contains(err.Error(), "is in use") || errors.Is(err, recloser.ErrKey) {
		t.Errorf("a port that was chosen: %v", err)
	}
}
