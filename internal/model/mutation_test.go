package model_test

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// mutation is the core without one of its rules, as the model is without it. The zero
// mutation is the core.
type mutation struct {
	policy  func(*recloser.Policy)
	writes  func(recloser.Record, recloser.Write) recloser.Write // what becomes of a write on its way
	sees    func(recloser.Record) recloser.Record                // what a reader makes of the record
	owner   bool                                                 // the process is the owner
	blind   bool                                                 // nobody looks at the clock before the call
	hopeful bool                                                 // an unknown claim is ownership
}

func (m mutation) apply(r recloser.Record, w recloser.Write) (recloser.Record, bool) {
	if m.writes != nil {
		w = m.writes(r, w)
	}
	return r.Apply(w)
}

// unconditional returns the write with the condition that r satisfies.
func unconditional(r recloser.Record, w recloser.Write) recloser.Write {
	switch w := w.(type) {
	case recloser.Claim:
		w.Generation, w.Was = r.Generation, r.Probes[w.Slot].Token
		return w
	case recloser.Transition:
		w.Generation = r.Generation
		return w
	case recloser.Settle:
		w.Generation, w.Token = r.Generation, r.Probes[w.Slot].Token
		return w
	case recloser.Watch, recloser.Unwatch, recloser.Report, recloser.SetOverride:
	}
	return w
}

func unconditionalClaim(r recloser.Record, w recloser.Write) recloser.Write {
	if claim, is := w.(recloser.Claim); is {
		return unconditional(r, claim)
	}
	return w
}

// ignoredFails counts a call that says nothing as one that failed.
func ignoredFails(_ recloser.Record, w recloser.Write) recloser.Write {
	if settle, is := w.(recloser.Settle); is && settle.Outcome == recloser.OutcomeIgnored {
		settle.Outcome = recloser.OutcomeFailure
		return settle
	}
	return w
}

// endingAfter returns leases that end by d later.
func endingAfter(d time.Duration) func(recloser.Record) recloser.Record {
	return func(r recloser.Record) recloser.Record {
		for i := range r.Probes {
			if r.Probes[i].Token != "" {
				r.Probes[i].End = r.Probes[i].End.Add(d)
			}
		}
		return r
	}
}

// hoped is the record that a claim would have left.
func hoped(c recloser.Claim) recloser.Record {
	r := recloser.Record{Generation: c.Generation, State: recloser.StateHalfOpen, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}}
	if c.First {
		r.State, r.Since = recloser.StateOpen, c.Since
	}
	r.Probes[c.Slot].Token = c.Was
	r, _ = r.Apply(c)
	return r
}
