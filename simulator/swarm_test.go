package simulator_test

import (
	"sync"
	"testing"

	"github.com/recloser-dev/recloser"
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
}

// The stories that show what the margin is for break nothing by themselves.
func TestClocksApart(t *testing.T) {
	probes := 0
	for seed := range uint64(budget(100, 5_000, 50_000)) {
		probes += play(t, clocksApart(seed+1)).Probes
	}
	if probes < 500 && !raceEnabled {
		t.Errorf("%d probes prove little", probes)
	}
}
