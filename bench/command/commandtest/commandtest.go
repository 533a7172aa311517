// Package commandtest holds a command to what it prints and to the status that it
// ends with, as a process of its own.
package commandtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Build builds the command whose test this is, and returns the program.
func Build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "command")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return program
}

// Case is a call of a command.
type Case struct {
	// Name is of the subtest.
	Name string
	// Args are the arguments, with spaces between.
	Args string
	// Stdin is what it is told.
	Stdin string
	// Status is what it ends with, and Says what it prints among other things.
	Status int
	Says   string
}

// Run makes the calls of a program, each in a subtest.
func Run(t *testing.T, program string, cases []Case) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program, strings.Fields(c.Args)...)
			cmd.Stdin = strings.NewReader(c.Stdin)
			out, err := cmd.CombinedOutput()
			if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			if status := cmd.ProcessState.ExitCode(); status != c.Status || !strings.Contains(string(out), c.Says) {
				t.Errorf("exit %d, want %d and %q:\n%s", status, c.Status, c.Says, out)
			}
		})
	}
}

// Report returns the report that a program prints as JSON.
func Report[R any](t *testing.T, program string, args ...string) R {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, append([]string{"-json"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var r R
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	return r
}
