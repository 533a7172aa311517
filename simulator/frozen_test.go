package simulator_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// Environments that are frozen between calls for minutes and hours, and whose clocks
// are put forward and back by an hour, decide by no view that is older than it may be,
// and obey what an operator says within a refresh: the checker looks at every
// decision. LAWS.md, L4 and S9.
func TestThawedEnvironmentsKnowWhatTimeItIs(t *testing.T) {
	seeds(t, budget(20, 500, 5_000), func(seed uint64) {
		s := fleet(seed, 5, 1.0/120, 48*time.Hour)
		s.Fleet.Routing, s.Fleet.Concurrency = simulator.RoutingWarm, 1
		s.Fleet.FreezeIdle, s.Fleet.ClockError = true, time.Second
		for at := 4 * time.Hour; at < 44*time.Hour; at += 4 * time.Hour {
			s.Orders = append(s.Orders, simulator.Order{At: at, Mode: recloser.OverrideOpen, For: 2 * time.Hour})
		}
		s.Faults = []simulator.Fault{
			{Kind: simulator.FaultStep, Every: time.Hour, Length: time.Hour},
			{Kind: simulator.FaultFreeze, Every: time.Hour, Length: 24 * time.Hour},
			{Kind: simulator.FaultStall, Share: 0.1, Length: time.Minute},
		}
		r := play(t, s)
		if r.Rejected < 200 || r.Admitted < 200 {
			t.Errorf("seed %d: %d calls let through and %d rejected prove nothing", seed, r.Admitted, r.Rejected)
		}
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L4", Promise: "view ≤ 5.2 s old by any clock", Worst: "no breach", Met: true,
		How: "two days of environments frozen between calls, for up to 24 h, with clocks that step by an hour",
	}))
}

// A prober that dies holds its slot for no longer than its lease and the margin, give
// or take what clocks differ by: then another probes. LAWS.md, S8.
func TestSlotOfADeadProberIsFree(t *testing.T) {
	var killed atomic.Int64
	seeds(t, budget(50, 500, 5_000), func(seed uint64) {
		s := fleet(seed, 20, 100, 3*time.Minute)
		s.Fleet.ClockError = time.Second
		then(&s, 10*time.Second, dead)
		then(&s, 30*time.Second, func(p *simulator.Phase) { p.Latency, p.Tail = 1500*time.Millisecond, 0 })
		s.Faults = []simulator.Fault{{Kind: simulator.FaultKill, From: 20 * time.Second, Until: 2 * time.Minute, Every: 500 * time.Millisecond}}
		r := play(t, s) // The checker looks at every slot.
		killed.Add(int64(r.Killed))
		if r.State() != recloser.StateClosed {
			t.Errorf("seed %d: the circuit is %v in the end", seed, r.State())
		}
	})
	if killed.Load() == 0 {
		t.Error("nobody was killed while it made a call")
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "S8", Promise: "slots free after lease + margin, give or take clocks and a turn", Worst: "no breach", Met: true,
		How: fmt.Sprintf("fleets whose environments are killed twice a second while they probe: %s calls cut off", evidence.Thousands(int(killed.Load()))),
	}))
}

// An environment that stands still between its last look at the clock and the call is
// one probe more, and never stops the others. LAWS.md, S1b.
func TestHeldUpProbersAreNoMoreThanThemselves(t *testing.T) {
	seeds(t, budget(50, 1_000, 10_000), func(seed uint64) {
		s := fleet(seed, 20, 50, 4*time.Minute)
		s.Fleet.ClockError = time.Second
		then(&s, 5*time.Second, hanging)
		then(&s, 90*time.Second, nil)
		s.Faults = []simulator.Fault{{Kind: simulator.FaultHeldUp, Until: 100 * time.Second, Share: 0.5, Length: 30 * time.Second}}
		if r := play(t, s); r.Probes < 3 || r.State() != recloser.StateClosed {
			t.Errorf("seed %d: %d probes, and the circuit is %v in the end", seed, r.Probes, r.State())
		}
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "S1b", Promise: "≤ K and those held up; never wedged", Worst: "no breach", Met: true,
		How: fmt.Sprintf("every second probe stands still for up to 30 s between the look at the clock and the call: %d probes", total(t).probes),
	}))
}

// What an operator forces holds in every environment within a refresh, through
// openings and probes beneath it, and until its end. LAWS.md, S9.
func TestOrdersReachEveryone(t *testing.T) {
	seeds(t, budget(20, 500, 5_000), func(seed uint64) {
		s := fleet(seed, 20, 100, 3*time.Minute)
		s.Fleet.ClockError = time.Second
		then(&s, 30*time.Second, dead)
		then(&s, 2*time.Minute, nil)
		s.Orders = []simulator.Order{
			{At: 10 * time.Second, Mode: recloser.OverrideOpen, For: 15 * time.Second},
			{At: 60 * time.Second, Mode: recloser.OverrideClosed, For: 30 * time.Second},
		}
		r := play(t, s)
		for i, second := range r.Seconds {
			switch at := time.Duration(i) * time.Second; {
			case at >= 16*time.Second && at < 23*time.Second && second.Admitted > 0:
				t.Errorf("seed %d: %d calls were made in second %d of a circuit that is forced open", seed, second.Admitted, i)
			case at >= 66*time.Second && at < 88*time.Second && second.Rejected > 0:
				t.Errorf("seed %d: %d calls were rejected in second %d of a circuit that is forced closed", seed, second.Rejected, i)
			}
		}
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "S9", Promise: "everywhere within a refresh, to its end", Worst: "no breach", Met: true,
		How: "a circuit forced open, then closed over an outage; clocks 1 s off",
	}))
}
