package recloser_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// TestSettlements: what each outcome of a probe comes to, in every state and
// under every override. An ignored one gives the slot back and counts as
// neither; one whose circuit has moved on changes nothing. LAWS.md, S2 and S7.
func TestSettlements(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Failures, p.HalfOpen.Successes, p.HalfOpen.Probes = 2, 2, 2
	type tally struct{ ok, failed int }
	counted := map[recloser.Outcome]tally{
		recloser.OutcomeSuccess: {ok: 1}, recloser.OutcomeFailure: {failed: 1}, recloser.OutcomeSlow: {failed: 1}, recloser.OutcomeIgnored: {},
	}
	modes := []recloser.OverrideMode{recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed}
	cells := 0
	for _, state := range states {
		for outcome := recloser.OutcomeSuccess; outcome <= recloser.OutcomeIgnored; outcome++ {
			for _, mode := range modes {
				cells++
				t.Run(fmt.Sprintf("%v/%v/%q", state, outcome, mode), func(t *testing.T) {
					r := recordIn(state)
					r.Override = forcing(mode)
					w := recloser.Settle{Generation: r.Generation, Token: "mine", Outcome: outcome}
					got, made := r.Apply(w)
					want := r
					if state == recloser.StateHalfOpen {
						want.Probes[0] = recloser.Lease{}
						want.ProbeOK, want.ProbeFailed = counted[outcome].ok, counted[outcome].failed
					}
					if got != want || made != (state == recloser.StateHalfOpen) {
						t.Fatalf("got %+v, %t; want %+v", got, made, want)
					}
					if again, made := got.Apply(w); made || again != got {
						t.Errorf("settled twice: got %+v, %t", again, made)
					}
					if due, ok := p.Due(got.At(noon), 0); ok {
						t.Errorf("one outcome of two was enough for %+v", due)
					}
					for _, stale := range []uint64{r.Generation - 1, r.Generation + 1} {
						w.Generation = stale
						if late, made := r.Apply(w); made || late != r {
							t.Errorf("settled under generation %d: got %+v, %t", stale, late, made)
						}
					}
				})
			}
		}
	}
	if cells != 36 {
		t.Errorf("the table has %d cells", cells)
	}
	evidence.Record(t, evidence.Entry{
		Law: "S7", Seeds: cells, Promise: "every cell of states × outcomes × overrides", Worst: "every cell as it should be", Met: true,
		How: "all there are, each also settled twice and under other generations",
	})
}

// TestSettlementsDecide: so many successes close, so many failures open again,
// and of both the failures; what is ignored decides nothing. LAWS.md, S7.
func TestSettlementsDecide(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Failures, p.HalfOpen.Successes = 2, 3
	for ok := range 5 {
		for failed := range 4 {
			r := recordIn(recloser.StateHalfOpen)
			r.ProbeOK, r.ProbeFailed, r.Relapses = ok, failed, 1
			got, due := p.Due(r.At(noon), 0.5)
			cause := recloser.Cause{Calls: ok + failed, Failures: failed}
			var want recloser.Transition
			switch {
			case failed >= 2:
				cause.Rule = recloser.RuleProbeFailed
				// The second relapse: 10s × 2², and half of the jitter.
				want = recloser.Transition{Generation: 8, To: recloser.StateOpen, Since: noon, OpenUntil: noon.Add(44 * time.Second), Relapses: 2, Cause: cause}
			case ok >= 3:
				cause.Rule = recloser.RuleRecovered
				want = recloser.Transition{Generation: 8, To: recloser.StateClosed, Since: noon, Relapses: 1, Cause: cause}
			}
			if got != want || due != (want != recloser.Transition{}) {
				t.Errorf("%d good and %d failed: got %+v, %t; want %+v", ok, failed, got, due, want)
			}
		}
	}
}
