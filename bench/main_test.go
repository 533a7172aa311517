package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/report"
)

func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "bench")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

func TestCommand(t *testing.T) {
	program := build(t)
	tests := []struct {
		name string
		args string
		code int
		says string
	}{
		{"bad flag", "-nonsense", 2, "nonsense"},
		{"bad expression", "-run (", 2, "missing closing"},
		{"argument", "closed", 2, "takes no argument"},
		{"no rounds", "-rounds 0", 2, "use 1 or more"},
		{"no time", "-for 1us", 2, "use 1ms or more"},
		{"nothing chosen", "-run nobody", 1, "matches"},
		{"unknown peer", "-sample nobody:closed", 1, "no peer is called"},
		{"unknown case", "-sample raw/call:sideways", 1, "no case"},
		{"bars not measured", "-check -rounds 1 -for 1ms -run raw/call:closed", 99, "not measured"},
		{"list", "-list -run raw/call", 0, "raw/call:parallel"},
		{"table", "-rounds 2 -for 1ms -run raw/.*:closed", 0, "raw/time.Since-twice"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), program, strings.Fields(test.args)...).CombinedOutput()
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

func TestCommandJSON(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), build(t), "-json", "-rounds", "2", "-for", "1ms", "-run", "^(raw/time.Since-twice|gobreaker/rolling):(closed|open)")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var r report.Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
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
