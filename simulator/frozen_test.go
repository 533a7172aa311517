package simulator_test

import (
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
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
}

// A prober that dies holds its slot for no longer than its lease and the margin, give
// or take what clocks differ by: then another probes. LAWS.md, S8.
func TestSlotOfADeadProberIsFree(t *testing.T) {
	killed := 0
	for seed := range uint64(budget(50, 500, 5_000)) {
		s := fleet(seed, 20, 100, 5*time.Minute)
		s.Fleet.ClockError = time.Second
		then(&s, 10*time.Second, dead)
		then(&s, 30*time.Second, func(p *simulator.Phase) { p.Latency, p.Tail = 1500*time.Millisecond, 0 })
		s.Faults = []simulator.Fault{{Kind: simulator.FaultKill, From: 20 * time.Second, Until: 2 * time.Minute, Every: 500 * time.Millisecond}}
		r := play(t, s) // The checker looks at every slot.
		killed += r.Killed
		if r.State() != recloser.StateClosed {
			t.Errorf("seed %d: the circuit is %v in the end", seed, r.State())
		}
	}
	if killed == 0 {
		t.Error("nobody was killed while it made a call")
	}
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
}
