package evidence_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
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
