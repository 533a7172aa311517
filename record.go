package recloser

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Schema is the version of the record that this library writes.
const Schema = 1

// MaxVoices is how many environments a record names as having reported
// failures: enough to know that it is not one environment that speaks.
const MaxVoices = 3

// ErrSchema is matched by the error of a record whose schema is newer than
// [Schema]. Such a record is neither judged nor written.
var ErrSchema = errors.New("recloser: record of a newer schema")

// Record is the shared state of a circuit: everything an environment must know
// to agree with all others. It is a plain, comparable value. The zero Record is
// the record of a circuit that nobody has written yet: closed, generation 0.
type Record struct {
	// Schema is the version it was written with; 0 if it was never written.
	Schema int
	// Generation is raised by one by every transition. Every write names the
	// generation it was made under.
	Generation uint64
	// State is where the circuit stands as last written; see [Policy.StateOf].
	State State
	// Since is when that state began.
	Since Instant
	// OpenUntil is when an open circuit may be probed.
	OpenUntil Instant
	// Relapses is how often it opened again without having been well between.
	Relapses int
	// Cause is why it is in its state.
	Cause Cause
	// Override is the operator's word, beside the state.
	Override Override
	// WatchSince is when the watch began; zero if nobody watches.
	WatchSince Instant
	// Share is the share of calls that are counted while it is watched.
	Share Share
	// Voices are the environments that have reported failures in this watch:
	// of all that have, those whose names sort first.
	Voices [MaxVoices]string
	// Window is what the counted calls of this watch came to.
	Window Window
	// Probes are the slots for probes and who holds them.
	Probes [MaxProbes]Lease
	// ProbeOK is how many probes of this generation succeeded.
	ProbeOK int
	// ProbeFailed is how many probes of this generation failed.
	ProbeFailed int
}

// Lease is the store's promise of a probe slot to one call. The zero Lease is a
// free slot.
type Lease struct {
	// Token was made for one attempt to claim; it proves who holds the slot.
	Token string
	// End is when the holder must be done.
	End Instant
}

// Rule is why a circuit changed its state.
type Rule string

const (
	// RuleFailureRate opened it: too large a share of calls failed.
	RuleFailureRate Rule = "failure_rate"
	// RuleSlowRate opened it: too large a share of calls was slow.
	RuleSlowRate Rule = "slow_rate"
	// RuleConsecutive opened it: one environment failed too often in a row.
	RuleConsecutive Rule = "consecutive"
	// RuleProbeFailed opened it again.
	RuleProbeFailed Rule = "probe_failed"
	// RuleCooledDown moved it to half-open.
	RuleCooledDown Rule = "cooled_down"
	// RuleRecovered closed it; it ramps up.
	RuleRecovered Rule = "recovered"
	// RuleReset closed it by an operator's hand; there is no ramp.
	RuleReset Rule = "reset"
)

// Cause is why a circuit is in its state, with the evidence.
type Cause struct {
	// Rule is what decided.
	Rule Rule `json:"rule,omitempty"`
	// Calls, Failures and Slow are the counts it was decided on.
	Calls    int `json:"calls,omitempty"`
	Failures int `json:"failures,omitempty"`
	Slow     int `json:"slow,omitempty"`
	// Span is the part of the window they were counted in.
	Span time.Duration `json:"span_ns,omitempty"`
	// Actor is who reset it, and Reason why, if an operator did: at most
	// [MaxActor] and [MaxReason] bytes of UTF-8.
	Actor  string `json:"actor,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// String returns the cause as one would say it: "failure_rate: 12 of 14 calls
// failed, 0 were slow in 2s".
func (c Cause) String() string {
	switch c.Rule {
	case "":
		return "new"
	case RuleFailureRate, RuleSlowRate:
		return fmt.Sprintf("%s: %d of %d calls failed, %d were slow in %v", c.Rule, c.Failures, c.Calls, c.Slow, c.Span)
	case RuleConsecutive:
		return fmt.Sprintf("%s: %d failures in a row", c.Rule, c.Failures)
	case RuleProbeFailed, RuleRecovered:
		return fmt.Sprintf("%s: %d of %d probes failed", c.Rule, c.Failures, c.Calls)
	case RuleReset:
		return c.reset()
	case RuleCooledDown:
	}
	return string(c.Rule)
}

// reset says who reset the circuit, and why.
func (c Cause) reset() string {
	text := string(c.Rule)
	if c.Actor != "" {
		text += " by " + c.Actor
	}
	if c.Reason != "" {
		text += ": " + c.Reason
	}
	return text
}

// OverrideMode is what an operator forces a circuit to do.
type OverrideMode string

const (
	// OverrideNone forces nothing.
	OverrideNone OverrideMode = ""
	// OverrideOpen rejects every call; nothing is probed.
	OverrideOpen OverrideMode = "open"
	// OverrideClosed admits every call.
	OverrideClosed OverrideMode = "closed"
)

// Override is an operator's force-open or force-closed. It stands beside the
// state, which goes on underneath and holds again at its end.
type Override struct {
	// Mode is what is forced.
	Mode OverrideMode `json:"mode,omitempty"`
	// Until is when it ends by itself.
	Until Instant `json:"until_ms,omitempty"`
	// Actor is who said so.
	Actor string `json:"actor,omitempty"`
	// Reason is why.
	Reason string `json:"reason,omitempty"`
}

const (
	// MaxActor is the largest length in bytes of the name of an operator.
	MaxActor = 128
	// MaxReason is the largest length in bytes of an operator's reason.
	MaxReason = 256
)

// Validate reports what is wrong with o: an unknown mode, no end, or an actor
// or reason that is missing, too long for the record, or no UTF-8.
func (o Override) Validate() error {
	switch {
	case o.Mode == OverrideNone:
		return nil
	case o.Mode != OverrideOpen && o.Mode != OverrideClosed:
		return fmt.Errorf("recloser: an override is open or closed, not %.40q", string(o.Mode))
	case o.Until <= 0:
		return errors.New("recloser: an override needs an end, so that nobody has to remember it")
	case o.Actor == "" || len(o.Actor) > MaxActor:
		return fmt.Errorf("recloser: an override needs an actor of 1 to %d bytes, not %d", MaxActor, len(o.Actor))
	case strings.ToValidUTF8(o.Actor, "") != o.Actor || strings.ToValidUTF8(o.Reason, "") != o.Reason:
		return errors.New("recloser: an override's actor and reason must be UTF-8")
	case len(o.Reason) > MaxReason:
		return fmt.Errorf("recloser: an override's reason has at most %d bytes, not %d", MaxReason, len(o.Reason))
	}
	return nil
}

// Override returns what is forced at now: the zero Override once it has ended.
func (v View) override() Override {
	if v.Override.Mode != OverrideNone && v.Now < v.Override.Until {
		return v.Override
	}
	return Override{}
}

// withVoice returns the voices with name among them. It would sort before an
// empty place, but nobody is called that.
func (r Record) withVoice(name string) [MaxVoices]string {
	voices := r.Voices
	if name == "" || slices.Contains(voices[:], name) {
		return voices
	}
	for i, v := range voices {
		if v == "" || name < v {
			copy(voices[i+1:], voices[i:])
			voices[i] = name
			break
		}
	}
	return voices
}

// Apply returns the record after w and true, or r itself and false if w's
// condition does not hold. It is what a write means: a store that keeps records
// otherwise must come to the same.
func (r Record) Apply(w Write) (Record, bool) {
	next, ok := w.apply(r)
	if !ok {
		return r, false
	}
	next.Schema = Schema
	return next, true
}

// Check returns an error that matches [ErrSchema] if r was written by a later
// version of the protocol.
func (r Record) Check() error {
	if r.Schema > Schema {
		return fmt.Errorf("%w: %d, and this version knows %d; upgrade it, or roll the writer back", ErrSchema, r.Schema, Schema)
	}
	return nil
}
