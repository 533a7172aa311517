package recloser_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/explorer"
)

// keepExplored keeps what a fleet was led through, for each law that was looked at.
func keepExplored(t *testing.T, r explorer.Report, complete bool) {
	t.Helper()
	least := 1_000_000
	if os.Getenv("RECLOSER_BUDGET") == "release" {
		least = 10_000_000
	}
	note := ""
	switch {
	case r.States < least:
		note = fmt.Sprintf("%s states, of %s", evidence.Thousands(r.States), evidence.Thousands(least))
	case !complete:
		note = "some fleets have more states than were looked at; all within the fewest steps were"
	}
	for _, law := range []string{"S1", "S1b", "S2", "S3", "S7", "S8", "L1"} {
		evidence.Record(t, evidence.Entry{
			Law: law, How: "every interleaving and fault of 3 environments × 2 callers, real breakers, K = 1 and 2",
			States: r.States, Transitions: r.Transitions, Faults: r.Faults,
			Promise: "no violation in " + evidence.Thousands(least) + " states",
			Worst:   fmt.Sprintf("none; ways of up to %d steps", r.Depth), Met: r.States >= least, Note: note,
		})
	}
}

// keepMutants keeps in how many steps each mutant broke a law.
func keepMutants(t *testing.T, steps map[string][]string) {
	t.Helper()
	for law, of := range steps {
		evidence.Record(t, evidence.Entry{
			Law: law, How: "the same fleets without one of the rules", Mutants: len(of),
			Promise: "each breaks the law", Worst: "each does, in " + strings.Join(of, ", ") + " steps", Met: true,
		})
	}
}
