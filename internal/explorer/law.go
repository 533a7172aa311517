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
			// Who was held up for longer than the margin allows is beyond any
			// protocol (S1b): the others are as many as ever.
			if o.sent && int(t.claimed) <= x.excused() {
				flying++
			}
		}
	}
	if probes := x.config.Policy.HalfOpen.Probes; flying > probes {
		return fmt.Sprintf("S1: %d probes are in flight, and %d may be", flying, probes)
	}
	r := x.records.value(s.record)
	lease := ticks(x.config.Policy.Lease()) + x.skewed()
	for i := range slots {
		if r.tokens[i] != 0 && int(r.ends[i]) > lease {
			return "S8: a slot is held for longer than a lease"
		}
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

// excused is the age of a claim beyond which its call may meet another's: a claim
// that is taken over by a clock that is ahead is older than that.
func (x *space) excused() int {
	p := x.config.Policy
	return ticks(p.Lease()+p.HalfOpen.Margin) - x.skewed() - 1
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
