package recloser

import (
	"math"
	"time"
)

// suffixes are the parts of the window that are judged, in slots: a short one
// shows a fresh outage that a long healthy past would hide.
var suffixes = [...]int{2, 3, 5, WindowSlots}

// Judge returns the cause to open the circuit, if the counts of w up to now
// are evidence enough. Slots that begin before from are not looked at.
//
// With a confidence c, a suffix of the window is evidence if it holds at least
// MinCalls and Wilson's lower bound of its rate at z = Φ⁻¹(c) is at or above
// the threshold (E. B. Wilson, "Probable inference, the law of succession, and
// statistical inference", 1927). Without, the whole window is evidence if it
// holds MinCalls and its plain rate is at or above the threshold.
func (p Policy) Judge(w Window, from, now Instant) (Cause, bool) {
	return p.judge(&w, from, now)
}

func (p *Policy) judge(w *Window, from, now Instant) (Cause, bool) {
	width := p.slot()
	last, first := now.floor(width), from.floor(width)
	ahead := now.Add(p.HalfOpen.Margin)
	slots := w.used()
	var sum Counts
	for _, n := range suffixes {
		start := max(last.Add(-time.Duration(n-1)*width), first)
		for ; len(slots) > 0 && slots[len(slots)-1].Start >= start; slots = slots[:len(slots)-1] {
			if s := &slots[len(slots)-1]; s.Start <= ahead {
				sum = sum.plus(s.Counts)
			}
		}
		if p.OpenWhen.Confidence <= 0 && n < WindowSlots {
			continue
		}
		if cause, ok := p.judgeCounts(sum, time.Duration(n)*width); ok {
			return cause, true
		}
	}
	return Cause{}, false
}

func (p *Policy) judgeCounts(sum Counts, span time.Duration) (Cause, bool) {
	w := p.OpenWhen
	if sum.Calls < w.MinCalls || sum.Calls <= 0 {
		return Cause{}, false
	}
	cause := Cause{
		Calls:    sum.Calls,
		Failures: min(sum.Failures, sum.Calls),
		Slow:     min(sum.Slow, sum.Calls),
		Span:     span,
	}
	switch {
	case exceeds(cause.Failures, cause.Calls, w.FailureRate, w.Confidence):
		cause.Rule = RuleFailureRate
	case exceeds(cause.Slow, cause.Calls, w.SlowRate, w.Confidence):
		cause.Rule = RuleSlowRate
	default:
		return Cause{}, false
	}
	return cause, true
}

// exceeds reports whether k of n is at or above the threshold with confidence.
// The plain rate is looked at first: the bound is never above it. Nor is it ever
// at 100%, so that a threshold of 100% is met where every call is.
func exceeds(k, n int, threshold, confidence Share) bool {
	// The quotient is the number nearest to k/n, as the threshold is to what was
	// written, so that 55 of 100 are at 55%; the product would be above 55.
	if threshold <= 0 || float64(k)/float64(n) < float64(threshold) {
		return false
	}
	return threshold >= 1 || wilson(k, n, zScore(confidence)) >= float64(threshold)
}

// zScore returns Φ⁻¹(confidence): 3.09 at 99.9%, and 0, which turns Wilson's
// bound into the plain rate, at 50% and below.
func zScore(confidence Share) float64 {
	if confidence <= 0.5 {
		return 0
	}
	return math.Sqrt2 * math.Erfinv(2*float64(confidence)-1)
}

// wilson returns the lower bound of the true rate of k in n.
func wilson(k, n int, z float64) float64 {
	rate, count := float64(k)/float64(n), float64(n)
	z2 := z * z
	centre := rate + z2/(2*count)
	spread := z * math.Sqrt(rate*(1-rate)/count+z2/(4*count*count))
	return (centre - spread) / (1 + z2/count)
}
