package main_test

import (
	"testing"

	"github.com/recloser-dev/recloser/bench/command/commandtest"
	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/report"
)

func TestCommand(t *testing.T) {
	commandtest.Run(t, commandtest.Build(t), []commandtest.Case{
		{Name: "bad flag", Args: "-nonsense", Status: 2, Says: "nonsense"},
		{Name: "bad expression", Args: "-run (", Status: 2, Says: "missing closing"},
		{Name: "argument", Args: "closed", Status: 2, Says: "takes no argument"},
		{Name: "no rounds", Args: "-rounds 0", Status: 2, Says: "use 1 or more"},
		{Name: "no time", Args: "-for 1us", Status: 2, Says: "use 1ms or more"},
		{Name: "nothing chosen", Args: "-run nobody", Status: 1, Says: "matches"},
		{Name: "unknown peer", Args: "-sample nobody:closed", Status: 1, Says: "no peer is called"},
		{Name: "unknown case", Args: "-sample raw/call:sideways", Status: 1, Says: "no case"},
		{Name: "bars not measured", Args: "-check -rounds 1 -for 1ms -run raw/call:closed", Status: 99, Says: "not measured"},
		{Name: "list", Args: "-list -run raw/call", Says: "raw/call:parallel"},
		{Name: "table", Args: "-rounds 2 -for 1ms -run raw/.*:closed", Says: "raw/time.Since-twice"},
	})
}

func TestCommandJSON(t *testing.T) {
	r := commandtest.Report[report.Report](t, commandtest.Build(t),
		"-rounds", "2", "-for", "1ms", "-run", "^(raw/time.Since-twice|gobreaker/rolling):(closed|open)")
	if len(r.Rows) != 3 || r.Setting.Rounds != 2 {
		t.Fatalf("%d rows of %d rounds, want 3 of 2: %+v", len(r.Rows), r.Setting.Rounds, r.Rows)
	}
	if version := r.Modules["github.com/sony/gobreaker/v2"]; version == "" {
		t.Errorf("the version of gobreaker is missing from %v", r.Modules)
	}
	for _, row := range r.Rows {
		if row.Rounds != 2 || row.Median < row.Min || row.Min <= 0 {
			t.Errorf("%+v", row)
		}
		if row.Peer == peer.GobreakerRolling && row.ToGobreaker != 1 {
			t.Errorf("gobreaker costs %v times itself", row.ToGobreaker)
		}
	}
}
