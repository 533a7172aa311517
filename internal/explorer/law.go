package explorer

import (
	"fmt"

	"github.com/recloser-dev/recloser"
)

// check returns the law that s breaks, or nothing.
func (x *space) check(s state) string {
	flying := 0
	for _, id := range s.envs {
		if id == 0 {
			continue
		}
		e := x.envs.value(id)
		sum := &x.locals[e.local]
		for i := range uint8(callers) {
			t, o := &sum.threads[i], e.outside(i)
			if !t.probe || !t.shared || t.at != atPermit && t.at != atCall {
				continue
			}
			if !o.landed {
				return "S3: a call goes on a claim that the store never made"
			}
			if o.sent && o.stood < x.excused() {
				flying++
			}
		}
	}
	if probes := x.config.Policy.HalfOpen.Probes; flying > probes {
		return fmt.Sprintf("S1: %d probes are in flight, and %d may be", flying, probes)
	}
	return ""
}

// skewed returns how far clocks are apart.
func (x *space) skewed() int {
	low, high := x.config.Skew[0], x.config.Skew[0]
	for _, s := range x.config.Skew {
		low, high = min(low, s), max(high, s)
	}
	return high - low
}

// excused is for how many ticks a prober may not stand still after its last look at
// the clock: the margin, less what clocks are apart. Who does is beyond any protocol;
// the others are as many as ever (S1b).
func (x *space) excused() uint8 {
	return uint8(ticks(x.config.Policy.HalfOpen.Margin) - x.skewed())
}

// checkWrite returns the law that a write breaks which was made.
func checkWrite(before, after relative, w relativeWrite) string {
	transition := w.kind == aTransition || w.kind == aFirstClaim
	switch {
	case w.generation != before.generation:
		return fmt.Sprintf("S2: a write of generation %d changes generation %d", w.generation, before.generation)
	case after.generation < before.generation, transition && after.generation != before.generation+1,
		!transition && after.generation != before.generation:
		return fmt.Sprintf("S2: generation %d after %d", after.generation, before.generation)
	case w.kind == aSettle && w.outcome == recloser.OutcomeIgnored && (after.ok != before.ok || after.failed != before.failed):
		return "S7: a probe that is ignored counts"
	case w.kind == aSettle && after.tokens[w.slot] != 0:
		return "S7: a probe that has ended holds its slot"
	}
	return ""
}

// checkSettle returns the law that is broken by a thread that settles its probe.
func checkSettle(w relativeWrite, o outside, caller bool) string {
	if w.kind != aSettle {
		return ""
	}
	want := recloser.OutcomeIgnored // No call was made.
	switch {
	case !caller:
		want = recloser.OutcomeFailure // It has run out.
	case o.called:
		want = o.outcome
	}
	if w.outcome != want {
		return fmt.Sprintf("S7: a probe that came to %v counts as %v", want, w.outcome)
	}
	return ""
}
