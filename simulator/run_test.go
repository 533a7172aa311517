package simulator_test

import (
	"context"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

func TestTrace(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	if seed == 0 {
		t.Skip()
	}
	s := simulator.Swarm(seed)
	t.Logf("%+v", s)
	f, _ := os.Create("/tmp/simx/trace.txt")
	defer f.Close()
	r, err := simulator.Run(context.Background(), s, simulator.NewTrace(f))
	t.Log(err, r.Counts, r.Steps, r.Opened, r.Closed, r.Transitions)
	for _, v := range r.Violations {
		t.Logf("%+v", v)
	}
}

func TestSwarm(t *testing.T) {
	n := 200
	if v, err := strconv.Atoi(os.Getenv("N")); err == nil {
		n = v
	}
	began := time.Now()
	steps, calls, probes, opened := 0, 0, 0, 0
	laws := map[string]int{}
	for seed := range uint64(n) {
		seed++
		r, err := simulator.Run(context.Background(), simulator.Swarm(seed))
		if err != nil {
			t.Fatal(seed, err)
		}
		steps += r.Steps
		calls += r.Requests
		probes += r.Probes
		opened += len(r.Transitions)
		for _, v := range r.Violations {
			if laws[v.Law]++; laws[v.Law] <= 3 {
				t.Errorf("seed %d: %+v", seed, v)
			}
		}
	}
	t.Log(time.Since(began), steps, calls, probes, opened, laws)
}
