package simulator_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// Whatever goes wrong, in whatever order: no seed breaks a law that every run must
// keep, and all circuits close when all is well again. LAWS.md, S1, S1b, S1c, S2,
// S3, S5, S7, S8, S9, L1, L4, B1.
func TestSwarm(t *testing.T) {
	var mu sync.Mutex
	var sum simulator.Counts
	steps, opened := 0, 0
	seeds(t, budget(2_000, 100_000, 1_000_000), func(seed uint64) {
		r := play(t, simulator.Swarm(seed))
		mu.Lock()
		defer mu.Unlock()
		steps += r.Steps
		for _, to := range r.Transitions {
			if to.To == recloser.StateOpen {
				opened++
			}
		}
		sum.Requests += r.Requests
		sum.Probes += r.Probes
		sum.Reads += r.Reads
		sum.Writes += r.Writes
	})
	t.Logf("%d steps, %d requests, %d openings, %d probes, %d operations of the store",
		steps, sum.Requests, opened, sum.Probes, sum.Reads+sum.Writes)
	if n := budget(2_000, 100_000, 1_000_000); sum.Probes < 10*n || opened < 5*n {
		t.Errorf("%d openings and %d probes in %d runs prove little", opened, sum.Probes, n)
	}
	for _, law := range []struct{ number, promise, worst string }{
		{"S1", "≤ K probes in flight", "no breach"},
		{"S1b", "≤ K and those held up", "no breach"},
		{"S1c", "≤ K across generations", "no breach"},
		{"S2", "no result moves a newer generation", "no breach"},
		{"S3", "no probe by a token that no answer has shown", "no breach"},
		{"S5", "nothing overwrites an override, or closes what is open", "no breach"},
		{"S7", "what is ignored counts as nothing", "no breach"},
		{"S8", "no slot is held beyond lease + margin", "no breach"},
		{"S9", "obeyed within a refresh", "no breach"},
		{"L1", "all closed in max_cooldown + lease + margin + successes", "all closed, every seed"},
		{"L4", "no decision by a view older than its bound", "no breach"},
		{"B1", "no call is rejected because of the store", "no breach"},
	} {
		evidence.Record(t, seen(t, evidence.Entry{
			Law: law.number, Promise: law.promise, Worst: law.worst, Met: true,
			How: fmt.Sprintf("fleets in which anything goes wrong, checked after each of %s steps: %s probes, %s openings",
				evidence.Thousands(steps), evidence.Thousands(sum.Probes), evidence.Thousands(opened)),
		}))
	}
}

// The stories that show what the margin is for break nothing by themselves. Those that
// once did come first. LAWS.md, S1.
func TestClocksApart(t *testing.T) {
	for _, seed := range []uint64{
		8,         // A clock was an hour ahead, and put right: what it had seen made it take a slot that was held.
		3410,      // An environment froze twice in one admission, and decided by what it had read before.
		647, 1653, // Two watches began in the same millisecond, by clocks that differ, with others between them.
		2224, // A clock that was wrong took the slot of a prober who stood still, before that made its call.
	} {
		play(t, clocksApart(seed))
	}
	n := budget(100, 5_000, 50_000)
	var probes atomic.Int64
	seeds(t, n, func(seed uint64) { probes.Add(int64(play(t, clocksApart(seed)).Probes)) })
	if probes.Load() < 5*int64(n) {
		t.Errorf("%d probes prove little", probes.Load())
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "S1", Promise: "≤ K probes in flight", Worst: "no breach", Met: true,
		How: fmt.Sprintf("fleets with clocks 1 s off and a margin of 2.1 s, whose probes hang: %s probes", evidence.Thousands(int(probes.Load()))),
	}))
}
