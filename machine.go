package recloser

import (
	"math"
	"time"
)

// Verdict is what a circuit says to a call.
type Verdict uint8

const (
	// VerdictAdmit lets the call through.
	VerdictAdmit Verdict = iota
	// VerdictReject turns it away.
	VerdictReject
	// VerdictProbe lets it through if it can claim a probe slot.
	VerdictProbe
)

// Reason is why a call was turned away.
type Reason string

const (
	// ReasonOpen is an open circuit.
	ReasonOpen Reason = "open"
	// ReasonForcedOpen is an operator's override.
	ReasonForcedOpen Reason = "forced_open"
	// ReasonProbing is a half-open circuit whose probe slots are all taken.
	ReasonProbing Reason = "probing"
	// ReasonRamp is a closed circuit that does not yet admit every call.
	ReasonRamp Reason = "ramp"
	// ReasonConcurrency is an environment with as many calls in flight as
	// its policy allows.
	ReasonConcurrency Reason = "concurrency"
	// ReasonStore is a store out of reach under when_store_fails: reject.
	ReasonStore Reason = "store"
)

// Admission is what [Policy.Admit] decided.
type Admission struct {
	Verdict Verdict
	// Reason is why a call is turned away.
	Reason Reason
	// RetryAfter is when to ask again, if nothing changes before.
	RetryAfter time.Duration
	// Slot is the probe slot to claim.
	Slot int
}

// Admit decides on one call: a pure function of the policy, the view and a coin
// in [0, 1) drawn for the call.
func (p Policy) Admit(v View, coin float64) Admission {
	switch o := v.override(); o.Mode {
	case OverrideOpen:
		return Admission{Verdict: VerdictReject, Reason: ReasonForcedOpen, RetryAfter: o.Until.Sub(v.Now)}
	case OverrideClosed:
		return Admission{Verdict: VerdictAdmit}
	case OverrideNone:
	}
	switch v.State {
	case StateOpen:
		if left := p.openLeft(v); left > 0 {
			return Admission{Verdict: VerdictReject, Reason: ReasonOpen, RetryAfter: left}
		}
		return Admission{Verdict: VerdictProbe}
	case StateHalfOpen:
		return p.admitProbe(v)
	case StateClosed:
	}
	if share := p.RampShare(v); coin >= float64(share) {
		return Admission{Verdict: VerdictReject, Reason: ReasonRamp, RetryAfter: p.rampLeft(v)}
	}
	return Admission{Verdict: VerdictAdmit}
}

// admitProbe admits no probe once the circuit is to open or to close: the write that
// opens it may be on its way since its cooldown began, and come so late that little of
// that is left when the probe is still in flight.
func (p Policy) admitProbe(v View) Admission {
	if v.ProbeFailed >= p.HalfOpen.Failures || v.ProbeOK >= p.HalfOpen.Successes {
		return Admission{Verdict: VerdictReject, Reason: ReasonProbing, RetryAfter: p.Lease()}
	}
	wait := p.Lease() + p.HalfOpen.Margin
	for i, lease := range v.Probes[:min(p.HalfOpen.Probes, MaxProbes)] {
		left := p.leaseLeft(v, i)
		if lease.Token == "" || left <= 0 {
			return Admission{Verdict: VerdictProbe, Slot: i}
		}
		wait = min(wait, left)
	}
	return Admission{Verdict: VerdictReject, Reason: ReasonProbing, RetryAfter: wait}
}

// leaseLeft returns how long the slot's lease must be respected: until the
// margin after its end, and never longer than a lease and a margin from when
// it was first seen, whatever the record says.
func (p Policy) leaseLeft(v View, slot int) time.Duration {
	return min(v.Probes[slot].End.Sub(v.Now), p.Lease()-v.LeaseHeld[slot]) + p.HalfOpen.Margin
}

// openLeft returns how long an open circuit stays open: until OpenUntil, and
// never longer than its open time from when it was first seen, nor than
// MaxCooldown, whatever the record says.
func (p Policy) openLeft(v View) time.Duration {
	length := min(max(v.OpenUntil.Sub(v.Since), 0), p.OpenFor.MaxCooldown)
	return min(v.OpenUntil.Sub(v.Now), v.Since.Add(length).Sub(v.Now), length-v.Held)
}

// StateOf returns where the circuit stands at the moment of the view: an open
// circuit whose time has passed is half-open, though nobody has written it yet.
func (p Policy) StateOf(v View) State {
	if v.State == StateOpen && p.openLeft(v) <= 0 {
		return StateHalfOpen
	}
	return v.State
}

// RampShare returns the share of calls a closed circuit admits.
func (p Policy) RampShare(v View) Share {
	left := p.rampLeft(v)
	if left <= 0 {
		return 1
	}
	done := 1 - float64(left)/float64(p.Ramp.Over)
	return p.Ramp.From + Share(done)*(1-p.Ramp.From)
}

// AdmittedShare returns the share of calls that are admitted: what the ramp says
// of a closed circuit, none of an open or half-open one but for its probes, and
// what an override says of any.
func (p Policy) AdmittedShare(v View) Share {
	switch v.override().Mode {
	case OverrideOpen:
		return 0
	case OverrideClosed:
		return 1
	case OverrideNone:
	}
	if v.State != StateClosed {
		return 0
	}
	return p.RampShare(v)
}

// rampLeft returns how long the ramp still lasts.
func (p Policy) rampLeft(v View) time.Duration {
	if v.State != StateClosed || v.Cause.Rule != RuleRecovered {
		return 0
	}
	return min(v.Since.Add(p.Ramp.Over).Sub(v.Now), p.Ramp.Over-v.Held, p.Ramp.Over)
}

// Due returns the transition that the view shows to be due, if any: whoever sees
// it makes it, so that a process that dies before leaves nothing stuck. u in
// [0, 1) jitters the open time.
func (p Policy) Due(v View, u float64) (Transition, bool) {
	switch v.State {
	case StateClosed:
		if cause, ok := p.judgeView(v); ok {
			return p.Trip(v, cause, 0, u), true
		}
	case StateHalfOpen:
		probes := Cause{Calls: add(v.ProbeOK, v.ProbeFailed), Failures: v.ProbeFailed}
		if v.ProbeFailed >= p.HalfOpen.Failures {
			probes.Rule = RuleProbeFailed
			return p.Trip(v, probes, 0, u), true
		}
		if v.ProbeOK >= p.HalfOpen.Successes {
			probes.Rule = RuleRecovered
			return Transition{
				Generation: v.Generation,
				To:         StateClosed,
				Since:      v.date(),
				Relapses:   v.Relapses,
				Cause:      probes,
			}, true
		}
	case StateOpen:
	}
	return Transition{}, false
}

// Trip returns the transition that opens the circuit. retryAfter is what the
// dependency asked for; it lengthens the open time, up to MaxCooldown.
func (p Policy) Trip(v View, cause Cause, retryAfter time.Duration, u float64) Transition {
	relapses := p.relapses(v)
	return Transition{
		Generation: v.Generation,
		To:         StateOpen,
		Since:      v.date(),
		OpenUntil:  v.date().Add(p.openTime(relapses, retryAfter, u)),
		Relapses:   relapses,
		Cause:      cause,
	}
}

// relapses returns how often the circuit has opened without having been well:
// a failed probe is a relapse, and so is what opens a circuit within a window
// of its ramp.
func (p Policy) relapses(v View) int {
	wellAfter := p.Ramp.Over + p.OpenWhen.Window
	recovering := v.State == StateClosed && v.Cause.Rule == RuleRecovered &&
		v.Now.Sub(v.Since) < wellAfter && v.Held < wellAfter
	if v.State == StateHalfOpen || recovering {
		return min(add(v.Relapses, 1), 1000)
	}
	return 0
}

func (p Policy) openTime(relapses int, retryAfter time.Duration, u float64) time.Duration {
	o := p.OpenFor
	grown := stretch(o.Cooldown, math.Pow(o.Backoff, float64(relapses))*(1+u*float64(o.Jitter)))
	return min(max(grown, retryAfter), o.MaxCooldown)
}

// Claim returns the write that claims the admission's probe slot with a token
// made for this one attempt.
func (p Policy) Claim(v View, slot int, token string) Claim {
	c := Claim{
		Generation: v.Generation,
		Slot:       slot,
		Lease:      Lease{Token: token, End: v.date().Add(p.Lease())},
	}
	if v.State == StateOpen {
		c.First, c.Since, c.Slot = true, v.date(), 0
		return c
	}
	c.Was = v.Probes[slot].Token
	return c
}
