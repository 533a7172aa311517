package recloser

import (
	"reflect"
	"slices"
	"testing"
)

// The explorer takes two breakers for one if Look shows the same of both, so Look must
// know of all that a breaker remembers. Who adds a field says there what it shows, or
// here that it has no consequence for what is explored.
func TestLookKnowsEverything(t *testing.T) {
	for _, row := range []struct {
		of    any
		shown []string
		other []string // follows from the rest, is told to observers only, or is no evidence while there is none
	}{
		{
			environment{},
			[]string{
				"record", "known", "stale", "read", "heard", "asked", "held", "leases", "spread", "pace", "outage", "reading",
				"writing", "claiming", "operation", "stopSweep", "idle", "own", "leaveAloneUntil", "sample", "name", "forced",
			},
			[]string{
				"window", "slot", "releases", "counted", "settled", "run", "runSince", "drawn", "reported",
				"ownHeld", "last", "tickets",
			},
		},
		{outage{}, []string{"failures", "began", "last", "wait"}, nil},
		{pace{}, []string{"longest", "before"}, []string{"began"}},
		{turn{}, []string{"began", "span", "generation", "reject"}, []string{"direct", "rejected"}},
		{ticket{}, []string{"token", "slot", "own", "claimed", "watch"}, []string{"share", "told", "done", "stack"}},
		{Permit{}, []string{"cell", "word", "generation", "start", "ticket"}, []string{"breaker"}},
	} {
		kind := reflect.TypeOf(row.of)
		for field := range kind.Fields() {
			if !slices.Contains(row.shown, field.Name) && !slices.Contains(row.other, field.Name) {
				t.Errorf("%v.%s is new: does Look, in export_test.go, have to show it?", kind, field.Name)
			}
		}
		if known := len(row.shown) + len(row.other); known != kind.NumField() {
			t.Errorf("%v has %d fields, and %d are known", kind, kind.NumField(), known)
		}
	}
}
