package workflow_test

import (
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// carriedOn lets a recovery wait until it continues as another.
func carriedOn(t *testing.T, engine *statelanguage.Engine, m *statelanguage.Machine, all map[string]bool) {
	t.Helper()
	for i, row := range []struct {
		faults []string
		want   string
	}{
		{[]string{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException", "well"}, ""},
		{[]string{"States.TaskFailed"}, "States.TaskFailed"},
	} {
		w := newWorld(t, engine)
		if i > 0 || evidence.Race {
			w.addImpatient(full)
		} else {
			w.add(full)
		}
		newQueue(w).all()
		w.crowded(inject{}, "Look", "Look again")
		e, err := w.account.Start("recover", map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		w.inject(inject{"Continue as new": row.faults})
		faulty := w.account.Intercept
		w.crowded(inject{}, "Look", "Look again")
		crowded := w.account.Intercept
		w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
			if i.State == "Continue as new" {
				return faulty(i)
			}
			return crowded(i)
		}
		for !e.Passed("Continue as new") {
			w.at(w.world.Now().Sub(epoch.Time()) + time.Minute)
		}
		w.account.Intercept = faulty
		w.plant("payments", recloser.Record{})
		w.world.Run()
		got := ""
		if e.Failure != nil {
			got = e.Failure.Name
		}
		if got != row.want {
			t.Errorf("it ended with %v, want %q", e.Failure, row.want)
		}
		take(m, e, all)
	}
}

// TestRecovery: a circuit that nobody calls opens, is probed after its open time,
// opens again for longer, and closes; then what was parked is made.
func TestRecovery(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add(full)
	q := newQueue(w).all()
	// An opening made by the guard starts the recovery.
	w.plant("payments", halfOpen(0, 1))
	parked := call(map[string]any{"kept": "yes"})
	parked["when_open"] = "park"
	e := w.start("guard", parked)
	failing := 2
	probes := []time.Duration{}
	w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
		if i.State == "Call health" {
			probes = append(probes, i.Now().Sub(epoch.Time()))
			if failing--; failing >= 0 {
				return true, nil, statelanguage.Failed("Unwell", "not yet")
			}
		}
		return false, nil, nil
	}
	w.at(time.Second)
	if e.Status != statelanguage.StatusSucceeded || len(q.messages) != 1 || !e.Passed("Start recovery") {
		t.Fatalf("%v %v, %d messages: %v", e.Output, e.Failure, len(q.messages), names(e))
	}
	w.world.Run()
	r := w.record("payments")
	if r.State != recloser.StateClosed || r.Cause.Rule != recloser.RuleRecovered || len(q.messages) != 0 || w.calls != 3+1 {
		t.Errorf("%v (%v), %d messages, %d calls", r.State, r.Cause, len(q.messages), w.calls)
	}
	// It was open for 20s (a relapse), then 40s, then 80s.
	if len(probes) != 5 || probes[0] < 20*time.Second || probes[1]-probes[0] < 40*time.Second || probes[2]-probes[1] < 80*time.Second {
		t.Errorf("probes at %v", probes)
	}
	var kinds []recloser.EventKind
	for _, entry := range (&pair{world: w}).history("payments") {
		kinds = append(kinds, entry.Kind)
	}
	if len(kinds) != 7 {
		t.Errorf("history %v", kinds)
	}
}

// start begins an execution.
func (w *world) start(machine string, input any) *statelanguage.Execution {
	w.tb.Helper()
	e, err := w.account.Start(machine, input)
	if err != nil {
		w.tb.Fatal(err)
	}
	return e
}

// TestRecoveryInShadowMode: a circuit that turns nobody away is not asked each second.
func TestRecoveryInShadowMode(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add(full, func(o *workflow.Options) { o.Policy.Enforce = 0 })
	newQueue(w).all()
	r := shut()
	r.OpenUntil = epoch + 60_000
	w.plant("payments", r)
	w.run("recover", map[string]any{})
	if r := w.record("payments"); r.State != recloser.StateClosed || w.reads > 15 {
		t.Errorf("it is %v after %d reads", r.State, w.reads)
	}
}
