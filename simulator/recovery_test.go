//go:build !race

// What is played here takes the race detector minutes, and shows it nothing that smaller
// fleets do not: make laws.

package simulator_test

import (
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

// closing returns when the circuit closed first.
func closing(r simulator.Result) time.Duration {
	for _, t := range r.Transitions {
		if t.To == recloser.StateClosed {
			return t.At
		}
	}
	return -1
}

// After closing, the admitted share follows the ramp: in no second does it exceed it
// by more than five points, at 10,000 environments. LAWS.md, R1.
func TestRecoveryFollowsTheRamp(t *testing.T) {
	var mu sync.Mutex
	over := -1.0
	seeds(t, budget(2, 20, 1_000), func(seed uint64) {
		s := fleet(seed, 10_000, 5_000, 75*time.Second)
		then(&s, 10*time.Second, dead)
		then(&s, 20*time.Second, nil)
		r := play(t, s)
		closed := closing(r)
		if closed < 0 || s.Duration-closed < s.Policy.Ramp.Over {
			t.Fatalf("seed %d: closed at %v", seed, closed)
		}
		for i := int(closed.Seconds()); i < len(r.Seconds); i++ {
			second := &r.Seconds[i]
			share := float64(second.Admitted) / float64(second.Admitted+second.Rejected)
			done := (float64(i+1) - closed.Seconds()) / s.Policy.Ramp.Over.Seconds()
			ramp := min(float64(s.Policy.Ramp.From)+done*(1-float64(s.Policy.Ramp.From)), 1)
			mu.Lock()
			over = max(over, share-ramp)
			mu.Unlock()
			if share > ramp+0.05 {
				t.Errorf("seed %d: in second %d %.1f%% were admitted, and the ramp stood at %.1f%% at its end", seed, i, 100*share, 100*ramp)
			}
			if late := closed.Seconds() + s.Policy.Ramp.Over.Seconds() + 7; float64(i) > late && share < 0.999 {
				t.Errorf("seed %d: in second %d %.1f%% were admitted", seed, i, 100*share)
			}
		}
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "R1", Promise: "≤ ramp + 5 points in any second", Worst: fmt.Sprintf("ramp %+.1f points", 100*over), Met: true,
		How: "10,000 environments, 5,000 calls/s, after an outage of ten seconds",
	}))
}

// A dependency that comes back with 70% of its capacity, and turns away what is too
// much, settles: the circuit opens once again at most in ten minutes. LAWS.md, R2.
func TestHalfWayRecoverySettles(t *testing.T) {
	var mu sync.Mutex
	reopened := 0
	seeds(t, budget(4, 100, 1_000), func(seed uint64) {
		s := fleet(seed, 100, 200, 11*time.Minute)
		then(&s, 10*time.Second, dead)
		then(&s, 30*time.Second, func(p *simulator.Phase) { p.Capacity, p.Queue = 140, 20 })
		r := play(t, s)
		opened := 0
		for _, to := range r.Transitions {
			if to.To == recloser.StateOpen && to.At > closing(r) {
				opened++
			}
		}
		served := 0
		for _, second := range r.Seconds[len(r.Seconds)-60:] {
			served += second.Succeeded
		}
		t.Logf("seed %d: opened again %d times; serves %d calls a second", seed, opened, served/60)
		if opened > 1 || served < 60*126 {
			t.Errorf("seed %d: opened again %d times, want 1 at most; serves %d calls a second, want 126 of 140", seed, opened, served/60)
		}
		mu.Lock()
		defer mu.Unlock()
		reopened = max(reopened, opened)
	})
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "R2", Promise: "≤ 1 reopening in 10 minutes", Worst: strconv.Itoa(reopened), Met: true,
		How: "a dependency that comes back with 70 % of the capacity that is asked for, and refuses the rest",
	}))
}

// At the end of the open time the claims of 10,000 environments are few: 2 K a second
// at most. LAWS.md, R3.
func TestEndOfTheOpenTimeIsQuiet(t *testing.T) {
	worst := 0
	for seed := range uint64(budget(2, 50, 500)) {
		s := fleet(seed+1, 10_000, 1_000, 40*time.Second)
		then(&s, 10*time.Second, dead)
		r := play(t, s)
		for i := range r.Seconds {
			worst = max(worst, r.Seconds[i].Claims)
		}
		if r.Probes == 0 {
			t.Errorf("seed %d: nobody has probed", seed)
		}
	}
	t.Logf("%d claims in the worst second", worst)
	most := 2 * recloser.DefaultPolicy().HalfOpen.Probes
	if worst > most {
		t.Errorf("%d claims in a second, want at most %d", worst, most)
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "R3", Promise: fmt.Sprintf("≤ 2 K = %d claims/s", most), Worst: fmt.Sprintf("%d in the worst second", worst), Met: true,
		How: "10,000 environments at the end of an open time, 1,000 calls/s",
	}))
}
