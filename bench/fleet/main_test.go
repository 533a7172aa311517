package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"go.uber.org/goleak"

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
	program := filepath.Join(t.TempDir(), "fleet")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	t.Run("short campaign", func(t *testing.T) { testShort(t, program) })
	tests := []struct {
		name  string
		args  string
		stdin string
		code  int
		says  string
	}{
		{"bad flag", "-nonsense", "", 2, "nonsense"},
		{"bad expression", "-run (", "", 2, "missing closing"},
		{"argument", "recloser", "", 2, "takes no argument"},
		{"nothing chosen", "-run nobody", "", 1, "no fleet matches"},
		{"list", "-list -run dynamodb", "", 0, "recloser/dynamodb:20:apart"},
		{"list of short", "-list -short", "", 0, "gobreaker/valkey:3"},
		{"environments of nothing", "-environments", "", 1, "which circuit"},
		{"environments of nobody", "-environments", `{"peer":"nobody","size":1}`, 1, "no peer is called"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program, strings.Fields(test.args)...)
			cmd.Stdin = strings.NewReader(test.stdin)
			out, err := cmd.CombinedOutput()
			code := 0
			if exit := new(exec.ExitError); errors.As(err, &exit) {
				code = exit.ExitCode()
			} else if err != nil {
				t.Fatal(err)
			}
			if code != test.code || !strings.Contains(string(out), test.says) {
				t.Errorf("exit %d, want %d and %q:\n%s", code, test.code, test.says, out)
			}
		})
	}
}

// short runs a short campaign.
func short(t *testing.T, program string) bill.Report {
	t.Helper()
	valkey.URL(t) // It can be had; each fleet gets its own.
	cmd := exec.CommandContext(t.Context(), program, "-short", "-json", "-dynamodb", dynamo.URL(t))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var r bill.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// A short campaign goes the whole way: processes, servers, phases and counts.
// LAWS.md, B2 and B3.
func testShort(t *testing.T, program string) {
	t.Helper()
	r := short(t, program)
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
