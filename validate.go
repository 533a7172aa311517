package recloser

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// ErrPolicy is matched by every error of [Policy.Validate].
var ErrPolicy = errors.New("recloser: invalid policy")

// FieldError says which field of a policy is wrong, and how.
type FieldError struct {
	// Field is the path of the field as written in recloser.yaml, such as
	// "half_open.probes".
	Field string
	// Problem says what is wrong and what to do about it.
	Problem string
}

// Error returns the field and its problem.
func (e *FieldError) Error() string { return e.Field + ": " + e.Problem }

// Is reports whether target is [ErrPolicy].
func (e *FieldError) Is(target error) bool { return target == ErrPolicy }

// FieldErrors returns the problems that the error of a Validate joins, in its order, and
// none of an error that joins nothing.
func FieldErrors(err error) []*FieldError {
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	var all []*FieldError
	for _, err := range joined.Unwrap() {
		if field, ok := errors.AsType[*FieldError](err); ok {
			all = append(all, field)
		}
	}
	return all
}

// Validate reports everything that is wrong with p as one error that joins a
// [*FieldError] for each problem; it returns nil if p is sound.
//
// Besides the range of each field it holds the inequalities without which more
// than the allowed probes could be in flight (law S1c):
//
//	lease    ≥ call.timeout + margin
//	cooldown ≥ lease + margin
func (p Policy) Validate() error {
	var c check
	p.validateEvidence(&c)
	p.validateOpenTime(&c)
	p.validateProbes(&c)
	p.validateCalls(&c)
	return errors.Join(c.problems...)
}

// The longest of anything: longer is a typing error, and would overflow sums.
const longest = 24 * time.Hour

func (p Policy) validateEvidence(c *check) {
	w := p.OpenWhen
	c.share("open_when.failure_rate", w.FailureRate)
	c.share("open_when.slow_rate", w.SlowRate)
	c.share("open_when.confidence", w.Confidence)
	c.require(w.Confidence < 1 || !validShare(w.Confidence), "open_when.confidence", "no evidence gives certainty; use at most 99.999%%, or 0%% for the plain rate")
	c.duration("open_when.window", w.Window, time.Second, time.Hour)
	c.require(w.Window%time.Second == 0, "open_when.window", "must be a whole number of seconds, not %v", w.Window)
	c.integer("open_when.min_calls", w.MinCalls, 1, 1_000_000)
	c.integer("open_when.consecutive", w.Consecutive, 0, 1_000_000)
	if w.SlowRate > 0 {
		c.duration("open_when.slow_after", w.SlowAfter, time.Millisecond, longest)
		c.require(w.SlowAfter <= p.Call.Timeout || !inRange(w.SlowAfter, p.Call.Timeout), "open_when.slow_after",
			"is %v, longer than call.timeout of %v, so no call could ever be slow; use at most %v", w.SlowAfter, p.Call.Timeout, p.Call.Timeout)
	}
	c.require(w.FailureRate > 0 || w.SlowRate > 0 || w.Consecutive > 0, "open_when",
		"has no rule, so the circuit could never open; set failure_rate, slow_rate or consecutive")
}

func (p Policy) validateOpenTime(c *check) {
	o := p.OpenFor
	c.duration("open_for.cooldown", o.Cooldown, time.Millisecond, longest)
	c.duration("open_for.max_cooldown", o.MaxCooldown, time.Millisecond, longest)
	c.share("open_for.jitter", o.Jitter)
	c.require(o.Backoff >= 1 && o.Backoff <= 100, "open_for.backoff", "must be from 1 to 100, not %v", o.Backoff)
	if least := stretch(o.Cooldown, 1+float64(o.Jitter)); inRange(o.Cooldown, o.MaxCooldown) && validShare(o.Jitter) {
		c.require(o.MaxCooldown >= least, "open_for.max_cooldown", "is %v, less than cooldown + jitter = %v + %v = %v; raise it to %v or more",
			o.MaxCooldown, o.Cooldown, o.Jitter, least, least)
	}
}

func (p Policy) validateProbes(c *check) {
	h := p.HalfOpen
	c.integer("half_open.probes", h.Probes, 1, MaxProbes)
	c.integer("half_open.successes", h.Successes, 1, 10_000)
	c.integer("half_open.failures", h.Failures, 1, 10_000)
	c.duration("half_open.margin", h.Margin, time.Millisecond, longest)
	if h.Lease != 0 {
		c.duration("half_open.lease", h.Lease, time.Millisecond, longest)
	}
	lease := p.Lease()
	known := inRange(p.Call.Timeout, h.Margin) && (h.Lease == 0 || inRange(h.Lease))
	c.require(lease >= p.Call.Timeout+h.Margin || !known, "half_open.lease",
		"is %v, less than call.timeout + margin = %v + %v = %v: a probe could outlive its lease; raise it, or leave it out to have it derived",
		lease, p.Call.Timeout, h.Margin, p.Call.Timeout+h.Margin)
	c.require(p.OpenFor.Cooldown >= lease+h.Margin || !known || !inRange(p.OpenFor.Cooldown), "open_for.cooldown",
		"is %v, less than lease + margin = %v + %v = %v: probes of two generations could be in flight at once; raise it, or shorten call.timeout or half_open.margin",
		p.OpenFor.Cooldown, lease, h.Margin, lease+h.Margin)
	c.share("ramp.from", p.Ramp.From)
	c.require(p.Ramp.Over == 0 || p.Ramp.From != 0, "ramp.from", "must be above 0%%, or nothing would be admitted after closing")
	c.duration("ramp.over", p.Ramp.Over, 0, longest)
}

func (p Policy) validateCalls(c *check) {
	c.duration("call.timeout", p.Call.Timeout, time.Millisecond, longest)
	c.duration("call.reserve", p.Call.Reserve, 0, longest)
	c.integer("call.concurrency", p.Call.Concurrency, 0, 1_000_000)
	switch p.WhenStoreFails {
	case StoreFailureLastKnown, StoreFailureAllow, StoreFailureReject:
	default:
		c.require(false, "when_store_fails", "must be last_known, allow or reject, not %.40q", string(p.WhenStoreFails))
	}
	c.share("enforce", p.Enforce)
}

// check gathers the problems of a policy.
type check struct{ problems []error }

func (c *check) require(ok bool, field, problem string, args ...any) {
	if !ok {
		c.problems = append(c.problems, &FieldError{Field: field, Problem: fmt.Sprintf(problem, args...)})
	}
}

func (c *check) share(field string, s Share) {
	c.require(validShare(s), field, "must be from 0%% to 100%%, not %v", s)
}

func (c *check) integer(field string, n, low, high int) {
	c.require(n >= low && n <= high, field, "must be from %d to %d, not %d", low, high, n)
}

func (c *check) duration(field string, d, low, high time.Duration) {
	c.require(d >= low && d <= high, field, "must be from %v to %v, not %v", low, high, d)
}

// inRange reports whether each of ds is a length that may be compared with
// others: one that is wrong by itself is told as such, and not for all that it
// does not fit to.
func inRange(ds ...time.Duration) bool {
	for _, d := range ds {
		if d < time.Millisecond || d > longest {
			return false
		}
	}
	return true
}

func validShare(s Share) bool { return s >= 0 && s <= 1 }

// stretch returns d × factor, saturating.
func stretch(d time.Duration, factor float64) time.Duration {
	product := float64(d) * factor
	if !(product < math.MaxInt64) {
		return math.MaxInt64
	}
	return time.Duration(product)
}
