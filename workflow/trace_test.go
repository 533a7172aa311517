package workflow_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// TestTraces: whatever happens to a circuit, its state machine decides as the core
// does. A trace has up to 25 calls; -rapid.checks says how many traces there are.
// LAWS.md, W1.
func TestTraces(t *testing.T) {
	engine := newEngine(t, true)
	rapid.Check(t, func(r *rapid.T) {
		policy := recloser.DefaultPolicy()
		policy.OpenWhen.Consecutive = 0
		policy.OpenWhen.MinCalls = rapid.IntRange(1, 12).Draw(r, "min_calls")
		policy.OpenWhen.Confidence = rapid.SampledFrom([]recloser.Share{0, 0.5, 0.9, 0.999}).Draw(r, "confidence")
		policy.HalfOpen.Probes = rapid.IntRange(1, 3).Draw(r, "probes")
		policy.HalfOpen.Successes = rapid.IntRange(1, 2).Draw(r, "successes")
		policy.Enforce = rapid.SampledFrom([]recloser.Share{1, 1, 1, 0.5, 0}).Draw(r, "enforce")
		policy.WhenStoreFails = rapid.SampledFrom([]recloser.StoreFailure{recloser.StoreFailureLastKnown, recloser.StoreFailureAllow, recloser.StoreFailureReject}).Draw(r, "when_store_fails")
		p := newPair(t, engine, policy)
		var at time.Duration
		var log string
		for i := range rapid.IntRange(1, 25).Draw(r, "steps") {
			at += rapid.SampledFrom([]time.Duration{0, 20 * time.Millisecond, 300 * time.Millisecond, 1100 * time.Millisecond, 6 * time.Second, 15 * time.Second}).Draw(r, "pause")
			p.at(at)
			p.coin = rapid.SampledFrom([]float64{0, 0.05, 0.3, 0.7, 0.999}).Draw(r, "coin")
			s := step{
				verb: rapid.SampledFrom([]string{"fails", "fails", "succeeds", "ignores"}).Draw(r, "verb"),
				took: rapid.SampledFrom([]time.Duration{0, 0, 30 * time.Millisecond, 80 * time.Millisecond, 2500 * time.Millisecond}).Draw(r, "took"),
			}
			if rapid.IntRange(0, 9).Draw(r, "faulty") == 0 {
				s.faults = rapid.SliceOfN(rapid.SampledFrom([]storeFault{storeWell, storeDown, storeLost}), 1, 3).Draw(r, "faults")
			}
			if s.verb == "fails" && rapid.IntRange(0, 9).Draw(r, "asks") == 0 {
				s.asked = 40 * time.Second
			}
			log += fmt.Sprintf("%d %v coin %v %+v\n", i, at, p.coin, s)
			core, machine := p.call(s)
			at = max(at, p.world.world.Now().Sub(epoch.Time()))
			if core != machine {
				r.Fatalf("%score says %s\nmachine says %s", log, core, machine)
			}
			if diff := p.compare("payments"); diff != "" {
				r.Fatalf("%s%s\n%s", log, core, diff)
			}
		}
	})
}
