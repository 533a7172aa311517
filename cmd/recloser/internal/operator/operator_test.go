package operator_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

func names(circuits []admin.Circuit) string {
	var all []string
	for _, c := range circuits {
		name := c.Name
		if c.Unnamed {
			name += " (unnamed)"
		}
		if c.Problem != "" {
			name += " (unreadable)"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

func TestCircuitsThatAreNamedOrFound(t *testing.T) {
	s := new(faulty)
	for _, key := range []string{"payments/eu", "stock", "tax/de"} {
		open(t, s, key, 0)
	}
	o := named(s)
	for _, row := range []struct {
		closed bool
		want   string
	}{
		{false, "payments, payments/eu, search, stock (unnamed), tax/de (unnamed)"},
		{true, "payments, payments/eu, search"},
	} {
		o.Closed = row.closed
		list, err := o.List(t.Context())
		if got := names(list.Circuits); err != nil || got != row.want || list.Note != "" {
			t.Errorf("closed %t: got %s, %q, %v", row.closed, got, list.Note, err)
		}
	}
	o.Closed = false
	for key, want := range map[string]string{"payments": "", "payments/us": "", "stock": "", "tax/us": "", "paymnets": "did you mean payments?", "other": "there is payments, payments/eu, search"} {
		_, err := o.Describe(t.Context(), key)
		if want == "" && err != nil || want != "" && (!errors.Is(err, admin.ErrNotFound) || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v", key, err)
		}
	}
	before := s.loads.Load()
	if c, err := o.Select(t.Context(), []string{"search", "payments"}); err != nil || names(c) != "search, payments" || s.loads.Load() != before+2 {
		t.Errorf("got %s, %v after %d reads", names(c), err, s.loads.Load()-before)
	}
	if _, err := o.Select(t.Context(), []string{"pay ments"}); !errors.Is(err, recloser.ErrKey) {
		t.Errorf("no name: %v", err)
	}
}

// TestFaultsOfOneAreNotThoseOfAll: a record that cannot be read hides no other; a
// store that cannot be asked does.
func TestFaultsOfOneAreNotThoseOfAll(t *testing.T) {
	s := &faulty{}
	o := named(s)
	s.load = func(key string) error {
		if key == "search" {
			return &field.MalformedError{Circuit: key, Field: "state", Want: "closed, open or half_open"}
		}
		return nil
	}
	list, err := o.List(t.Context())
	if got := names(list.Circuits); err != nil || got != "payments, search (unreadable)" || !strings.Contains(list.Circuits[1].Because(), "delete the record") {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := o.Describe(t.Context(), "search"); storage.FaultOf(err) != storage.FaultRecord {
		t.Errorf("alone: %v", err)
	}
	s.load = func(string) error { return &dynamostore.Error{Kind: dynamostore.ErrUnreachable} }
	if _, err := o.List(t.Context()); !errors.Is(err, dynamostore.ErrUnreachable) {
		t.Errorf("out of reach: %v", err)
	}
	s.load, s.keys = nil, func() error { return &dynamostore.Error{Operation: "Scan", Kind: dynamostore.ErrDenied} }
	if list, err := o.List(t.Context()); err != nil || names(list.Circuits) != "payments, search" || !strings.Contains(list.Note, "dynamodb:Scan") {
		t.Errorf("not to be listed: %s, %q, %v", names(list.Circuits), list.Note, err)
	}
	o.Circuits = nil
	if _, err := o.List(t.Context()); !errors.Is(err, dynamostore.ErrDenied) {
		t.Errorf("not to be listed, and no name: %v", err)
	}
	o = named(plain{s})
	if list, err := o.List(t.Context()); err != nil || names(list.Circuits) != "payments, search" || list.Note == "" {
		t.Errorf("cannot be listed: %s, %q, %v", names(list.Circuits), list.Note, err)
	}
}

// TestViewBelievesNoMoreThanThePolicy: LAWS.md, S10 as an operator sees it.
func TestViewBelievesNoMoreThanThePolicy(t *testing.T) {
	o := named(nil)
	most, now := recloser.DefaultPolicy().OpenFor.MaxCooldown, time.Now()
	for _, r := range []recloser.Record{
		{State: recloser.StateOpen, Since: recloser.InstantOf(now), OpenUntil: math.MaxInt64},
		{State: recloser.StateOpen, Since: math.MaxInt64, OpenUntil: math.MaxInt64},
		{State: recloser.StateOpen, Since: math.MinInt64, OpenUntil: math.MinInt64},
		{State: recloser.StateHalfOpen, Since: -1, ProbeOK: math.MaxInt, Probes: [recloser.MaxProbes]recloser.Lease{{Token: "x", End: math.MaxInt64}}},
		{Since: math.MaxInt64, Cause: recloser.Cause{Rule: "\x1b[2J"}, Override: recloser.Override{Mode: recloser.OverrideOpen, Until: math.MaxInt64, Actor: "\x1b[2J"}},
	} {
		c := o.View("payments", r)
		if c.State == recloser.StateOpen && c.OpenUntil.Sub(now) > most+time.Second {
			t.Errorf("open until %v", c.OpenUntil)
		}
		text, err := json.Marshal(c)
		if err != nil || strings.Contains(string(text), `\u001b`) {
			t.Errorf("%+v: %s, %v", c, text, err)
		}
	}
	past := recloser.InstantOf(now.Add(-time.Minute))
	cooled := o.View("payments", recloser.Record{State: recloser.StateOpen, Since: past, OpenUntil: past.Add(10 * time.Second)})
	if cooled.State != recloser.StateHalfOpen || !cooled.Since.Equal(past.Add(10*time.Second).Time()) || cooled.Cause.Rule != recloser.RuleCooledDown {
		t.Errorf("an open time that has passed: %+v", cooled)
	}
}
