package recloser_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/recloser-dev/recloser/internal/explorer"
)

// evidence is what has been seen of one law, as a line of JSON in the folder that
// RECLOSER_EVIDENCE names.
type evidence struct {
	Law         string         `json:"law"`
	Test        string         `json:"test"`
	File        string         `json:"file"`
	Budget      string         `json:"budget"`
	Race        bool           `json:"race,omitempty"`
	How         string         `json:"how"`
	States      int            `json:"states,omitempty"`
	Transitions int            `json:"transitions,omitempty"`
	Depth       int            `json:"depth,omitempty"`
	Steps       int            `json:"steps,omitempty"` // of a mutant's counterexample
	Mutants     int            `json:"mutants,omitempty"`
	Faults      map[string]int `json:"faults,omitempty"`
	Promise     string         `json:"promise"`
	Worst       string         `json:"worst"`
	Met         bool           `json:"met"`
	Note        string         `json:"note,omitempty"`
}

// keepExplored keeps what a fleet was led through, for each law that was looked at.
func keepExplored(t *testing.T, r explorer.Report, complete bool) {
	t.Helper()
	least, note := 1_000_000, ""
	if os.Getenv("RECLOSER_BUDGET") == "release" {
		least = 10_000_000
	}
	if r.States < least {
		note = fmt.Sprintf("%d states, of %d", r.States, least)
	}
	if !complete && note == "" {
		note = "some fleets have more states than were looked at; all within the fewest steps were"
	}
	for _, law := range []string{"S1", "S1b", "S2", "S3", "S7", "S8", "L1"} {
		keep(t, evidence{
			Law: law, How: "every interleaving and fault of 3 environments × 2 callers, real breakers, K = 1 and 2",
			States: r.States, Transitions: r.Transitions, Depth: r.Depth, Faults: r.Faults,
			Promise: fmt.Sprintf("no violation in %d states", least), Worst: fmt.Sprintf("none in %d states", r.States),
			Met: r.States >= least, Note: note,
		})
	}
}

// keepMutant keeps how soon a mutant was found.
func keepMutant(t *testing.T, law, without string, r explorer.Report) {
	t.Helper()
	keep(t, evidence{
		Law: law, How: "mutant without " + without, States: r.States, Transitions: r.Transitions,
		Steps: r.Steps, Mutants: 1, Promise: "found", Worst: r.Broken, Met: true,
	})
}

func keep(t *testing.T, e evidence) {
	t.Helper()
	dir := os.Getenv("RECLOSER_EVIDENCE")
	if dir == "" {
		return
	}
	e.Test, e.File, e.Race = t.Name(), "explorer_test.go", raceEnabled
	e.Budget = map[string]string{"": "C", "soak": "N", "release": "R"}[os.Getenv("RECLOSER_BUDGET")]
	if t.Failed() {
		e.Met, e.Note = false, "the test failed. "+e.Note
	}
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "explorer.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
