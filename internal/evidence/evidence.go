// Package evidence keeps what the tests of laws have seen, so that a page can be
// made of it: see LAWS.md for the laws, and docs/reliability.md for the page.
//
// A test that holds a law ends with one call:
//
//	evidence.Record(t, evidence.Entry{
//		Law: "L2", How: "total outage at 1,000 calls/s, 10 to 10,000 environments", Seeds: 2_000,
//		Promise: "opened in ≤ 1 s", Worst: "0.83 s", Met: true,
//	})
//
// It costs nothing unless RECLOSER_EVIDENCE names a folder. `make reliability` runs the
// laws with such a folder and writes the page.
package evidence

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Folder is the environment variable that names the folder where entries are kept.
// Without it nothing is.
const Folder = "RECLOSER_EVIDENCE"

// Entry is what one test has seen of one law. A test may record several. All numbers
// are those of this run, not what was planned.
type Entry struct {
	// Law is its number in LAWS.md: "S1", "S1b". It must not be empty.
	Law string `json:"law"`
	// Test is the function that saw it, and File where it is, from the root of the
	// repository. Record fills both.
	Test string `json:"test"`
	File string `json:"file"`
	// Budget is C, N or R, as in LAWS.md. Record fills it from RECLOSER_BUDGET.
	Budget string `json:"budget"`
	// Race is whether the race detector was on; the budget is a fraction then.
	Race bool `json:"race,omitempty"`
	// How is what was played, run or looked at, in a few words.
	How string `json:"how"`
	// Seeds is how many seeds, histories, inputs or processes that was.
	Seeds int `json:"seeds,omitempty"`
	// States and Transitions are what a model was explored to.
	States      int `json:"states,omitempty"`
	Transitions int `json:"transitions,omitempty"`
	// Fuzzed is for how long a fuzz target was fuzzed. Read adds up the entries of one.
	Fuzzed time.Duration `json:"fuzzed,omitempty"`
	// Mutants is how many ways to break the law the test was seen to find.
	Mutants int `json:"mutants,omitempty"`
	// Faults is how often each kind of fault was injected.
	Faults map[string]int `json:"faults,omitempty"`
	// Promise is what was asked for, with its number; Worst is the worst that was
	// seen, in the same unit.
	Promise string `json:"promise"`
	Worst   string `json:"worst"`
	// Met is whether the number of LAWS.md is reached. A test that has failed has
	// met nothing.
	Met bool `json:"met"`
	// Fewer is whether all that is missing is volume: what was seen is as promised, but
	// in fewer runs, or of less, than LAWS.md asks for.
	Fewer bool `json:"fewer,omitempty"`
	// Note says why not, or what else a reader must know. It must not be empty if
	// Met is false.
	Note string `json:"note,omitempty"`
}

// Record adds an entry to the folder that RECLOSER_EVIDENCE names, if it does. It fails the
// test if that cannot be done. Tests and processes may record at the same time.
func Record(tb testing.TB, e Entry) {
	tb.Helper()
	record(tb, e, 2)
}

func record(tb testing.TB, e Entry, skip int) {
	tb.Helper()
	pc, file, _, ok := runtime.Caller(skip)
	if !ok || e.Law == "" || e.How == "" || e.Promise == "" || e.Worst == "" || !e.Met && e.Note == "" {
		tb.Errorf("evidence: an entry needs a law, how it was tested, a promise, the worst figure, and a note if it is not met: %+v", e)
		return
	}
	dir := os.Getenv(Folder)
	if dir == "" {
		return
	}
	e.Test, _, _ = strings.Cut(tb.Name(), "/")
	e.File = fileOf(runtime.FuncForPC(pc).Name(), file)
	e.Budget, e.Race = budget(), Race
	if tb.Failed() {
		e.Met, e.Note = false, "the test failed. "+e.Note
	}
	if err := add(dir, e); err != nil {
		tb.Errorf("evidence: %v", err)
	}
}

// fileOf returns the path of a file from the root of the repository. The name of a
// function in it tells the package, wherever the sources were built.
func fileOf(function, file string) string {
	const module = "github.com/recloser-dev/recloser"
	dir := path.Dir(function) // Up to the folder that holds the package's.
	name, _, _ := strings.Cut(path.Base(function), ".")
	inner := strings.TrimSuffix(path.Join(dir, name), "_test")
	return path.Join(strings.TrimPrefix(strings.TrimPrefix(inner, module), "/"), filepath.Base(file))
}

func budget() string {
	switch os.Getenv("RECLOSER_BUDGET") {
	case "soak":
		return "N"
	case "release":
		return "R"
	}
	return "C"
}

// add appends the entry as one line, which other processes do not tear: each writes to
// a file of its own.
func add(dir string, e Entry) (err error) {
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	name := filepath.Join(dir, fmt.Sprintf("%s-%d.jsonl", strings.ReplaceAll(path.Join("recloser", path.Dir(e.File)), "/", "-"), os.Getpid()))
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(append(line, '\n'))
	return err
}
