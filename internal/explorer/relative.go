package explorer

import (
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

// slots is how many probe slots are explored.
const slots = 2

// relative is a record as it looks from a moment: instants are ticks from then on, no
// earlier than it matters, and what has no consequence is left out. Two records
// that are the same relative to their moments have the same future.
type relative struct {
	generation uint8
	state      recloser.State
	until      int8 // of an open circuit
	ok, failed uint8
	tokens     [slots]uint8
	ends       [slots]int8
}

// relativeWrite is a write as it looks from a moment.
type relativeWrite struct {
	kind       writeKind
	generation uint8
	slot       uint8
	was, token uint8
	end        int8 // of the lease
	outcome    recloser.Outcome
	to         recloser.State
	until      int8
}

type writeKind uint8

const (
	noWrite writeKind = iota // a read
	aClaim
	aFirstClaim
	aSettle
	aTransition
	aWatch
)

// scale knows how far back anything matters.
type scale struct {
	policy   recloser.Policy
	cooldown int8
	opened   int8 // an open time that ended so long ago is over for everybody
	ended    int8 // a lease that ended so long ago is everybody's to take
}

func newScale(policy recloser.Policy, skew int) scale {
	return scale{
		policy: policy, cooldown: int8(ticks(policy.OpenFor.Cooldown)),
		opened: -int8(skew), ended: -int8(ticks(policy.HalfOpen.Margin) + skew),
	}
}

func ticks(d time.Duration) int { return int(d / tick) }

// from returns how many ticks t lies after now.
func from(now, t recloser.Instant, least int8) int8 {
	d := t.Sub(now)
	if t != 0 && d%tick != 0 {
		panic("explorer: an instant between two ticks: " + strconv.FormatInt(int64(t), 10))
	}
	return int8(max(ticks(d), int(least)))
}

func at(now recloser.Instant, n int8) recloser.Instant { return now.Add(time.Duration(n) * tick) }

func number(token string) uint8 {
	n, _ := strconv.Atoi(token)
	return uint8(n)
}

func text(token uint8) string {
	if token == 0 {
		return ""
	}
	return strconv.Itoa(int(token))
}

// relate returns r as it looks from now.
func (s scale) relate(r recloser.Record, now recloser.Instant) relative {
	rel := relative{
		generation: uint8(r.Generation), state: r.State,
		ok: uint8(min(r.ProbeOK, s.policy.HalfOpen.Successes)), failed: uint8(min(r.ProbeFailed, s.policy.HalfOpen.Failures)),
	}
	if r.State == recloser.StateOpen {
		rel.until = from(now, r.OpenUntil, s.opened)
	}
	for i := range slots {
		if r.Probes[i].Token != "" {
			rel.tokens[i], rel.ends[i] = number(r.Probes[i].Token), from(now, r.Probes[i].End, s.ended)
		}
	}
	return rel
}

// absolute returns the record that rel is at now.
func (s scale) absolute(rel relative, now recloser.Instant) recloser.Record {
	r := recloser.Record{
		Schema: recloser.Schema, Generation: uint64(rel.generation), State: rel.state, Since: now,
		ProbeOK: int(rel.ok), ProbeFailed: int(rel.failed),
	}
	switch rel.state {
	case recloser.StateOpen:
		r.Since, r.OpenUntil, r.Cause.Rule = at(now, rel.until-s.cooldown), at(now, rel.until), recloser.RuleFailureRate
	case recloser.StateHalfOpen:
		r.Cause.Rule = recloser.RuleCooledDown
	case recloser.StateClosed:
		r.Cause.Rule = recloser.RuleRecovered
	}
	for i := range slots {
		if rel.tokens[i] != 0 {
			r.Probes[i] = recloser.Lease{Token: text(rel.tokens[i]), End: at(now, rel.ends[i])}
		}
	}
	return r
}

// later returns rel a tick later.
func (s scale) later(rel relative) relative {
	if rel.state == recloser.StateOpen {
		rel.until = max(rel.until-1, s.opened)
	}
	for i := range slots {
		if rel.tokens[i] != 0 {
			rel.ends[i] = max(rel.ends[i]-1, s.ended)
		}
	}
	return rel
}

// relateWrite returns w as it looks from now.
func (s scale) relateWrite(w recloser.Write, now recloser.Instant) relativeWrite {
	rel := relativeWrite{generation: uint8(w.Under())}
	switch w := w.(type) {
	case recloser.Claim:
		rel.kind, rel.slot, rel.was = aClaim, uint8(w.Slot), number(w.Was)
		rel.token, rel.end = number(w.Lease.Token), from(now, w.Lease.End, s.ended)
		if w.First {
			rel.kind = aFirstClaim
		}
	case recloser.Settle:
		rel.kind, rel.slot, rel.token, rel.outcome = aSettle, uint8(w.Slot), number(w.Token), w.Outcome
	case recloser.Transition:
		rel.kind, rel.to = aTransition, w.To
		if w.To == recloser.StateOpen {
			rel.until = from(now, w.OpenUntil, s.opened)
		}
	case recloser.Watch:
		rel.kind = aWatch
	case recloser.Unwatch, recloser.Report, recloser.SetOverride:
		panic("explorer: nothing is watched, and nothing is forced")
	}
	return rel
}

// absoluteWrite returns the write that rel is at now.
func (s scale) absoluteWrite(rel relativeWrite, now recloser.Instant) recloser.Write {
	generation := uint64(rel.generation)
	switch rel.kind {
	case aClaim, aFirstClaim:
		return recloser.Claim{
			Generation: generation, First: rel.kind == aFirstClaim, Since: now, Slot: int(rel.slot), Was: text(rel.was),
			Lease: recloser.Lease{Token: text(rel.token), End: at(now, rel.end)},
		}
	case aSettle:
		return recloser.Settle{Generation: generation, Slot: int(rel.slot), Token: text(rel.token), Outcome: rel.outcome}
	case aTransition:
		t := recloser.Transition{Generation: generation, To: rel.to, Since: now}
		if rel.to == recloser.StateOpen {
			t.Since, t.OpenUntil = at(now, rel.until-s.cooldown), at(now, rel.until)
		}
		return t
	case noWrite, aWatch:
	}
	panic("explorer: not a write of a probe")
}

// laterWrite returns rel a tick later.
func (s scale) laterWrite(rel relativeWrite) relativeWrite {
	switch rel.kind {
	case aClaim, aFirstClaim:
		rel.end = max(rel.end-1, s.ended)
	case aTransition:
		if rel.to == recloser.StateOpen {
			rel.until = max(rel.until-1, s.opened)
		}
	case noWrite, aSettle, aWatch:
	}
	return rel
}

// apply returns what stands after w at r, and whether it was made.
func (s scale) apply(r relative, w relativeWrite) (relative, bool) {
	next, made := s.absolute(r, epoch).Apply(s.absoluteWrite(w, epoch))
	return s.relate(next, epoch), made
}
