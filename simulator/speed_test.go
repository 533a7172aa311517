package simulator_test

import (
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// BenchmarkSwarm is how fast a swarm is played: one operation is one seed.
func BenchmarkSwarm(b *testing.B) {
	steps, seed := 0, uint64(0)
	for b.Loop() {
		seed++
		steps += play(b, simulator.Swarm(seed)).Steps
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// BenchmarkLargeFleet plays ten minutes of 10,000 environments at 1,000 calls a
// second, with an outage of a minute.
func BenchmarkLargeFleet(b *testing.B) {
	steps := 0
	for b.Loop() {
		s := simulator.DefaultScenario()
		s.Duration = 10 * time.Minute
		s.Fleet.Environments = 10_000
		s.Traffic.Rate = 1_000
		s.Dependency = outage(s.Dependency[0], 2*time.Minute, 3*time.Minute)
		steps += play(b, s).Steps
	}
	b.ReportMetric(float64(steps)/b.Elapsed().Seconds(), "steps/s")
}

// outage is a dependency that fails every call for a time.
func outage(well simulator.Phase, from, until time.Duration) []simulator.Phase {
	dead, again := well, well
	dead.From, dead.Failing, again.From = from, 1, until
	return []simulator.Phase{well, dead, again}
}
