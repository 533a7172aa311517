package recloser_test

import (
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// naiveCircuit is a circuit as one would write it who has never heard of a
// record: all writes that were ever made, in order. What a circuit is like is
// found by looking through them, and nobody looks at those of a generation that
// is over, but for the two things that outlive one.
type naiveCircuit struct{ made []recloser.Write }

// begins reports whether w moves a circuit to another generation.
func begins(w recloser.Write) bool {
	switch w := w.(type) {
	case recloser.Transition:
		return true
	case recloser.Claim:
		return w.First
	default:
		return false
	}
}

// generation returns the number of the generation, and its writes, of which the
// first began it.
func (n *naiveCircuit) generation() (uint64, []recloser.Write) {
	number, first := uint64(0), 0
	for i, w := range n.made {
		if begins(w) {
			number, first = number+1, i
		}
	}
	return number, n.made[first:]
}

// watch returns when the watch began, and the reports it has had.
func (n *naiveCircuit) watch() (recloser.Instant, []recloser.Report) {
	_, writes := n.generation()
	var since recloser.Instant
	var reports []recloser.Report
	for _, w := range writes {
		switch w := w.(type) {
		case recloser.Watch:
			since, reports = w.At, nil
		case recloser.Unwatch:
			since, reports = 0, nil
		case recloser.Report:
			reports = append(reports, w)
		default:
		}
	}
	return since, reports
}

// holder returns who holds a probe slot.
func (n *naiveCircuit) holder(slot int) recloser.Lease {
	_, writes := n.generation()
	var lease recloser.Lease
	for _, w := range writes {
		switch w := w.(type) {
		case recloser.Claim:
			if w.Slot == slot {
				lease = w.Lease
			}
		case recloser.Settle:
			if w.Slot == slot {
				lease = recloser.Lease{}
			}
		default:
		}
	}
	return lease
}

// accepts reports whether a write would be made.
func (n *naiveCircuit) accepts(w recloser.Write) bool {
	number, _ := n.generation()
	since, _ := n.watch()
	if w.Under() != number {
		return false
	}
	switch w := w.(type) {
	case recloser.Watch:
		return w.Was == since
	case recloser.Unwatch:
		return w.Was == since
	case recloser.Report:
		return w.Watch == since
	case recloser.Claim:
		return w.First || w.Was == n.holder(w.Slot).Token
	case recloser.Settle:
		return w.Token == n.holder(w.Slot).Token
	default:
		return true
	}
}

// apply makes a write if it may be made.
func (n *naiveCircuit) apply(w recloser.Write) bool {
	ok := n.accepts(w)
	if ok {
		n.made = append(n.made, w)
	}
	return ok
}

// record returns the circuit as the record that there should be.
func (n *naiveCircuit) record() recloser.Record {
	var r recloser.Record
	if len(n.made) == 0 {
		return r
	}
	r.Schema = recloser.Schema
	for _, w := range n.made {
		switch w := w.(type) {
		case recloser.SetOverride:
			r.Override = w.Override
		case recloser.Watch:
			r.Share = w.Share
		case recloser.Report:
			r.Share = w.Share
		default:
		}
	}
	number, writes := n.generation()
	r.Generation = number
	switch w := writes[0].(type) {
	case recloser.Transition:
		r.State, r.Since, r.OpenUntil, r.Relapses, r.Cause = w.To, w.Since, w.OpenUntil, w.Relapses, w.Cause
	case recloser.Claim:
		r.State, r.Since, r.Cause.Rule = recloser.StateHalfOpen, w.Since, recloser.RuleCooledDown
		r.Relapses = n.relapsesBefore(w)
	default: // Nothing has begun yet.
	}
	for slot := range r.Probes {
		r.Probes[slot] = n.holder(slot)
	}
	for _, w := range writes {
		if w, ok := w.(recloser.Settle); ok && w.Outcome == recloser.OutcomeSuccess {
			r.ProbeOK++
		} else if ok && w.Outcome != recloser.OutcomeIgnored {
			r.ProbeFailed++
		}
	}
	n.listen(&r)
	return r
}

// listen fills in what was heard in the watch.
func (n *naiveCircuit) listen(r *recloser.Record) {
	since, reports := n.watch()
	window, voices := naiveWindow{}, []string{}
	for _, report := range reports {
		for _, start := range report.Drop {
			delete(window, start)
		}
		for _, s := range report.Counted {
			window.add(s.Start, s.Counts)
		}
		voices = append(voices, report.Voice)
	}
	r.WatchSince = since
	copy(r.Window[:], window.slots())
	slices.Sort(voices)
	voices = slices.DeleteFunc(slices.Compact(voices), func(v string) bool { return strings.TrimSpace(v) == "" })
	copy(r.Voices[:], voices)
}

// relapsesBefore returns the relapses of the generation that the claim ended.
func (n *naiveCircuit) relapsesBefore(claim recloser.Claim) int {
	for _, w := range n.made {
		if w, ok := w.(recloser.Transition); ok && w.Generation+1 == claim.Generation {
			return w.Relapses
		}
	}
	return 0
}
