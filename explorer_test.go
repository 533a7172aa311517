package recloser_test

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/explorer"
)

// opened is a window into the breakers of this package.
func opened() explorer.Window {
	return explorer.Window{
		New:         recloser.NewUnchecked,
		Look:        func(b *recloser.Breaker) explorer.Inside { return explorer.Inside(recloser.Look(b)) },
		LookAt:      func(p recloser.Permit) explorer.InsidePermit { return explorer.InsidePermit(recloser.LookAt(p)) },
		Do:          recloser.DoPermitted,
		DoUnchecked: recloser.DoUnchecked,
	}
}

// fleet adds to what may befall a fleet the smallest policy that is sound in whole
// seconds, and its environments: by how many seconds the clock of each is ahead.
func fleet(probes int, befalls explorer.Config, ahead ...int) explorer.Config {
	p := recloser.DefaultPolicy()
	p.Call = recloser.CallLimits{Timeout: time.Second, Reserve: 900 * time.Millisecond}
	p.HalfOpen = recloser.HalfOpen{Probes: probes, Successes: 1, Failures: 1, Margin: 2 * time.Second}
	p.OpenFor = recloser.OpenFor{Cooldown: 5 * time.Second, Backoff: 1, MaxCooldown: 5 * time.Second}
	p.Ramp = recloser.Ramp{}
	p.OpenWhen = recloser.OpenWhen{FailureRate: 1, Window: 10 * time.Second, MinCalls: 1_000_000}
	befalls.Policy, befalls.Window, befalls.Skew = p, opened(), ahead
	return befalls
}

// explored is what three environments with two callers each are led through.
type explored struct {
	name    string
	probes  int
	befalls explorer.Config
	release bool // only before a release
}

func befalling() []explored {
	const most = 2_500_000 // states of one search; a million takes 100 MB
	store := explorer.Config{Generations: 4, Calls: 2, Faults: 1, Late: 1}
	freeze := explorer.Config{Generations: 4, Calls: 2, Freezes: 1}
	crash := explorer.Config{Generations: 4, Calls: 2, Kills: 1, Pauses: 1}
	all := explorer.Config{Generations: 4, Calls: 2, Faults: 1, Late: 1, Freezes: 1, Kills: 1, Pauses: 1, Limit: most}
	races := explorer.Config{Generations: 4, Calls: 3}
	storms := explorer.Config{Generations: 4, Calls: 3, Faults: 1, Late: 1, Limit: most}
	return []explored{
		{name: "races", probes: 1, befalls: races},
		{name: "a fault of the store", probes: 1, befalls: store},
		{name: "a freeze", probes: 1, befalls: freeze},
		{name: "a crash and a pause", probes: 1, befalls: crash},
		{name: "a fault of the store", probes: 2, befalls: store},
		{name: "a crash and a pause", probes: 2, befalls: crash},
		{name: "a freeze", probes: 2, befalls: freeze},
		{name: "all of it", probes: 1, befalls: all, release: true},
		{name: "all of it", probes: 2, befalls: all, release: true},
		{name: "races and a fault of the store", probes: 1, befalls: storms, release: true},
		{name: "races and a fault of the store", probes: 2, befalls: storms, release: true},
	}
}

// Whatever befalls a small fleet of real breakers: no more probes are in flight than
// may be, but for those that stood still after their last look at the clock; no write
// changes another generation; no claim that was not made is owned; what is ignored
// counts as nothing; and from every state a calm fleet closes the circuit, as soon as a
// lease that nobody gives back allows. LAWS.md, S1, S1b, S2, S3, S7, S8, L1.
func TestEverythingBefallsAFleet(t *testing.T) {
	var sum explorer.Report
	sum.Faults = make(map[string]int)
	complete := true
	for _, row := range befalling() {
		c := fleet(row.probes, row.befalls, 0, 0, 1)
		switch {
		case evidence.Race:
			c.Limit = 5_000
		case row.release && os.Getenv("RECLOSER_BUDGET") != "release":
			continue
		}
		r, err := explorer.Explore(c)
		if err != nil {
			t.Fatal(err)
		}
		if r.Broken != "" {
			t.Fatalf("%s, K = %d: %s\n%v", row.name, row.probes, r.Broken, r.Way)
		}
		if c.Limit == 0 && !r.Complete {
			t.Errorf("%s, K = %d: %d states are not all", row.name, row.probes, r.States)
		}
		t.Logf("K = %d, %s: %d states, %d transitions, all within %d steps; complete: %v; %d states of an environment from %d runs",
			row.probes, row.name, r.States, r.Transitions, r.Depth, r.Complete, r.Environments, r.Runs)
		sum.States += r.States
		sum.Transitions += r.Transitions
		sum.Depth = max(sum.Depth, r.Depth)
		complete = complete && r.Complete
		for kind, n := range r.Faults {
			sum.Faults[kind] += n
		}
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d states, %d transitions, %d MB", sum.States, sum.Transitions, m.Sys>>20)
	keepExplored(t, sum, complete)
}

// Two breakers that the explorer holds to be in one state do the same from then on:
// fleets of real ones are led along ways taken at random, and each is compared with
// the state that others were found in.
func TestOneStateDoesOneThing(t *testing.T) {
	ways := 300
	if evidence.Race {
		ways = 10
	}
	for probes := 1; probes <= 2; probes++ {
		c := fleet(probes, explorer.Config{
			Generations: 9, Calls: 200, Faults: 9, Late: 2, Freezes: 9, Kills: 3, Pauses: 9,
		}, 0, 0, 1)
		if _, err := explorer.Walk(c, uint64(probes), ways, 200); err != nil {
			t.Error(err)
		}
	}
}

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
