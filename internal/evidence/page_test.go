package evidence_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/evidence"
)

// root is the root of the repository, from here.
const root = "../.."

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// cited is a test that the page links to, with its file.
var cited = regexp.MustCompile(`\[((?:Test|Fuzz)\w+)\]\(\.\./([^)]+)\)`)

// The page has every law of LAWS.md that it is about, and every test that it cites is
// where it says.
func TestPageHasEveryLaw(t *testing.T) {
	page, laws := read(t, "docs/reliability.md"), 0
	for _, g := range evidence.Laws(read(t, "LAWS.md")) {
		for _, l := range g.Laws {
			if has := strings.Contains(page, "| **"+l.Number+"** "+l.Promise+" |") || strings.Contains(page, "**"+l.Number+"** "+l.Promise+" |"); has != l.Promised() {
				t.Errorf("the page has law %s as it stands in LAWS.md: %t; make reliability", l.Number, has)
			}
			if l.Promised() {
				laws++
			}
		}
	}
	if laws < 29 {
		t.Errorf("LAWS.md has %d laws of S, L, B and R", laws)
	}
	links := cited.FindAllStringSubmatch(page, -1)
	for _, m := range links {
		if name, file := m[1], m[2]; !strings.Contains(read(t, file), "\nfunc "+name+"(") {
			t.Errorf("the page cites %s, which is not in %s", name, file)
		}
	}
	if len(links) < laws {
		t.Errorf("%d tests are cited, of %d laws", len(links), laws)
	}
}

func TestPageSaysWhatFallsShort(t *testing.T) {
	run := evidence.Run{
		Date: "2026-11-26", Commit: "9e4964b", Machine: "2 cores",
		Laws: evidence.Laws("## Safety\n\n| law | promise | number |\n| --- | --- | --- |\n| S1 | few probes | formal model |\n| D1 | later | none |\n"),
		Entries: []evidence.Entry{
			{Law: "S1", Test: "TestA", File: "a_test.go", Budget: "C", How: "swarm", Seeds: 12_345, Promise: "≤ 1 | 2", Worst: "1", Met: true, Faults: map[string]int{"lost_answer": 1_000}},
			{Law: "S1", Test: "TestB", File: "b/b_test.go", Budget: "C", How: "model", Mutants: 7, Promise: "10", Worst: "9", Note: "it takes long."},
		},
	}
	page, err := run.Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"This run: 2026-11-26, commit 9e4964b, 2 cores; budget C, that of every `make test`. **Of 1 laws 0 reach all of their numbers.**",
		"\n- **S1**, asked: 10. Seen: 9. Why: it takes long.\n",
		"\n| <a id=\"s1\"></a>**S1** few probes | ≤ 1 \\| 2 | swarm; 12,345 runs ([TestA](../a_test.go)) | 1 | reached |\n",
		"\n|  | 10 | model; 7 mutants ([TestB](../b/b_test.go)) | 9 | **short** |\n",
		"\n| lost answer | 1,000 |\n",
		"\n- **S1**, asked, among the rest: a formal model, explored to millions of states. Seen: nothing of it in this run.\n",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q:\n%s", want, page)
		}
	}
	if strings.Contains(page, "later") {
		t.Error("it has a law of a part that is not there yet")
	}
	run.Entries = nil
	if _, err := run.Page(); err == nil {
		t.Error("a page without anything of S1")
	}
}
