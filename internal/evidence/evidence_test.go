package evidence_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/evidence"
)

func TestRecordKeepsWhatATestHasSeen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	t.Setenv(evidence.Folder, dir)
	t.Setenv("RECLOSER_BUDGET", "soak")
	t.Run("of a row", func(t *testing.T) {
		evidence.Record(t, evidence.Entry{
			Law: "S1", How: "swarm", Seeds: 7, Faults: map[string]int{"kill": 3}, Promise: "≤ K", Worst: "K", Met: true,
		})
	})
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var got evidence.Entry
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	want := evidence.Entry{
		Law: "S1", Test: "TestRecordKeepsWhatATestHasSeen", File: "internal/evidence/evidence_test.go", Budget: "N", Race: got.Race,
		How: "swarm", Seeds: 7, Faults: map[string]int{"kill": 3}, Promise: "≤ K", Worst: "K", Met: true,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestRecordDoesNothingWithoutAFolder(t *testing.T) {
	t.Setenv(evidence.Folder, "")
	t.Chdir(t.TempDir())
	evidence.Record(t, evidence.Entry{Law: "S1", How: "swarm", Promise: "≤ K", Worst: "K", Met: true})
	if files, err := os.ReadDir("."); err != nil || len(files) != 0 {
		t.Errorf("%v, %v", files, err)
	}
}

// spoiled is a test that has failed, or does so.
type spoiled struct {
	*testing.T
	failed bool
	errors int
}

func (s *spoiled) Failed() bool          { return s.failed }
func (s *spoiled) Errorf(string, ...any) { s.errors++ }

func TestRecordIsNoBetterThanTheTest(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(evidence.Folder, dir)
	evidence.Record(&spoiled{T: t, failed: true}, evidence.Entry{Law: "S1", How: "swarm", Promise: "≤ K", Worst: "K", Met: true})
	entries, err := evidence.Read(dir)
	if err != nil || len(entries) != 1 || entries[0].Met || entries[0].Note == "" {
		t.Errorf("of a test that failed: %+v, %v", entries, err)
	}
	for _, e := range []evidence.Entry{
		{How: "swarm", Promise: "≤ K", Worst: "K", Met: true},
		{Law: "S1", Promise: "≤ K", Worst: "K", Met: true},
		{Law: "S1", How: "swarm", Promise: "≤ K", Met: true},
		{Law: "S1", How: "swarm", Promise: "≤ K", Worst: "K"},
	} {
		s := &spoiled{T: t}
		if evidence.Record(s, e); s.errors == 0 {
			t.Errorf("recorded with a gap: %+v", e)
		}
	}
}

func TestReadAddsUpWhatATargetWasFuzzed(t *testing.T) {
	dir := t.TempDir()
	goes := func(test string, entries ...string) {
		line := `{"law":"S10","test":"` + test + `","file":"a_test.go","budget":"C","how":"fuzzing","promise":"60 s without a crash",`
		text := line + strings.Join(entries, "\n"+line) + "\n"
		if err := os.WriteFile(filepath.Join(dir, test+".jsonl"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	goes("FuzzA", `"seeds":100,"fuzzed":40000000000,"worst":"none","met":true}`, `"seeds":100,"fuzzed":21000000000,"worst":"none","met":true}`)
	goes("FuzzB", `"seeds":100,"fuzzed":59000000000,"worst":"none","met":true}`)
	goes("FuzzC", `"seeds":1,"fuzzed":40000000000,"worst":"none","met":false,"note":"the test failed."}`, `"seeds":1,"fuzzed":40000000000,"worst":"none","met":true}`)
	all, err := evidence.Read(dir)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	if e := all[0]; e.Seeds != 200 || !e.Met || e.Worst != "none in 61 s" {
		t.Errorf("in two goes: %+v", e)
	}
	if e := all[1]; e.Met || !e.Fewer || e.Note == "" {
		t.Errorf("for less than a minute: %+v", e)
	}
	if e := all[2]; e.Met || e.Fewer || e.Note != "the test failed." {
		t.Errorf("that failed once: %+v", e)
	}
}
