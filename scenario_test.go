package recloser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

//go:generate go test -run=^TestScenarios$ . -rewrite

// TestScenarios replays every timeline of spec/scenarios and compares what the
// code answers with what stands there. The folder is the machine's definition
// by example: other implementations replay it too, so an answer that changes is
// a protocol that changes.
func TestScenarios(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("spec", "scenarios", "*.txt"))
	if err != nil || len(names) == 0 {
		t.Fatalf("found no scenario: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) {
			script, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got := replayScenario(t, string(script))
			if *rewrite {
				if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := lineDiff(string(script), got); diff != "" {
				t.Errorf("%s is not what the code does; if it should be: go test -run TestScenarios . -rewrite\n%s", name, diff)
			}
		})
	}
}

// TestScenariosReplayAlike holds a scenario to being a function of its commands:
// replayed again it has the same answers, so that a difference always means
// something.
func TestScenariosReplayAlike(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("spec", "scenarios", "three_voices_open_at_once.txt"))
	if err != nil {
		t.Fatal(err)
	}
	first := replayScenario(t, string(script))
	for range 20 {
		if again := replayScenario(t, string(script)); again != first {
			t.Fatalf("the answers differ:\n%s", lineDiff(first, again))
		}
	}
}

// TestScenarioCommandsAreChecked holds the language to refusing what it does not
// know: a misspelt command must not pass as one that does nothing.
func TestScenarioCommandsAreChecked(t *testing.T) {
	for _, script := range []string{
		"at 1s a faisl",
		"at 1s a fails x0",
		"at 1s a fails\nat 0s a fails",
		"at 1s a ends slow succeeds",
		"at 1s",
		"at 1s store sulks",
		"at 1s operator opens",
		"at 1s operator opens for 10m because",
		"policy cooldwn=10s",
		"policy cooldown=1s",
		"hostile record jitter=1",
		"coin 1",
		"freeze a",
		"nonsense",
	} {
		s := newScenario(t)
		defer s.close()
		failed := false
		for line := range strings.Lines(script) {
			if _, err := s.do(strings.TrimSpace(line)); err != nil {
				failed = true
			}
		}
		if !failed {
			t.Errorf("%q was taken for a command", script)
		}
	}
}

// replayScenario keeps the comments and commands of a script, and puts after
// each command what the code answers.
func replayScenario(t *testing.T, script string) string {
	t.Helper()
	if !strings.HasPrefix(script, "# ") {
		t.Fatal("a scenario begins with a comment that says in a sentence which law it shows")
	}
	s := newScenario(t)
	defer s.close()
	var out strings.Builder
	number := 0
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \r\n")
		number++
		switch {
		case strings.HasPrefix(line, "  "): // What was answered before.
		case line == "" || strings.HasPrefix(line, "#"):
			fmt.Fprintln(&out, line)
		default:
			answers, err := s.do(line)
			if err != nil {
				t.Fatalf("line %d: %s: %v", number, line, err)
			}
			fmt.Fprintln(&out, line)
			for _, answer := range answers {
				fmt.Fprintf(&out, "  %s\n", answer)
			}
		}
	}
	return out.String()
}
