package operator_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

func forced() recloser.Override {
	return recloser.Override{Mode: recloser.OverrideClosed, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here", Reason: "drill"}
}

// TestResetSaysWho: the record and what is remembered of it name the operator.
func TestResetSaysWho(t *testing.T) {
	s := new(faulty)
	o := named(s)
	open(t, s, "payments", 0)
	if r, err := o.Override(t.Context(), "payments", forced()); err != nil || r.Override.Mode != recloser.OverrideClosed || r.State != recloser.StateOpen {
		t.Fatalf("override: %+v, %v", r, err)
	}
	r, err := o.Reset(t.Context(), "payments", "you@there", "is back")
	want := recloser.Cause{Rule: recloser.RuleReset, Actor: "you@there", Reason: "is back"}
	if err != nil || r.State != recloser.StateClosed || r.Generation != 2 || r.Cause != want || r.Override != (recloser.Override{}) {
		t.Fatalf("reset: %+v, %v", r, err)
	}
	entries, err := s.MemoryStore.History(t.Context(), "payments", 0, 10)
	if err != nil || len(entries) != 4 || entries[0].Cause != want || entries[1].Kind != recloser.EventOverrideEnded {
		t.Errorf("remembered: %+v, %v", entries, err)
	}
	if _, err := o.Reset(t.Context(), "payments", "you@there", ""); err != nil {
		t.Fatal(err)
	}
	if entries, _ := s.MemoryStore.History(t.Context(), "payments", 0, 10); len(entries) != 5 {
		t.Errorf("a reset of what is not forced is remembered as %+v", entries)
	}
}

// An operator's write names a generation, and is made anew under the one that a
// transition has made meanwhile: LAWS.md, S5 and S9.
func TestOperatorsDoNotLoseAgainstTransitions(t *testing.T) {
	s := new(faulty)
	o := named(s)
	races := 3
	s.apply = func(w recloser.Write) (bool, error) {
		if races > 0 {
			races--
			open(t, &s.MemoryStore, "payments", w.Under())
		}
		return true, nil
	}
	if r, err := o.Override(t.Context(), "payments", forced()); err != nil || races != 0 || r.Generation != 3 || r.Override.Mode != recloser.OverrideClosed {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err := o.Change(t.Context(), "payments", func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation + 1}
	})
	if err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("a write that always loses: %v", err)
	}
}

// TestUnknownOutcomes: a write of which there is no answer is not made again; the
// record is looked at. spec/protocol.md, Writes.
func TestUnknownOutcomes(t *testing.T) {
	lost := &dynamostore.Error{Operation: "UpdateItem", Kind: dynamostore.ErrUnreachable}
	for _, made := range []bool{true, false} {
		s := new(faulty)
		o := named(s)
		writes := 0
		s.apply = func(recloser.Write) (bool, error) { writes++; return made, lost }
		_, err := o.Override(t.Context(), "payments", forced())
		if (err == nil) != made || writes != 1 {
			t.Errorf("override, made %t: %v after %d writes", made, err, writes)
		}
		if !made && (!errors.Is(err, dynamostore.ErrUnreachable) || !strings.Contains(err.Error(), "look with recloser describe")) {
			t.Errorf("override: %v", err)
		}
		s.apply = nil
		open(t, s, "search", 0)
		writes = 0
		s.apply = func(recloser.Write) (bool, error) { writes++; return made, lost }
		if _, err := o.Reset(t.Context(), "search", "me@here", ""); (err == nil) != made || writes != 1 {
			t.Errorf("reset, made %t: %v after %d writes", made, err, writes)
		}
	}
	s := new(faulty)
	s.apply = func(recloser.Write) (bool, error) { return false, &dynamostore.Error{Kind: dynamostore.ErrDenied} }
	before := s.loads.Load()
	if _, err := named(s).Override(t.Context(), "payments", forced()); !errors.Is(err, dynamostore.ErrDenied) || s.loads.Load() != before+1 {
		t.Errorf("denied: %v", err)
	}
}

// TestHalfAReset is told as such.
func TestHalfAReset(t *testing.T) {
	s := new(faulty)
	o := named(s)
	if _, err := o.Override(t.Context(), "payments", forced()); err != nil {
		t.Fatal(err)
	}
	s.apply = func(w recloser.Write) (bool, error) {
		if _, ok := w.(recloser.SetOverride); ok {
			return true, nil
		}
		return false, &dynamostore.Error{Kind: dynamostore.ErrDenied}
	}
	if _, err := o.Reset(t.Context(), "payments", "me@here", ""); !errors.Is(err, dynamostore.ErrDenied) || !strings.Contains(err.Error(), "nothing is forced any more") {
		t.Errorf("got %v", err)
	}
}

func TestOrdersThatMakeNoSense(t *testing.T) {
	o := named(new(faulty))
	if _, err := o.Override(t.Context(), "payments", recloser.Override{Mode: "ajar"}); err == nil {
		t.Error("an override that is neither")
	}
	if _, err := o.Override(t.Context(), "paymnets", forced()); !errors.Is(err, admin.ErrNotFound) {
		t.Errorf("no such circuit: %v", err)
	}
	if _, err := o.Reset(t.Context(), "paymnets", "me@here", ""); !errors.Is(err, admin.ErrNotFound) || !strings.Contains(err.Error(), "did you mean payments?") {
		t.Errorf("no such circuit: %v", err)
	}
}
