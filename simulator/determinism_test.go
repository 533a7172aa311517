package simulator_test

import (
	"bytes"
	"context"
	"runtime"
	"testing"

	"github.com/recloser-dev/recloser/simulator"
)

// One seed is one run, to the bit: at the same time as others or alone, on however
// many processors, watched or not.
func TestOneSeedIsOneRun(t *testing.T) {
	n := budget(100, 2_000, 10_000)
	first := make([]uint64, n+1)
	seeds(t, n, func(seed uint64) { first[seed] = play(t, simulator.Swarm(seed)).Fingerprint })
	seen := map[uint64]bool{}
	for i, processors := range []int{1, 2, 8} {
		was := runtime.GOMAXPROCS(processors)
		for seed := uint64(i) + 1; seed <= uint64(n); seed += 3 {
			seen[first[seed]] = true
			if again := play(t, simulator.Swarm(seed), simulator.ObserverFunc(func(simulator.Step) {})).Fingerprint; again != first[seed] {
				t.Errorf("seed %d on %d processors: %x and %x", seed, processors, first[seed], again)
			}
		}
		runtime.GOMAXPROCS(was)
	}
	if len(seen) < n*9/10 {
		t.Errorf("%d fingerprints of %d seeds", len(seen), n)
	}
}

// So is its trace.
func TestTraceIsTheSame(t *testing.T) {
	for seed := range uint64(5) {
		var traces [2]bytes.Buffer
		for i := range traces {
			trace := simulator.NewTrace(&traces[i])
			play(t, simulator.Swarm(seed), trace)
			if err := trace.Err(); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(traces[0].Bytes(), traces[1].Bytes()) || traces[0].Len() == 0 {
			t.Errorf("seed %d: traces of %d and %d bytes differ", seed, traces[0].Len(), traces[1].Len())
		}
	}
}

// A run ends with its context.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := simulator.Run(ctx, simulator.Swarm(1)); err == nil {
		t.Error("Run() = nil after its context has ended")
	}
}
