package evidence

import (
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// leastFuzzing is what LAWS.md asks for each decoder, whenever the tests run.
const leastFuzzing = time.Minute

// Fuzzing returns what a fuzz target defers to record for how long it was fuzzed, and with
// how many inputs if -fuzztime says so. That does nothing where only its seeds are tried.
//
//	defer evidence.Fuzzing(f, "S10", "the decoder of recloser.yaml")()
func Fuzzing(f *testing.F, law, what string) func() {
	f.Helper()
	begin := time.Now()
	return func() {
		f.Helper()
		if set("test.fuzz") == "" || set("test.fuzzworker") == "true" {
			return
		}
		inputs, _ := strconv.Atoi(strings.TrimSuffix(set("test.fuzztime"), "x"))
		record(f, Entry{
			Law: law, How: "fuzzing of " + what, Seeds: inputs, Fuzzed: time.Since(begin),
			Promise: fmt.Sprintf("%.0f s without a crash", leastFuzzing.Seconds()), Worst: "none", Met: true,
		}, 2)
	}
}

func set(name string) string { return flag.Lookup(name).Value.String() }

// together returns entries, in which those of one fuzz target are one that says for how
// long it was fuzzed in all. Equals must be next to each other.
func together(entries []Entry) []Entry {
	var all []Entry
	for _, e := range entries {
		if last := len(all) - 1; e.Fuzzed > 0 && last >= 0 && all[last].File == e.File && all[last].Test == e.Test {
			e.Fuzzed += all[last].Fuzzed
			e.Seeds += all[last].Seeds
			if !all[last].Met {
				e.Met, e.Note = false, all[last].Note
			}
			all[last] = e
			continue
		}
		all = append(all, e)
	}
	for i := range all {
		if e := &all[i]; e.Fuzzed > 0 && e.Met {
			e.Worst = fmt.Sprintf("none in %.0f s", e.Fuzzed.Seconds())
			if e.Fuzzed < leastFuzzing {
				e.Met, e.Fewer, e.Note = false, true, "fuzzed for less than `make decoders` does"
			}
		}
	}
	return all
}
