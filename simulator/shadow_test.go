package simulator_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// results notes what each call came to.
type results map[string]simulator.StepKind

func (r results) Observe(s simulator.Step) {
	ends := []simulator.StepKind{simulator.StepSucceeded, simulator.StepFailed, simulator.StepRejected, simulator.StepLost}
	if slices.Contains(ends, s.Kind) {
		call, _, _ := strings.Cut(s.Text, ":")
		r[call] = s.Kind
	}
}

// In shadow mode every call comes to what it would without a breaker. LAWS.md, B7.
func TestShadowModeChangesNoResult(t *testing.T) {
	seeds(t, budget(10, 200, 2_000), func(seed uint64) {
		with := fleet(seed, 10, 100, 90*time.Second)
		with.Policy.Enforce = 0
		then(&with, 20*time.Second, func(p *simulator.Phase) { p.Failing, p.Latency, p.Tail = 0.8, 5*time.Millisecond, 0 })
		then(&with, 60*time.Second, func(p *simulator.Phase) { p.Latency, p.Tail = 2500*time.Millisecond, 0 })
		without := with
		without.Protocol = simulator.ProtocolNone
		got, want := results{}, results{}
		r := play(t, with, got)
		play(t, without, want)
		differ := 0
		for call, result := range want {
			if got[call] != result {
				differ++
			}
		}
		// A call that waits for the store may come to the dependency after it has
		// changed, by a store's timeout at most.
		if most := 2 * 100 / 10; differ > most || len(got) < 8000 || r.Writes == 0 {
			t.Errorf("seed %d: %d of %d calls came to something else; want at most %d, those as the dependency changes", seed, differ, len(want), most)
		}
	})
}
