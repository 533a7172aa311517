package recloser

import (
	"time"
)

// Limits of a policy and of what a record may hold.
const (
	// MaxProbes is the largest number of probes a half-open circuit may have
	// in flight.
	MaxProbes = 8
	// WindowSlots is the number of slots into which a window is divided.
	WindowSlots = 10
)

// Policy is the rules of one circuit: when it opens, for how long, how it
// probes, and how it closes. It is plain data. The zero value of a field means
// zero, never "the default", so start from [DefaultPolicy] and change what you
// need; a policy is checked by [Policy.Validate] wherever it is taken.
type Policy struct {
	// OpenWhen says on what evidence the circuit opens.
	OpenWhen OpenWhen `json:"open_when"`
	// OpenFor says how long it stays open.
	OpenFor OpenFor `json:"open_for"`
	// HalfOpen says how it probes whether the dependency is back.
	HalfOpen HalfOpen `json:"half_open"`
	// Ramp says how traffic returns after it closes.
	Ramp Ramp `json:"ramp"`
	// Call bounds every call.
	Call CallLimits `json:"call"`
	// WhenStoreFails says what decides while the store cannot be reached.
	// Defaults to last_known.
	WhenStoreFails StoreFailure `json:"when_store_fails"`
	// Enforce is the share of rejections that are carried out. At 0% the
	// circuit is in shadow mode: everything is judged and told, and no call is
	// rejected or cut short. Defaults to 100%.
	Enforce Share `json:"enforce"`
}

// OpenWhen is the evidence on which a circuit opens: a rate over a rolling
// window of the whole fleet.
type OpenWhen struct {
	// FailureRate opens the circuit when at least this share of calls failed.
	// 0% turns the rule off; at 100% MinCalls that failed are enough, since no
	// number of them could show more. Defaults to 50%.
	FailureRate Share `json:"failure_rate"`
	// SlowRate opens the circuit when at least this share of calls took
	// SlowAfter or longer. 0% turns the rule off, and 100% is as for FailureRate.
	// Defaults to 80%.
	SlowRate Share `json:"slow_rate"`
	// SlowAfter is the duration from which a call is slow, whether it has
	// ended or is still in flight. Defaults to 2s.
	SlowAfter time.Duration `json:"slow_after"`
	// Window is the span of time whose calls are judged, a whole number of
	// seconds. It is kept in ten slots; shorter suffixes of it are judged too,
	// so that a long healthy past does not hide a fresh outage. In a window
	// shorter than [RefreshInterval] fewer than three environments cannot
	// convince a fleet; each then opens for itself. Defaults to 10s.
	Window time.Duration `json:"window"`
	// MinCalls is the number of calls below which nothing is judged.
	// Defaults to 10.
	MinCalls int `json:"min_calls"`
	// Confidence is how sure one must be that the true rate is above the
	// threshold: the one-sided confidence of Wilson's lower bound. 0% judges
	// the plain rate of the whole window. Defaults to 99.9%.
	Confidence Share `json:"confidence"`
	// Consecutive is the number of failures in a row, over at least a second
	// and one slot of the window, that opens one environment for itself. It never opens
	// the circuit of others. 0 turns the rule off. Defaults to 5.
	Consecutive int `json:"consecutive"`
}

// OpenFor is how long a circuit stays open:
// min(MaxCooldown, Cooldown × Backoff^relapses × (1 + u × Jitter)), u in [0, 1).
type OpenFor struct {
	// Cooldown is the open time of a first opening. Defaults to 10s.
	Cooldown time.Duration `json:"cooldown"`
	// Backoff multiplies the open time at every relapse. Defaults to 2.
	Backoff float64 `json:"backoff"`
	// MaxCooldown bounds the open time, whatever its reason. Defaults to 5m.
	MaxCooldown time.Duration `json:"max_cooldown"`
	// Jitter spreads the end of the open time upwards. Defaults to 20%.
	Jitter Share `json:"jitter"`
}

// HalfOpen is how a circuit finds out whether the dependency is back.
type HalfOpen struct {
	// Probes is how many probes may be in flight in the whole fleet, at most
	// [MaxProbes]. Defaults to 1.
	Probes int `json:"probes"`
	// Successes is how many successful probes close the circuit, counted over
	// all environments. Defaults to 3.
	Successes int `json:"successes"`
	// Failures is how many failed probes open it again. Defaults to 1.
	Failures int `json:"failures"`
	// Lease is how long the store keeps a probe's slot for its holder; it
	// expires by itself. 0s derives it: Call.Timeout + Margin. Defaults to 0s.
	Lease time.Duration `json:"lease"`
	// Margin is how long after its end a lease may be taken over. It must be
	// greater than twice the error of any environment's clock. Defaults to 3s.
	Margin time.Duration `json:"margin"`
}

// LeaseTime returns Lease, or what it is derived from for a call of the given
// timeout.
func (h HalfOpen) LeaseTime(timeout time.Duration) time.Duration {
	if h.Lease > 0 {
		return h.Lease
	}
	return timeout + h.Margin
}

// Ramp is how traffic returns after a circuit has closed: the share of calls
// admitted grows in a straight line, the same in all environments.
type Ramp struct {
	// From is the share of calls admitted at once. Defaults to 10%.
	From Share `json:"from"`
	// Over is how long it takes to reach 100%. 0s turns the ramp off.
	// Defaults to 30s.
	Over time.Duration `json:"over"`
}

// CallLimits bounds every call.
type CallLimits struct {
	// Timeout is the longest a call may take; its context ends then, and a
	// permit that was never settled counts as a failure. Defaults to 3s.
	Timeout time.Duration `json:"timeout"`
	// Reserve is the part of the caller's remaining time that the call must
	// leave, so that its outcome can still be counted; it is never more than a
	// quarter of that time. Defaults to 200ms.
	Reserve time.Duration `json:"reserve"`
	// Concurrency is how many calls an environment may have in flight; the
	// rest is rejected and counts as nothing. 0 sets no limit. Defaults to 0.
	Concurrency int `json:"concurrency"`
}

// Within returns how much of the time that a caller has left a call may take:
// all but Reserve, and at most Timeout.
func (c CallLimits) Within(left time.Duration) time.Duration {
	return min(c.Timeout, left-min(c.Reserve, left/4))
}

// StoreFailure says what decides while the store cannot be reached.
type StoreFailure string

const (
	// StoreFailureLastKnown keeps the last known state until its own end, then a
	// local circuit with the same policy decides.
	StoreFailureLastKnown StoreFailure = "last_known"
	// StoreFailureAllow admits every call.
	StoreFailureAllow StoreFailure = "allow"
	// StoreFailureReject rejects every call. It trades the promise that a store
	// fault rejects nothing by itself for never calling unseen.
	StoreFailureReject StoreFailure = "reject"
)

// DefaultPolicy returns the policy with every default.
func DefaultPolicy() Policy {
	return Policy{
		OpenWhen: OpenWhen{
			FailureRate: 0.5,
			SlowRate:    0.8,
			SlowAfter:   2 * time.Second,
			Window:      10 * time.Second,
			MinCalls:    10,
			Confidence:  0.999,
			Consecutive: 5,
		},
		OpenFor: OpenFor{
			Cooldown:    10 * time.Second,
			Backoff:     2,
			MaxCooldown: 5 * time.Minute,
			Jitter:      0.2,
		},
		HalfOpen:       HalfOpen{Probes: 1, Successes: 3, Failures: 1, Margin: 3 * time.Second},
		Ramp:           Ramp{From: 0.1, Over: 30 * time.Second},
		Call:           CallLimits{Timeout: 3 * time.Second, Reserve: 200 * time.Millisecond},
		WhenStoreFails: StoreFailureLastKnown,
		Enforce:        1,
	}
}

// Lease returns the length of a probe's lease under p.
func (p Policy) Lease() time.Duration { return p.HalfOpen.LeaseTime(p.Call.Timeout) }

// slot returns the width of one slot of the window.
func (p Policy) slot() time.Duration { return p.OpenWhen.Window / WindowSlots }

// shadow reports whether no rejection is carried out.
func (p Policy) shadow() bool { return p.Enforce <= 0 }
