//go:build !race

// What is played here takes the race detector minutes, and shows it nothing that smaller
// fleets do not: make laws.

package simulator_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// A dependency that serves 130 calls a second has 100 to serve, and callers who try
// three times more. For half a minute it serves 10. Its queue then holds what nobody waits
// for any more, and retries keep it full: without a breaker it stays down for good.
// With one, goodput is what it was within a minute after the trigger. LAWS.md, B5.
func TestRetryStormEnds(t *testing.T) {
	story := func(seed uint64, protocol simulator.Protocol) simulator.Result {
		s := fleet(seed, 50, 100, 150*time.Second)
		s.Protocol = protocol
		s.Policy.Call.Timeout, s.Policy.OpenWhen.SlowAfter = time.Second, 700*time.Millisecond
		s.Traffic.Retries = 3
		s.Dependency[0].Capacity, s.Dependency[0].Queue = 130, 1000
		then(&s, 30*time.Second, func(p *simulator.Phase) { p.Capacity = 10 })
		then(&s, time.Minute, nil)
		return play(t, s)
	}
	// Of the requests that come, which are never as many.
	goodput := func(r simulator.Result, from, until int) float64 {
		var sum simulator.Counts
		for _, second := range r.Seconds[from:until] {
			sum.Served, sum.Requests = sum.Served+second.Served, sum.Requests+second.Requests
		}
		return sum.Availability()
	}
	// It takes a thousand seeds to tell 99.9%, and few to tell 90%.
	with, without := budget(1_000, 10_000, 100_000), budget(40, 1_000, 10_000)
	var stuck, back atomic.Int64
	seeds(t, with, func(seed uint64) {
		r := story(seed, simulator.ProtocolRecloser)
		if before, after := goodput(r, 10, 30), goodput(r, 120, 150); after >= 0.95*before {
			back.Add(1)
		} else {
			t.Logf("seed %d: goodput of %.3f before and %.3f after", seed, before, after)
		}
	})
	seeds(t, without, func(seed uint64) {
		if r := story(seed, simulator.ProtocolNone); goodput(r, 120, 150) < 0.5*goodput(r, 10, 30) {
			stuck.Add(1)
		}
	})
	worst := fmt.Sprintf("back in %d of %d; without a breaker down in %d of %d", back.Load(), with, stuck.Load(), without)
	const promise = "back in ≥ 99.9 % of seeds; without a breaker down in ≥ 90 %"
	t.Log(worst)
	if float64(stuck.Load()) < 0.9*float64(without) || float64(back.Load()) < 0.999*float64(with) {
		t.Errorf("%s, want it %s", worst, promise)
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "B5", Promise: promise, Worst: worst, Met: true,
		How: "a retry storm: 130 calls/s of capacity, 10 for half a minute, callers who try three times more",
	}))
}
