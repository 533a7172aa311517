package main_test

import (
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/bench/command/commandtest"
	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
)

// The servers of the command, or one that says whether those can be had.
var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	valkey = testserver.Shared{Start: testserver.Valkey}
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(valkey.With(m))) }

func TestCommand(t *testing.T) {
	program := commandtest.Build(t)
	t.Run("short campaign", func(t *testing.T) { testShort(t, program) })
	commandtest.Run(t, program, []commandtest.Case{
		{Name: "bad flag", Args: "-nonsense", Status: 2, Says: "nonsense"},
		{Name: "bad expression", Args: "-run (", Status: 2, Says: "missing closing"},
		{Name: "argument", Args: "recloser", Status: 2, Says: "takes no argument"},
		{Name: "nothing chosen", Args: "-run nobody", Status: 1, Says: "no fleet matches"},
		{Name: "list", Args: "-list -run dynamodb", Says: "recloser/dynamodb:20:apart"},
		{Name: "list of short", Args: "-list -short", Says: "gobreaker/valkey:3"},
		{Name: "environments of nothing", Args: "-environments", Status: 1, Says: "which circuit"},
		{Name: "environments of nobody", Args: "-environments", Stdin: `{"peer":"nobody","size":1}`, Status: 1, Says: "no peer is called"},
	})
}

// A short campaign goes the whole way: processes, servers, phases and counts.
// LAWS.md, B2 and B3.
func testShort(t *testing.T, program string) {
	t.Helper()
	valkey.URL(t) // It can be had; each fleet gets its own.
	r := commandtest.Report[bill.Report](t, program, "-short", "-dynamodb", dynamo.URL(t))
	if len(r.Runs) != 3 || !r.Setting.Short {
		t.Fatalf("%d fleets of a short campaign, want 3", len(r.Runs))
	}
	for _, run := range r.Runs {
		if len(run.Phases) != len(phase.Short().Phases)-1 {
			t.Fatalf("%v went through %d phases", run.Fleet, len(run.Phases))
		}
		for _, p := range run.Phases {
			c := p.Calls
			if c.Due == 0 || c.Due != c.Skipped+c.Rejected+c.Lost+c.Reached {
				t.Errorf("%v, %s: %+v; want every call to have become something", run.Fleet, p.Phase, c)
			}
			checkOperations(t, run, p)
		}
	}
	// A machine that kept its processes waiting has shown nothing of Recloser; it
	// says so, and the bars say that they were not measured.
	for _, b := range r.Bars {
		if b.Known && !b.Pass {
			t.Errorf("%+v", b)
		}
		if !b.Known {
			t.Logf("the machine was too busy to measure %q", b.What)
		}
	}
}

// checkOperations holds what was counted against what must have been asked.
func checkOperations(t *testing.T, run bill.Run, p bill.Phase) {
	t.Helper()
	if p.Busy() {
		return
	}
	c := p.Calls
	switch {
	case run.Peer == circuit.GobreakerValkey:
		// It asks four times for each call, and again for each lock it does not get.
		if p.Reads != c.Due || p.Writes != 3*(c.Rejected+c.Reached)+p.Asked.Conflicts {
			t.Errorf("gobreaker, %s: %d reads and %d writes for %+v, of which %d found the lock taken", p.Phase, p.Reads, p.Writes, c, p.Asked.Conflicts)
		}
	case p.Phase == phase.Outage || p.Phase == phase.Probing:
		if p.Writes == 0 || p.Asked.Kinds["transition"] == 0 {
			t.Errorf("%v, %s: %+v; want a transition", run.Fleet, p.Phase, p.Asked)
		}
	}
	if p.Phase == phase.Outage && (p.Openings == 0 || p.OpenedAfter <= 0) {
		t.Errorf("%v: the circuit did not open, or nobody told when", run.Fleet)
	}
	// The first write of a circuit is one of the table's index, too.
	units := p.Requests.WriteUnits - float64(p.Writes-p.Requests.Refused)
	if run.Peer == circuit.RecloserDynamoDB && (p.Requests.ReadUnits != float64(p.Reads) || units != 0 && units != 1) {
		t.Errorf("%s: %d reads, %d writes, and %+v; want a unit for each that was made", p.Phase, p.Reads, p.Writes, p.Requests)
	}
}
