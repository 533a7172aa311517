package simulator_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// retried plays ten thousand requests of a fleet under a way to try again, three times,
// and returns the medians of the load and of the share that was served, by request.
func retried(t *testing.T, p simulator.Protocol, environments int, failing recloser.Share) (load, served float64) {
	t.Helper()
	var loads, shares []float64
	for seed := range uint64(3) {
		s := under(p, environments, 100, simulator.Phase{Failing: failing})
		s.Seed, s.Duration = seed+1, 100*time.Second
		s.Policy.OpenWhen.FailureRate, s.Policy.OpenWhen.Consecutive = 0.1, 0
		s.Policy.HalfOpen.Successes = 30
		r := run(t, s)
		loads, shares = append(loads, float64(r.Reached)/float64(r.Requests)), append(shares, r.Availability())
	}
	slices.Sort(loads)
	slices.Sort(shares)
	return loads[1], shares[1]
}

func near(got, want, by float64) bool { return math.Abs(got-want) <= by }

// TestRetriesAreAsComputed holds the ways that can be computed to what comes of it.
func TestRetriesAreAsComputed(t *testing.T) {
	for _, f := range []float64{0, 0.05, 0.3, 0.6, 1} {
		load, served := retried(t, simulator.ProtocolRetryAlways, 100, recloser.Share(f))
		if want := 1 + f + f*f + f*f*f; !near(load, want, 0.03) || !near(served, 1-f*f*f*f, 0.02) {
			t.Errorf("three retries at %v: load %v, served %v; want %v, %v", f, load, served, want, 1-f*f*f*f)
		}
		if load, served := retried(t, simulator.ProtocolNone, 100, recloser.Share(f)); !near(load, 1, 0.001) || !near(served, 1-f, 0.02) {
			t.Errorf("no retries at %v: load %v, served %v", f, load, served)
		}
	}
	// Ten clients have 50 tokens, and get a tenth for each success.
	load, _ := retried(t, simulator.ProtocolRetryTokens, 10, 0.5)
	if want := 1 + 0.1*0.5/(1-0.1*0.5); !near(load, want, 0.02) {
		t.Errorf("tokens at 50%%: load %v, want %v", load, want)
	}
	if load, served := retried(t, simulator.ProtocolRetryTokens, 10, 1); !near(load, 1.005, 0.001) || served != 0 {
		t.Errorf("tokens at 100%%: load %v, served %v", load, served)
	}
}

// TestClientsThatKnowLittle is what a post could not show: token buckets of many small
// clients last, so that they retry like clients without any; breakers of many small
// clients trip at their first failure; and one that all share does neither.
func TestClientsThatKnowLittle(t *testing.T) {
	const few, many = 10, 5000
	for _, row := range []struct {
		protocol     simulator.Protocol
		environments int
		failing      recloser.Share
		load         [2]float64
	}{
		{simulator.ProtocolRetryTokens, few, 0.4, [2]float64{1.0, 1.15}},
		{simulator.ProtocolRetryTokens, many, 0.4, [2]float64{1.5, 1.63}}, // 1.62 without any bound
		{simulator.ProtocolRetryBreaker, few, 0.05, [2]float64{1.04, 1.06}},
		{simulator.ProtocolRetryBreaker, many, 0.05, [2]float64{1.0, 1.01}}, // as without retries
		{simulator.ProtocolRetryShared, few, 0.05, [2]float64{1.04, 1.06}},
		{simulator.ProtocolRetryShared, many, 0.05, [2]float64{1.04, 1.06}},
		{simulator.ProtocolRetryShared, few, 0.4, [2]float64{1.0, 1.15}},
		{simulator.ProtocolRetryShared, many, 0.4, [2]float64{1.0, 1.15}},
	} {
		if load, _ := retried(t, row.protocol, row.environments, row.failing); load < row.load[0] || load > row.load[1] {
			t.Errorf("%s, %d clients, %v failing: load %v, want it in %v", row.protocol, row.environments, row.failing, load, row.load)
		}
	}
}
