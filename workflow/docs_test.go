package workflow_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

var rewrite = flag.Bool("rewrite", false, "write the drawings of docs/step-functions.md anew")

const docs = "../docs/step-functions.md"

//go:generate go test -run=^TestDrawings$ . -rewrite

// TestDrawings: the drawings of the documentation, and the table of its states,
// are of the state machines that are written.
func TestDrawings(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	got := string(text)
	for _, kind := range []string{workflow.KindGuard, workflow.KindRecover, workflow.KindHold, workflow.KindRedrive} {
		m := machineOf(t, kind, full)
		got = section(t, got, kind+" drawing", drawing(m))
		got = section(t, got, kind+" states", table(m))
	}
	if *rewrite {
		if err := os.WriteFile(docs, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(text) {
		t.Errorf("%s is not of the state machines that are written; if it should be: go test -run TestDrawings ./workflow -rewrite", docs)
	}
}

// section replaces what stands between two comments of the name.
func section(t *testing.T, text, name, with string) string {
	t.Helper()
	begin, end := "<!-- "+name+" -->\n", "<!-- end -->"
	before, rest, found := strings.Cut(text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s has no section %q", docs, name)
	}
	return before + begin + with + end + after
}

var unlike = regexp.MustCompile(`[^A-Za-z0-9]+`)

func node(name string) string { return unlike.ReplaceAllString(name, "_") }

// drawing is the state machine as a flow chart.
func drawing(m *statelanguage.Machine) string {
	var out strings.Builder
	out.WriteString("```mermaid\nflowchart TD\n")
	draw(&out, m, "  ")
	out.WriteString("```\n")
	return out.String()
}

func draw(out *strings.Builder, m *statelanguage.Machine, indent string) {
	for _, name := range order(m) {
		s := m.States[name]
		shape := map[string]string{"Task": "[%q]", "Choice": "{%q}", "Succeed": "([%q])", "Fail": "([%q])", "Wait": "[/%q/]", "Pass": "(%q)"}[s.Type]
		if s.Type == "Map" {
			fmt.Fprintf(out, "%ssubgraph %s [%q]\n", indent, node(name), name)
			draw(out, s.ItemProcessor, indent+"  ")
			fmt.Fprintf(out, "%send\n", indent)
		} else {
			fmt.Fprintf(out, "%s%s"+shape+"\n", indent, node(name), name)
		}
	}
	for _, name := range order(m) {
		s := m.States[name]
		arrows := map[string]bool{}
		for _, next := range slices.Concat([]string{s.Next, s.Default}, rules(s)) {
			if next != "" && !arrows[next] {
				arrows[next] = true
				fmt.Fprintf(out, "%s%s --> %s\n", indent, node(name), node(next))
			}
		}
		for i := range s.Catch {
			if next := s.Catch[i].Next; !arrows[next] {
				arrows[next] = true
				fmt.Fprintf(out, "%s%s -. %s .-> %s\n", indent, node(name), short(s.Catch[i].ErrorEquals[0]), node(next))
			}
		}
	}
}

func rules(s *statelanguage.State) (all []string) {
	for i := range s.Choices {
		all = append(all, s.Choices[i].Next)
	}
	return all
}

func short(name string) string {
	switch name {
	case "States.ALL":
		return "error"
	case conflict:
		return "conflict"
	}
	return name[strings.LastIndexByte(name, '.')+1:]
}

// order returns the states in the order in which one meets them.
func order(m *statelanguage.Machine) []string {
	seen, queue := map[string]bool{m.StartAt: true}, []string{m.StartAt}
	for i := 0; i < len(queue); i++ {
		s := m.States[queue[i]]
		nexts := slices.Concat([]string{s.Next}, rules(s), []string{s.Default})
		for j := range s.Catch {
			nexts = append(nexts, s.Catch[j].Next)
		}
		for _, next := range nexts {
			if next != "" && !seen[next] {
				seen[next] = true
				queue = append(queue, next)
			}
		}
	}
	return queue
}

// table says what each state does.
func table(m *statelanguage.Machine) string {
	var out strings.Builder
	out.WriteString("| state | type | what it does |\n| --- | --- | --- |\n")
	rows(&out, m)
	return out.String()
}

func rows(out *strings.Builder, m *statelanguage.Machine) {
	for _, name := range order(m) {
		s := m.States[name]
		kind := s.Type
		if s.Type == "Task" {
			kind = "`" + strings.TrimPrefix(s.Resource, "arn:aws:states:::") + "`"
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", name, kind, s.Comment)
		if s.ItemProcessor != nil {
			rows(out, s.ItemProcessor)
		}
	}
}

// TestEveryStateIsDescribed: whoever looks at an execution reads what a state does.
func TestEveryStateIsDescribed(t *testing.T) {
	for _, kind := range []string{workflow.KindGuard, workflow.KindGuardExpress, workflow.KindRecover, workflow.KindHold, workflow.KindRedrive} {
		m := machineOf(t, kind, full)
		var walk func(m *statelanguage.Machine)
		walk = func(m *statelanguage.Machine) {
			for name, s := range m.States {
				if s.Comment == "" {
					t.Errorf("%s: %s has no comment", kind, name)
				}
				if s.ItemProcessor != nil {
					walk(s.ItemProcessor)
				}
			}
		}
		walk(m)
	}
}
