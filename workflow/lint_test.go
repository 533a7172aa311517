package workflow_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/workflow"
)

// definitions writes the state machines of a circuit, with everything and with
// nothing, and returns their paths.
func definitions(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, optFn := range []func(*workflow.Options){full, func(*workflow.Options) {}} {
		files, err := workflow.Generate("payments", optFn)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for _, f := range files {
			path := filepath.Join(dir, f.Name)
			if err := os.WriteFile(path, f.Text, 0o600); err != nil {
				t.Fatal(err)
			}
			paths = append(paths, path)
		}
	}
	return paths
}

// TestValidator: asl-validator finds nothing wrong with any state machine, and does
// with one that is broken on purpose.
func TestValidator(t *testing.T) {
	dir, err := modules()
	dir = testserver.Need(t, dir, err)
	validate := func(paths ...string) (string, error) {
		args := []string{filepath.Join(dir, "asl-validator", "dist", "bin", "asl-validator.js")}
		for _, path := range paths {
			args = append(args, "--json-path", path)
		}
		out, err := exec.CommandContext(t.Context(), "node", args...).CombinedOutput()
		return string(out), err
	}
	paths := definitions(t)
	if out, err := validate(paths...); err != nil {
		t.Errorf("%v: %.1000s", err, out)
	}
	text, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.json")
	if err := os.WriteFile(broken, []byte(strings.Replace(string(text), `"Next": "Decide"`, `"Next": "Nowhere"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := validate(append(paths, broken)...); err == nil {
		t.Errorf("a broken one passes: %s", out)
	}
}

// TestTemplate: cfn-lint finds nothing wrong with the state machines in a template,
// and does with one that is broken on purpose.
func TestTemplate(t *testing.T) {
	python, packages, err := testserver.Python(t.Context())
	python = testserver.Need(t, python, err)
	lint := func(paths []string, change func(string) string) (string, error) {
		resources := map[string]any{}
		for i, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var definition map[string]any
			if err := json.Unmarshal([]byte(change(string(text))), &definition); err != nil {
				t.Fatal(err)
			}
			resources["Machine"+string(rune('A'+i))] = map[string]any{
				"Type": "AWS::StepFunctions::StateMachine",
				"Properties": map[string]any{
					"RoleArn": "arn:aws:iam::123456789012:role/recloser", "Definition": definition,
				},
			}
		}
		template, err := json.Marshal(map[string]any{"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "template.json")
		if err := os.WriteFile(path, template, 0o600); err != nil {
			t.Fatal(err)
		}
		// E1002: a template of several definitions is larger than one that is
		// sent as it is.
		cmd := exec.CommandContext(t.Context(), python, "-c", "import sys; from cfnlint.runner import main; sys.exit(main())", "--regions", "eu-central-1", "--ignore-checks", "E1002", "W1002", "--", path)
		cmd.Env = append(os.Environ(), "PYTHONPATH="+packages)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	paths := definitions(t)[:5] // Those with everything.
	// cfn-lint does not know that MaxConcurrency may be an expression.
	const concurrency = `"MaxConcurrency": "{% $request.concurrency %}"`
	if out, err := lint(paths, func(s string) string { return strings.Replace(s, concurrency, `"MaxConcurrency": 10`, 1) }); err != nil {
		t.Errorf("%v: %.3000s", err, out)
	}
	if out, err := lint(paths[2:3], func(s string) string { return strings.Replace(s, `"Type": "Choice"`, `"Type": "Chance"`, 1) }); err == nil || !strings.Contains(out, "E3601") {
		t.Errorf("a broken one passes: %v: %s", err, out)
	}
}
