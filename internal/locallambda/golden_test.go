//go:build unix

package locallambda_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the goldens anew")

// normal is a text without what is different each time.
func normal(text string) string {
	for _, row := range []struct{ pattern, with string }{
		{`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}`, "<uuid>"},
		{`Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=`, "<trace>;Sampled="},
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`, "<time>"},
		{`\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}`, "<log stream>"},
		{`(Deadline-Ms: |"deadlineMs":)\d{13}`, "${1}<ms>"},
		{`([dD]urationMs":)[0-9.e-]+`, "${1}<n>"},
		{`(Duration: )[0-9.]+`, "${1}<n>"},
		{`("pid":)\d+`, "${1}<pid>"},
		{`("producedBytes":)[1-9]\d*`, "${1}<n>"},
		{`\d{4}/\d\d/\d\d \d\d:\d\d:\d\d `, "<time> "},
		{`"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000"`, `"<time>"`},
		{`("timeEpoch":)\d{13}`, "${1}<ms>"},
		{`sandbox\.localdomain:\d+`, "sandbox.localdomain:<port>"},
		{`("stack(Trace)?":)\[.*?\]`, "${1}<frames>"},
		{`"(working_directory|paths)":("[^"]*"|\[[^\]]*\])`, `"$1":"<here>"`},
	} {
		text = regexp.MustCompile(row.pattern).ReplaceAllString(text, row.with)
	}
	return strings.ReplaceAll(text, "\x00", "<NUL>")
}

// golden compares a text with the one in testdata, which begins with lines of #
// that say what it follows.
func golden(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	want, err := os.ReadFile(path)
	if err != nil && !*rewrite {
		t.Fatal(err)
	}
	var head strings.Builder
	for line := range strings.Lines(string(want)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		head.WriteString(line)
	}
	if head.Len() == 0 {
		t.Errorf("%s does not say what it follows", path)
	}
	got := head.String() + "\n" + text
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", path, got, want)
	}
}
