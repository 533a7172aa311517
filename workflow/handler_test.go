package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// handlers are all retriers and catchers of a machine, with their states.
func handlers(m *statelanguage.Machine) map[string]bool {
	all := make(map[string]bool)
	var walk func(*statelanguage.Machine)
	walk = func(m *statelanguage.Machine) {
		for name, s := range m.States {
			for i := range s.Retry {
				for _, e := range s.Retry[i].ErrorEquals {
					all[fmt.Sprintf("%s: retry %d %s", name, i, e)] = false
				}
			}
			for i := range s.Catch {
				all[fmt.Sprintf("%s: catch %d %s", name, i, s.Catch[i].ErrorEquals[0])] = false
			}
			if s.ItemProcessor != nil {
				walk(s.ItemProcessor)
			}
		}
	}
	walk(m)
	return all
}

// full are options with everything that a circuit can have.
func full(o *workflow.Options) {
	o.Park, o.Fallback, o.Health, o.Attempts = "parked", "later", "health", 2
	o.Ignore = []string{"Ignored"}
	o.Policy.HalfOpen.Margin = 500 * time.Millisecond // So that a claim can come late.
}

// plant puts a record in the table.
func (w *world) plant(key string, r recloser.Record) {
	w.tb.Helper()
	if _, err := w.ask("PutItem", map[string]any{"TableName": w.name, "Item": attributesOf(key, r)}); err != nil {
		w.tb.Fatal(err)
	}
}

// attributesOf returns the item of a record in DynamoDB's JSON.
func attributesOf(key string, r recloser.Record) map[string]any {
	put := map[string]any{item.Key: s(key), item.Sort: s(item.SortRecord)}
	n := func(name string, v int64) {
		if v != 0 {
			put[name] = map[string]any{"N": fmt.Sprint(v)}
		}
	}
	n("schema", int64(max(r.Schema, 1)))
	n("generation", int64(r.Generation))
	n("since_ms", int64(r.Since))
	n("open_until_ms", int64(r.OpenUntil))
	n("relapses", int64(r.Relapses))
	n("watch_since_ms", int64(r.WatchSince))
	n("probe_ok", int64(r.ProbeOK))
	n("probe_failed", int64(r.ProbeFailed))
	put["state"] = s(r.State.String())
	if r.Share != 0 {
		put["share"] = map[string]any{"N": fmt.Sprint(float64(r.Share))}
	}
	if r.Cause.Rule != "" {
		put["cause"] = map[string]any{"M": map[string]any{"rule": s(string(r.Cause.Rule))}}
	}
	if o := r.Override; o.Mode != "" {
		put["override"] = map[string]any{"M": map[string]any{
			"mode": s(string(o.Mode)), "until_ms": map[string]any{"N": fmt.Sprint(int64(o.Until))}, "actor": s(o.Actor), "reason": s(o.Reason),
		}}
	}
	if r.WatchSince != 0 {
		window := map[string]any{}
		for _, slot := range r.Window.Slots() {
			for letter, v := range map[string]int{"c": slot.Calls, "f": slot.Failures, "s": slot.Slow, "r": slot.Reports} {
				window[fmt.Sprintf("%s%d", letter, int64(slot.Start)/100)] = map[string]any{"N": fmt.Sprint(v)}
			}
		}
		put["window"] = map[string]any{"M": window}
	}
	if voices := slices.DeleteFunc(slices.Clone(r.Voices[:]), func(v string) bool { return v == "" }); len(voices) > 0 {
		set := make([]any, len(voices))
		for i, v := range voices {
			set[i] = v
		}
		put["voices"] = map[string]any{"SS": set}
	}
	for i, l := range r.Probes {
		if l.Token != "" {
			put[fmt.Sprintf("p%d", i)] = map[string]any{"M": map[string]any{"token": s(l.Token), "end_ms": map[string]any{"N": fmt.Sprint(int64(l.End))}}}
		}
	}
	return put
}

func s(text string) map[string]any { return map[string]any{"S": text} }

// inject is the error of the n-th call that a state makes; "slow" takes longer
// than it may, "large" returns more than a state may hold.
type inject map[string][]string

func (w *world) inject(faults inject) {
	left := maps.Clone(faults)
	for state, list := range left {
		left[state] = slices.Clone(list)
	}
	w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
		list := left[i.State]
		if len(list) == 0 {
			return false, nil, nil
		}
		left[i.State] = list[1:]
		switch list[0] {
		case "well":
			return false, nil, nil
		case "slow":
			i.Sleep(time.Hour)
			return true, nil, errors.New("nobody listens")
		case "late":
			i.Sleep(900 * time.Millisecond)
			return false, nil, nil
		case "large":
			return true, map[string]any{"Payload": strings.Repeat("x", 300_000)}, nil
		}
		return true, nil, statelanguage.Failed(list[0], "as asked for")
	}
}

const (
	conflict = "DynamoDB.ConditionalCheckFailedException"
	broken   = "DynamoDB.InternalServerError"
)

// handled is one execution in which an error is met.
type handled struct {
	machine string
	record  recloser.Record
	request map[string]any
	faults  inject
	coin    float64
	// want is what the execution ends with: "" succeeds, else the error.
	want string
}

// records by what they show.
func open() recloser.Record {
	return recloser.Record{State: recloser.StateOpen, Generation: 1, Since: epoch - 20_000, OpenUntil: epoch - 10_000, Cause: recloser.Cause{Rule: recloser.RuleFailureRate}}
}

func shut() recloser.Record {
	r := open()
	r.OpenUntil = epoch + 3_000
	return r
}

func halfOpen(ok, failed int) recloser.Record {
	return recloser.Record{State: recloser.StateHalfOpen, Generation: 2, Since: epoch - 1000, ProbeOK: ok, ProbeFailed: failed}
}

func watched(age recloser.Instant) recloser.Record {
	return recloser.Record{WatchSince: epoch - age, Share: 1}
}

// check runs an execution, and reports what its end is.
func (h handled) run(t *testing.T, w *world) *statelanguage.Execution {
	t.Helper()
	if h.record != (recloser.Record{}) {
		w.plant("payments", h.record)
	}
	w.coin = h.coin
	w.inject(h.faults)
	e := w.run(h.machine, h.request)
	got := ""
	if e.Failure != nil {
		got = e.Failure.Name
	}
	if got != h.want {
		t.Errorf("%+v: ends with %v, want %q: %v", h.faults, e.Failure, h.want, names(e))
	}
	return e
}

func names(e *statelanguage.Execution) (list []string) {
	for _, v := range e.Visited {
		name := v.State
		if len(v.Errors) > 0 {
			name += "(" + strings.Join(v.Errors, ", ") + ")"
		}
		list = append(list, name)
	}
	return list
}

// take notes which handlers an execution took.
func take(m *statelanguage.Machine, e *statelanguage.Execution, all map[string]bool) {
	var find func(m *statelanguage.Machine, name string) *statelanguage.State
	find = func(m *statelanguage.Machine, name string) *statelanguage.State {
		if s := m.States[name]; s != nil {
			return s
		}
		for _, s := range m.States {
			if s.ItemProcessor != nil {
				if found := find(s.ItemProcessor, name); found != nil {
					return found
				}
			}
		}
		return nil
	}
	for _, v := range e.Visited {
		st := find(m, v.State)
		for n, i := range v.Retried {
			for _, name := range st.Retry[i].ErrorEquals {
				if name == v.Errors[n] || name == statelanguage.ErrTaskFailed && v.Errors[n] != statelanguage.ErrTimeout {
					all[fmt.Sprintf("%s: retry %d %s", v.State, i, name)] = true
				}
			}
		}
		if v.Caught > 0 {
			all[fmt.Sprintf("%s: catch %d %s", v.State, v.Caught-1, st.Catch[v.Caught-1].ErrorEquals[0])] = true
		}
	}
}

// missing returns the handlers that no execution took.
func missing(all map[string]bool) (list []string) {
	for name, taken := range all {
		if !taken {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// machineOf returns a machine of the circuit as it is written.
func machineOf(t *testing.T, kind string, optFns ...func(*workflow.Options)) *statelanguage.Machine {
	t.Helper()
	m := machinesOf(t, optFns...)[kind]
	if m == nil {
		t.Fatalf("there is no %s", kind)
	}
	return m
}

func rejectionOf(t *testing.T, e *statelanguage.Execution) (cause struct {
	Circuit, Reason, State string
	RetryAfter             float64 `json:"retry_after_ms"`
	RetryAt                string  `json:"retry_at"`
},
) {
	t.Helper()
	if e.Failure == nil {
		t.Fatalf("it was not rejected: %v", e.Output)
	}
	if err := json.Unmarshal([]byte(e.Failure.Cause), &cause); err != nil {
		t.Fatalf("%v: %s", err, e.Failure.Cause)
	}
	return cause
}
