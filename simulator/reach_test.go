//go:build !race

// What is played here takes the race detector minutes, and shows it nothing that smaller
// fleets do not: make laws.

package simulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// A store that is out of reach, in whatever way, rejects no call by itself; a call
// waits one store timeout at most, once in a back-off window; and each environment
// goes on by itself, so that a dependency that dies meanwhile is left alone. The
// first row is what happened to DynamoDB in October 2025: for 172 minutes nobody got a
// new connection. LAWS.md, B1.
func TestStoreOutOfReach(t *testing.T) {
	const gone, back = 5 * time.Minute, 5*time.Minute + 172*time.Minute
	waited, rejected := time.Duration(0), 0
	for _, row := range []struct {
		name  string
		kind  simulator.FaultKind
		share recloser.Share
	}{
		{"new connections fail", simulator.FaultNoConnection, 1},
		{"a black hole", simulator.FaultHang, 1},
		{"resets, unknown hosts, 400s, 500s, expired credentials", simulator.FaultNotDone, 1},
		{"throttling", simulator.FaultThrottled, 1},
		{"half of it", simulator.FaultHang, 0.5},
		{"answers are lost", simulator.FaultLostAnswer, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := fleet(1, 20, 150, back+5*time.Minute)
			s.Fleet.Routing, s.Fleet.Concurrency, s.Fleet.IdleLife = simulator.RoutingWarm, 4, 10*time.Minute
			s.Faults = []simulator.Fault{{Kind: row.kind, Share: row.share, From: gone, Until: back}, {Kind: simulator.FaultKill, Every: 2 * time.Minute}}
			r := play(t, s)
			waits, rejects := r.Waited, r.Rejected
			if r.Rejected > 0 || r.Waited > 100*time.Millisecond {
				t.Errorf("%d of %d calls were rejected; one waited %v", r.Rejected, r.Requests, r.Waited)
			}
			// Windows grow from 0.5 … 1s to 2.5 … 5s, and there are 20 environments.
			reads := 0
			for _, second := range r.Seconds[int(gone.Seconds()):int(back.Seconds())] {
				reads += second.Reads
			}
			if most := int(20 * (back - gone).Seconds() / 2.5); reads > most {
				t.Errorf("the store was asked %d times while it was gone, want at most %d", reads, most)
			}
			dies := s
			dies.Duration = gone + 10*time.Minute
			then(&dies, gone+time.Minute, dead)
			r = play(t, dies)
			// Each environment opens for itself, again and again, by a few calls.
			if wasted := float64(r.Wasted) / (9 * 60 * s.Traffic.Rate); wasted > 0.2 {
				t.Errorf("%.0f%% of calls reached a dependency that is dead", 100*wasted)
			}
			waited, rejected = max(waited, waits), rejected+rejects
		})
	}
	if n := total(t).requests; n < 10_000_000 {
		t.Errorf("%d calls, want ten million", n)
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "B1", Promise: "0 of 10,000,000 calls rejected; one waits ≤ 100 ms",
		Worst: fmt.Sprintf("%d of %s calls rejected; one waited %v", rejected, evidence.Thousands(total(t).requests), waited.Round(time.Millisecond)),
		How:   "a store out of reach for 172 minutes in six ways, with kills and cold starts", Met: true,
	}))
}

// When the store comes back, every environment knows what the others know within a
// refresh and a second. LAWS.md, L3.
func TestStoreComesBack(t *testing.T) {
	seeds(t, budget(20, 500, 5_000), func(seed uint64) {
		const back = 80 * time.Second
		s := fleet(seed, 20, 100, back+20*time.Second)
		s.Fleet.ClockError = time.Second
		s.Faults = []simulator.Fault{{Kind: simulator.FaultHang, Share: 1, From: 20 * time.Second, Until: back}}
		// While nobody sees it an operator forces the circuit open.
		s.Orders = []simulator.Order{{At: 50 * time.Second, Mode: recloser.OverrideOpen, For: time.Hour}}
		late := 0
		r := play(t, s, simulator.ObserverFunc(func(step simulator.Step) {
			if step.Kind == simulator.StepAdmitted && step.At > back+recloser.RefreshInterval+time.Second {
				late++
			}
		}))
		if late > 0 || r.Rejected == 0 {
			t.Errorf("seed %d: %d calls were let through by environments that had not heard; %d were rejected", seed, late, r.Rejected)
		}
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L3", Promise: "all know within refresh + 1 s", Worst: "no call after 6 s by who had not heard", Met: true,
		How: "a store that hangs for a minute, in which an operator forces the circuit open",
	}))
}
