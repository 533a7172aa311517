package model_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/evidence"
)

// Every law that the model states holds in every state that can be reached within
// the bounds of the budget. LAWS.md, S1, S1b, S1c, S2, S3, S7, S8.
func TestLawsHoldInEveryState(t *testing.T) {
	for _, row := range budget(
		[]exploration{
			{spin{k: 1, environments: 3, threads: 2, busy: 3, faults: 1}, exhaustive, 1e6},
			{spin{k: 2, environments: 3, threads: 2, busy: 3, faults: none}, exhaustive, 1e6},
		},
		[]exploration{
			{spin{k: 1, environments: 3, threads: 2, busy: 3, faults: 1}, exhaustive, 1e6},
			{spin{k: 2, environments: 3, threads: 2, busy: 3, faults: 1}, exhaustive, 1e6},
		},
		[]exploration{
			{spin{k: 1, environments: 3, threads: 2, busy: 3, faults: 2}, exhaustive, 1e7},
			{spin{k: 2, environments: 3, threads: 2, busy: 3, faults: 1}, exhaustive, 1e7},
			{spin{k: 1, environments: 3, threads: 2}, sampled(20), 1e7},
			{spin{k: 2, environments: 3, threads: 2}, sampled(20), 1e7},
		},
	) {
		row.holds(t, "S1 S1b S1c S2 S3 S7 S8")
	}
}

// After the last fault a circuit that is called closes, and stays closed. LAWS.md, L1.
func TestFleetRecovers(t *testing.T) {
	for _, row := range budget(
		[]exploration{
			{spin{k: 1, environments: 2, threads: 1, faults: 1, also: []string{"LIVE"}}, fair, 1e5},
		},
		[]exploration{
			{spin{k: 1, environments: 2, threads: 1, faults: 2, also: []string{"LIVE"}}, fair, 1e6},
			{spin{k: 2, environments: 2, threads: 1, faults: 1, also: []string{"LIVE"}}, fair, 1e6},
		},
		[]exploration{
			{spin{k: 1, environments: 2, threads: 1, also: []string{"LIVE"}}, fair, 1e6},
			{spin{k: 2, environments: 2, threads: 1, faults: 2, also: []string{"LIVE"}}, fair, 1e6},
		},
	) {
		row.holds(t, "L1")
	}
}

// exploration is a row of the table that `make prove` prints.
type exploration struct {
	model spin
	how   search
	least int // states that it must have seen
}

func (e exploration) holds(t *testing.T, laws string) {
	t.Helper()
	if evidence.Race {
		t.Skip("spin is a program of its own, which the race detector does not see: make laws runs it")
	}
	v := e.model.verify(t, e.how)
	part := ""
	if v.partial {
		part = ", in part"
	}
	tell(t, "%-20s K=%d  %-34s %11d states  depth %7d  %6.1fs%s\n",
		laws, e.model.k, e.model.bounds(), v.states, v.depth, v.took.Seconds(), part)
	if v.trail != nil {
		t.Errorf("broken:\n%s", timeline(v.trail))
	}
	if v.states < e.least {
		t.Errorf("%d states, want %d or more", v.states, e.least)
	}
	for law := range strings.FieldsSeq(laws) {
		evidence.Record(t, evidence.Entry{
			Law: law, How: fmt.Sprintf("formal model, K = %d, %s%s", e.model.k, e.model.bounds(), part),
			States: v.states, Transitions: v.transitions, Promise: "holds in every state",
			Worst: fmt.Sprintf("no violation, to depth %d", v.depth), Met: v.trail == nil && v.states >= e.least, Note: "a law is broken, or fewer states were seen than the budget asks for",
		})
	}
}

// tell adds a line to what a test shows under -v.
func tell(t *testing.T, format string, args ...any) {
	t.Helper()
	if _, err := fmt.Fprintf(t.Output(), format, args...); err != nil {
		t.Error(err)
	}
}

func (s spin) bounds() string {
	busy, faults := "all busy", "any faults"
	if s.busy != all {
		busy = fmt.Sprintf("%d busy", s.busy)
	}
	switch s.faults {
	case all:
	case none:
		faults = "no faults but freezes"
	default:
		faults = fmt.Sprintf("%d faults", s.faults)
	}
	return fmt.Sprintf("%d×%d threads, %s, %s", s.environments, s.threads, busy, faults)
}
