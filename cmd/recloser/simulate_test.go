package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var rewrite = flag.Bool("rewrite", false, "write what is derived from code anew")

// tripwire calls a function when something is written to it for the first time.
type tripwire struct {
	bytes.Buffer
	trip func()
}

func (w *tripwire) Write(p []byte) (int, error) {
	w.trip()
	return w.Buffer.Write(p)
}

func noEnvironment(string) string { return "" }

// TestAnInterruptedSimulationShowsWhatItHas interrupts a story of a day in its first
// minutes.
func TestAnInterruptedSimulationShowsWhatItHas(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	var messages bytes.Buffer
	out := tripwire{trip: cancel}
	code := newApp(strings.NewReader(""), &out, &messages, noEnvironment).
		run(ctx, []string{"simulate", "--outage", "dead", "--duration", "24h", "--trace=rejected"})
	if code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	if !strings.HasPrefix(messages.String(), "interrupted: these are the first ") || strings.Count(messages.String(), "\n") != 1 {
		t.Errorf("messages: %s", &messages)
	}
	if !strings.Contains(out.String(), "\ntime to open ") || !strings.Contains(out.String(), "\navailability ") {
		t.Errorf("what was played is not shown: %s", out.String()[max(0, out.Len()-3000):])
	}
}

// TestSimulationForMachines holds the format that scripts read: every key there is,
// and what it holds.
func TestSimulationForMachines(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("testdata", "simulate.keys"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	var out, messages bytes.Buffer
	code := newApp(strings.NewReader(""), &out, &messages, noEnvironment).run(t.Context(), []string{
		"simulate", "--outage", "dead", "--environments", "20", "--rate", "50", "--for", "20s", "--seeds", "2",
		"--assert", "time_to_open<5s", "--assert", "availability>99%", "-o", "json",
	})
	if code != exitAssertion {
		t.Errorf("exit code %d: %s", code, &messages)
	}
	var report any
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]bool)
	keysOf(report, "", found)
	got := strings.Join(slices.Sorted(maps.Keys(found)), "\n") + "\n"
	if *rewrite {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if you mean it: go test ./cmd/recloser -run %s -rewrite\n%s", golden, t.Name(), got)
	}
}

// keysOf notes every path in a document with the kind of what is there.
func keysOf(v any, path string, found map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			keysOf(value, path+"."+key, found)
		}
	case []any:
		for _, value := range v {
			keysOf(value, path+"[]", found)
		}
		if len(v) == 0 {
			found[path+" empty list"] = true
		}
	default:
		found[fmt.Sprintf("%s %T", path, v)] = true
	}
}
