package trial

import (
	"math"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// Outage is when the dependency of a scenario is not as it is otherwise.
type Outage struct {
	// From is when it first is not, and Until when it is again for good; it is
	// the end of the story if that never comes.
	From, Until time.Duration
	// Ends is whether it does before the story.
	Ends bool
}

// OutageOf returns the outage of a scenario, or false if its dependency is always
// the same.
func OutageOf(s *simulator.Scenario) (Outage, bool) {
	phases := s.Dependency
	usual, last := phases[0], phases[len(phases)-1]
	if ailing(&usual) > ailing(&last) {
		usual = last
	}
	o := Outage{From: -1}
	for _, p := range phases {
		from := p.From
		p.From = usual.From
		switch {
		case p != usual:
			o.Ends = false
			if o.From < 0 {
				o.From = from
			}
		case o.From >= 0 && !o.Ends:
			o.Until, o.Ends = from, true
		}
	}
	if !o.Ends {
		o.Until = s.Duration
	}
	return o, o.From >= 0
}

// ailing returns how ill a dependency is, roughly: the share of calls that come to
// nothing.
func ailing(p *simulator.Phase) recloser.Share { return p.Failing + p.Hanging }

// opened returns how long after the beginning of an outage a circuit opened, and
// recovered returns how long after its end all circuits were closed for good; both
// in seconds, infinite if that has not happened. What did not open does not recover.
func (o Outage) opened(r *Run) float64 {
	for _, t := range r.Result.Transitions {
		if t.To == recloser.StateOpen && t.At >= o.From {
			return (t.At - o.From).Seconds()
		}
	}
	return math.Inf(1)
}

func (o Outage) recovered(r *Run) float64 {
	if !o.Ends || r.Played < o.Until || math.IsInf(o.opened(r), 0) {
		return math.NaN()
	}
	astray := make(map[int]bool)
	last := o.Until
	for _, t := range r.Result.Transitions {
		if t.To != recloser.StateClosed {
			astray[t.Partition] = true
			continue
		}
		delete(astray, t.Partition)
		last = max(last, t.At)
	}
	if len(astray) > 0 {
		return math.Inf(1)
	}
	return (last - o.Until).Seconds()
}

// most is the share of calls that is as good as all of them.
const most = 0.9

// breath is the time over which that is measured: a second, or as long as a share
// of the calls in it means something.
func (r *Run) breath() time.Duration {
	const enough = 20
	calls := float64(r.Result.Requests) / max(r.Played.Seconds(), 1)
	return max(time.Second, time.Duration(enough/max(calls, 1e-6)*float64(time.Second)))
}

// heldBack returns after how long nine of ten of the calls that the dependency
// could not have served were turned away, until the outage ended.
func (o Outage) heldBack(r *Run) float64 {
	seen := false
	after := o.settled(r, o.From, min(o.Until, r.Played), func(c *simulator.Counts) bool {
		doomed := c.Wasted + c.Rejected - c.GoodRejected
		seen = seen || doomed > 0
		return float64(c.Wasted) <= (1-most)*float64(doomed)
	})
	if !seen {
		return math.NaN()
	}
	return after
}

// servedAgain returns how long after the end of the outage nine of ten calls were
// served for good.
func (o Outage) servedAgain(r *Run) float64 {
	if !o.Ends || r.Played < o.Until+r.breath() {
		return math.NaN()
	}
	return o.settled(r, o.Until, r.Played, func(c *simulator.Counts) bool {
		return float64(c.Succeeded) >= most*float64(c.Succeeded+c.Failed+c.Rejected)
	})
}

// settled returns how many seconds after a moment everything was good, and stayed so
// until another.
func (o Outage) settled(r *Run, from, until time.Duration, good func(*simulator.Counts) bool) float64 {
	samples, breath := r.Recording.Samples, r.breath()
	began, ended := from, from // of the last breath that was not good
	for first, i := 0, 0; i < len(samples) && samples[i].At <= until; i++ {
		for first < i && samples[i].At-samples[first+1].At >= breath {
			first++
		}
		if samples[first].At < from || samples[i].At-samples[first].At < breath {
			continue
		}
		if c := between(&samples[first].Counts, &samples[i].Counts); !good(&c) {
			began, ended = samples[first].At, samples[i].At
		}
	}
	if ended > from && ended+r.Recording.Every > until {
		return math.Inf(1)
	}
	return (began - from).Seconds()
}

// between returns what was counted from one sample to another, of what is needed
// here.
func between(a, b *simulator.Counts) simulator.Counts {
	return simulator.Counts{
		Rejected:     b.Rejected - a.Rejected,
		GoodRejected: b.GoodRejected - a.GoodRejected,
		Wasted:       b.Wasted - a.Wasted,
		Succeeded:    b.Succeeded - a.Succeeded,
		Failed:       b.Failed - a.Failed,
	}
}
