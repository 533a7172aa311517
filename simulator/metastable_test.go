package simulator_test

import (
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// A dependency that serves 130 calls a second has 100 to serve, and callers who try
// three times more. For half a minute it serves 10. Its queue then holds what nobody waits
// for any more, and retries keep it full: without a breaker it stays down for good.
// With one, goodput is what it was within a minute after the trigger. LAWS.md, B5.
func TestRetryStormEnds(t *testing.T) {
	story := func(seed uint64, protocol simulator.Protocol) simulator.Result {
		s := fleet(seed, 50, 100, 3*time.Minute)
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
	n := budget(20, 1_000, 10_000)
	var mu sync.Mutex
	stuck, back := 0, 0
	seeds(t, n, func(seed uint64) {
		without, with := story(seed, simulator.ProtocolNone), story(seed, simulator.ProtocolRecloser)
		mu.Lock()
		defer mu.Unlock()
		if goodput(without, 150, 180) < 0.5*goodput(without, 10, 30) {
			stuck++
		}
		if before, after := goodput(with, 10, 30), goodput(with, 120, 180); after >= 0.95*before {
			back++
		} else {
			t.Logf("seed %d: goodput of %.3f before and %.3f after", seed, before, after)
		}
	})
	t.Logf("%d of %d stay down without a breaker, %d are back with one", stuck, n, back)
	if float64(stuck) < 0.9*float64(n) || float64(back) < 0.999*float64(n) {
		t.Errorf("%d of %d stay down without a breaker, want 90%%; %d are back with one, want 99.9%%", stuck, n, back)
	}
}
