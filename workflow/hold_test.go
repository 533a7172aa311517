package workflow_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// TestHold: while the circuit is open no item is begun but those that wait for it;
// when it closes they come back by the ramp, and every item is done or failed.
func TestHold(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add()
	w.coin = 0.5
	r := open()
	r.OpenUntil = epoch + 5_000
	w.plant("payments", r)
	items := make([]any, 12)
	for i := range items {
		items[i] = map[string]any{"n": i}
	}
	items[7] = map[string]any{"fails": "Odd"}
	e := w.start("hold", map[string]any{"items": items, "task": map[string]any{"lambda": "payments"}, "concurrency": 3, "results": true})
	w.at(4900 * time.Millisecond)
	if w.calls != 0 || w.waiting(workflow.MachineName("payments", "guard")) != 3 {
		t.Errorf("while it is open: %d calls, %d wait", w.calls, w.waiting(workflow.MachineName("payments", "guard")))
	}
	w.at(7 * time.Second)
	if w.calls == 0 || e.Status != statelanguage.StatusRunning {
		t.Errorf("it probes after its open time: %d calls", w.calls)
	}
	w.world.Run()
	out, _ := e.Output.(map[string]any)
	if e.Failure != nil || out["done"] != 11.0 || out["failed"] != 1.0 {
		t.Fatalf("%v %v", e.Output, e.Failure)
	}
	list, _ := out["items"].([]any)
	for i, each := range list {
		m, _ := each.(map[string]any)
		want := "done"
		if i == 7 {
			want = "failed"
		}
		if m["index"] != float64(i) || m["status"] != want || i == 7 && m["error"] != "Odd" {
			t.Errorf("item %d is %v", i, m)
		}
	}
}

// waiting returns how many executions of a machine go on.
func (w *world) waiting(machine string) (n int) {
	for _, e := range w.account.Executions() {
		if e.Machine == machine && e.Status == statelanguage.StatusRunning {
			n++
		}
	}
	return n
}

// TestHoldHandles: every error that a hold handles is met, and what is no request
// is refused.
func TestHoldHandles(t *testing.T) {
	m := machineOf(t, "hold")
	all := handlers(m)
	engine := newEngine(t)
	two := map[string]any{"items": []any{1, 2}, "task": map[string]any{"lambda": "payments"}, "concurrency": 1}
	throttling := []string{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException"}
	most := 1500
	if evidence.Race {
		most = 15
	}
	many, few := make([]any, most+1), make([]any, 16)
	for i := range many {
		many[i] = i
	}
	for _, row := range []struct {
		input  any
		faults inject
		want   string
		done   float64
	}{
		{two, inject{}, "", 2},
		{two, inject{"Guard": throttling}, "", 2},
		{two, inject{"Guard": {"States.TaskFailed"}}, "", 1},
		{two, inject{"Guard": {"large"}}, "", 1},
		{map[string]any{"items": many, "task": map[string]any{"lambda": "payments"}, "concurrency": 40}, inject{"Guard": nil, "Carry on": throttling}, "", float64(len(many))},
		{map[string]any{"items": few, "task": map[string]any{"lambda": "payments"}}, inject{"Carry on": {"States.TaskFailed"}}, "States.TaskFailed", 0},
		{map[string]any{"items": []any{}}, inject{}, "", 0},
		{"text", inject{}, "Recloser.BadInput", 0},
		{map[string]any{"items": "none"}, inject{}, "Recloser.BadInput", 0},
		{map[string]any{"items": []any{1}, "concurrency": 41}, inject{}, "Recloser.BadInput", 0},
		{map[string]any{"items": []any{1}, "concurrency": 1.5}, inject{}, "Recloser.BadInput", 0},
		{map[string]any{"items": []any{1}, "results": "yes"}, inject{}, "Recloser.BadInput", 0},
		{map[string]any{"items": []any{1}, "circuit": "other"}, inject{}, "Recloser.UnknownCircuit", 0},
	} {
		w := newWorld(t, engine)
		if evidence.Race || len(row.faults["Carry on"]) == 1 {
			w.addImpatient()
		} else {
			w.add()
		}
		w.inject(row.faults)
		if in, ok := row.input.(map[string]any); ok && len(row.faults["Guard"]) == 0 {
			if list, _ := in["items"].([]any); len(list) > 2 {
				quick := w.account.Intercept // The guards of so many are not the point.
				w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
					if i.State == "Guard" {
						return true, map[string]any{"Output": nil}, nil
					}
					return quick(i)
				}
			}
		}
		e := w.run("hold", row.input)
		got := ""
		if e.Failure != nil {
			got = e.Failure.Name
		}
		out, _ := e.Output.(map[string]any)
		if got != row.want || row.want == "" && out["done"] != row.done {
			t.Errorf("%v: ends with %v and %v", row.faults, e.Failure, out["done"])
		}
		take(m, e, all)
	}
	for _, name := range missing(all) {
		t.Errorf("nothing took %s", name)
	}
}

// TestRedriveHandles: a message is deleted after its call alone; one that the
// circuit turns away comes back when it may be tried, and one that fails until it
// has been tried often enough.
func TestRedriveHandles(t *testing.T) {
	m := machineOf(t, "redrive", full)
	all := handlers(m)
	engine := newEngine(t)
	queued := []string{"States.TaskFailed", "States.Timeout"}
	for _, row := range []struct {
		bodies []any
		record recloser.Record
		faults inject
		want   string
		left   int
		calls  int
	}{
		{[]any{call(nil), call(nil)}, recloser.Record{}, inject{}, "", 0, 2},
		{[]any{call(nil)}, recloser.Record{}, inject{"Receive": queued, "Delete": queued}, "", 0, 1},
		{[]any{call(nil)}, recloser.Record{}, inject{"Receive": {"E", "E", "E", "E", "E"}}, "E", 1, 0},
		{[]any{call(nil)}, recloser.Record{}, inject{"Delete": {"E", "E", "E", "E", "E"}}, "", 1, 1},
		{[]any{call(nil)}, recloser.Record{}, inject{"Guard": {"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException"}}, "", 0, 1},
		{[]any{call(map[string]any{"fails": "Odd"})}, recloser.Record{}, inject{}, "", 1, 2},
		{[]any{call(nil)}, shut(), inject{"Hide": queued}, "", 0, 1},
		{[]any{call(nil)}, shut(), inject{"Hide": {"E", "E", "E", "E", "E"}}, "", 1, 0},
		{[]any{"no request"}, recloser.Record{}, inject{}, "", 1, 0},
	} {
		w := newWorld(t, engine)
		w.add(full)
		q := newQueue(w).all()
		for i, body := range row.bodies {
			q.messages = append(q.messages, &message{id: fmt.Sprint(i), body: textOf(t, body), visible: w.world.Now()})
		}
		if row.record != (recloser.Record{}) {
			w.plant("payments", row.record)
		}
		w.inject(row.faults)
		e := w.start("redrive", map[string]any{})
		w.at(10 * time.Minute)
		got := ""
		if e.Failure != nil {
			got = e.Failure.Name
		}
		if got != row.want || len(q.messages) != row.left || w.calls != row.calls {
			t.Errorf("%v %v: ends with %v and %v, %d messages left, %d calls: %v", row.bodies, row.faults, e.Output, e.Failure, len(q.messages), w.calls, names(e))
		}
		take(m, e, all)
	}
	for _, name := range missing(all) {
		if name != "Continue as new: catch 0 States.ALL" && !continues(name) {
			t.Errorf("nothing took %s", name)
		}
	}
	rounds(t, engine, m, all)
	for _, name := range missing(all) {
		t.Errorf("nothing took %s", name)
	}
}

func continues(name string) bool { return len(name) > 15 && name[:15] == "Continue as new" }

// rounds lets a redrive take so many messages that it continues as another.
func rounds(t *testing.T, engine *statelanguage.Engine, m *statelanguage.Machine, all map[string]bool) {
	t.Helper()
	for row, faults := range [][]string{
		{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException", "well"},
		{"States.TaskFailed"},
	} {
		w, messages := newWorld(t, engine), 720
		if row > 0 || evidence.Race {
			w.addImpatient(full)
			messages = 25
		} else {
			w.add(full)
		}
		q := newQueue(w).all()
		for i := range messages {
			q.messages = append(q.messages, &message{id: fmt.Sprint(i), body: `{"n": 1}`, visible: w.world.Now()})
		}
		w.inject(inject{"Continue as new": faults})
		quick := w.account.Intercept
		w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
			if i.State == "Guard" {
				return true, map[string]any{"Output": nil}, nil
			}
			return quick(i)
		}
		e := w.run("redrive", map[string]any{})
		if !e.Passed("Continue as new") || e.Events > statelanguage.MaxEvents*3/4 {
			t.Errorf("%d events: %v", e.Events, e.Failure)
		}
		if e.Failure == nil && len(q.messages) != 0 {
			t.Errorf("%d messages are left", len(q.messages))
		}
		take(m, e, all)
	}
}
