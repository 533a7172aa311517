package valkeystore_test

import (
	"encoding/json"
	"flag"
	"os"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write the goldens of this schema anew")

// goldenOf returns what a golden file holds, once it is rewritten from v if that
// is asked for.
func goldenOf(t *testing.T, file string, v any) []byte {
	t.Helper()
	if *rewrite {
		text, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
