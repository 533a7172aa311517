package model_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// entry is what one test has seen of one law, as a line of JSON in the folder that
// RECLOSER_EVIDENCE names.
type entry struct {
	Law         string `json:"law"`
	Test        string `json:"test"`
	File        string `json:"file"`
	Budget      string `json:"budget"`
	How         string `json:"how"`
	States      int    `json:"states,omitempty"`
	Transitions int    `json:"transitions,omitempty"`
	Depth       int    `json:"depth,omitempty"`
	Steps       int    `json:"steps,omitempty"` // of a mutant's counterexample
	Mutants     int    `json:"mutants,omitempty"`
	Promise     string `json:"promise"`
	Worst       string `json:"worst"`
	Met         bool   `json:"met"`
	Note        string `json:"note,omitempty"`
}

var recording sync.Mutex

// keep adds an entry to the folder, if there is one.
func keep(t *testing.T, e entry) {
	t.Helper()
	dir := os.Getenv("RECLOSER_EVIDENCE")
	if dir == "" {
		return
	}
	e.Test, e.File, e.Budget = t.Name(), "internal/model", budget("C", "N", "R")
	if e.Met = e.Met && !t.Failed(); !e.Met && e.Note == "" {
		e.Note = "the test failed"
	}
	line, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	recording.Lock()
	defer recording.Unlock()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "model.jsonl"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		t.Fatal(err)
	}
}
