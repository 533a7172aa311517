package recloser

import (
	"slices"
	"time"
)

// MaxSlots is the largest number of slots a [Window] holds: those of one
// window, the current one, and a few of clocks that run ahead.
const MaxSlots = 16

// Counts is what a number of calls came to. Counts are deltas: they commute and
// associate, so that environments may add them in any order.
type Counts struct {
	// Calls is the number of calls counted.
	Calls int `json:"calls,omitempty"`
	// Failures is how many of them failed.
	Failures int `json:"failures,omitempty"`
	// Slow is how many of them were slow.
	Slow int `json:"slow,omitempty"`
	// Reports is the number of reports that told of them.
	Reports int `json:"reports,omitempty"`
}

// plus returns the sum of c and d. A hostile record may hold anything, so what
// is negative counts as nothing and sums are bounded.
func (c Counts) plus(d Counts) Counts {
	return Counts{
		Calls:    add(c.Calls, d.Calls),
		Failures: add(c.Failures, d.Failures),
		Slow:     add(c.Slow, d.Slow),
		Reports:  add(c.Reports, d.Reports),
	}
}

func add(a, b int) int {
	const most = 1 << 50
	return min(min(max(a, 0), most)+min(max(b, 0), most), most)
}

// Slot is what the calls of one slot of a window came to.
type Slot struct {
	// Start is when the slot began: a multiple of the slot's width.
	Start Instant `json:"start_ms"`
	Counts
}

// Window is the counts of the last calls by slot, oldest first; slots that hold
// nothing stand at the end and have a zero Start. Slots carry their absolute
// start, so that no slot is ever mistaken for one of a round before.
type Window [MaxSlots]Slot

// Slots returns the slots in use, oldest first.
func (w Window) Slots() []Slot { return w.used() }

// used is Slots without a copy.
func (w *Window) used() []Slot {
	used := 0
	for used < MaxSlots && w[used].Start != 0 {
		used++
	}
	return w[:used:used]
}

// Add returns w with c added to the slot that starts at start. When all slots
// are taken, the oldest gives way; what is older than it is lost.
func (w Window) Add(start Instant, c Counts) Window {
	if start <= 0 {
		return w
	}
	slots := w.used()
	at, found := slices.BinarySearchFunc(slots, start, func(s Slot, t Instant) int {
		return int(max(min(s.Start-t, 1), -1))
	})
	if found {
		w[at].Counts = w[at].plus(c)
		return w
	}
	fresh := Slot{Start: start, Counts: Counts{}.plus(c)}
	switch {
	case len(slots) < MaxSlots:
		copy(w[at+1:], w[at:len(slots)])
		w[at] = fresh
	case at > 0:
		copy(w[:], w[1:at])
		w[at-1] = fresh
	}
	return w
}

// Drop returns w without the slots that start at any of starts.
func (w Window) Drop(starts ...Instant) Window {
	var kept Window
	n := 0
	for _, s := range w.used() {
		if !slices.Contains(starts, s.Start) {
			kept[n] = s
			n++
		}
	}
	return kept
}

// Sum returns what the slots came to that start at from or later, and not after
// to.
func (w Window) Sum(from, to Instant) Counts {
	var sum Counts
	for _, s := range w.used() {
		if s.Start >= from && s.Start <= to {
			sum = sum.plus(s.Counts)
		}
	}
	return sum
}

// outside returns the starts of the slots that have slid out of a window of the
// given span at now, or lie further ahead than skew allows.
func (w Window) outside(now Instant, span, skew time.Duration) []Instant {
	var starts []Instant
	for _, s := range w.used() {
		if s.Start < now.Add(-span-span/WindowSlots) || s.Start > now.Add(skew) {
			starts = append(starts, s.Start)
		}
	}
	return starts
}

// bad reports whether any of the calls failed or was slow.
func (w *Window) bad() bool {
	return slices.ContainsFunc(w.used(), func(s Slot) bool { return s.Failures+s.Slow > 0 })
}

// thinned returns w with each of its calls kept or dropped by keep, which is
// told how many calls of one kind there are: those that failed apart from those
// that did not, since each is one call. Failures beyond the calls are of calls that
// were told before, as slow; they are no calls again.
func (w Window) thinned(keep func(n int) int) Window {
	var left Window
	for _, s := range w.used() {
		good := max(s.Calls-max(s.Failures, s.Slow), 0)
		told := max(s.Failures-s.Calls, 0)
		failures, slow := keep(s.Failures-told), keep(max(s.Slow-s.Failures, 0))
		c := Counts{
			Calls:    keep(good) + failures + slow,
			Failures: failures + keep(told),
			Slow:     min(s.Slow, failures) + slow,
		}
		if c != (Counts{}) {
			left = left.Add(s.Start, c)
		}
	}
	return left
}
