package recloser

import (
	"math"
	"slices"
	"time"
)

// RefreshInterval is how old a view may become before it is read again. All
// environments share it: it is also how long everybody needs to have heard of a
// watch.
const RefreshInterval = 5 * time.Second

// The budget of a watch. A report's writer moves the share of counted calls so
// that the fleet stays at the budget, by a factor from leastStep to mostStep.
const (
	reportInterval  = time.Second
	secondReport    = 150 * time.Millisecond
	shortestWatch   = 100 * time.Millisecond // below which no rate is reckoned
	suspiciousRate  = 25.0                   // reports a second while something looks wrong
	calmRate        = 4.0                    // reports a second else
	firstShare      = 0.25
	leastShare      = 0.0001
	leastStep       = 0.25
	mostStep        = 4.0
	alarmFailures   = 3 // failures in a row that restart an old watch
	alarmWatchAge   = 10 * time.Second
	suspiciousStart = 5 * time.Second // how long a fresh watch looks wrong
)

// WatchStart returns the write that asks all environments to listen: when
// nobody watches yet, or, if alarmed, when the watch is old and few calls are
// counted, so that an outage in the middle of background errors is heard as
// quickly as one from quiet. A watch that lies ahead would count nothing, so an
// alarm puts another in its place.
func (p Policy) WatchStart(v View, alarmed bool) (Watch, bool) {
	ahead := v.WatchSince > v.Now.Add(p.HalfOpen.Margin)
	deaf := alarmed && p.watchAge(v) > alarmWatchAge && (ahead || v.Share < firstShare)
	if v.State != StateClosed || (v.WatchSince != 0 && !deaf) {
		return Watch{}, false
	}
	share := v.Share
	if share <= 0 || alarmed {
		share = max(share, firstShare)
	}
	return Watch{
		Generation: v.Generation,
		Was:        v.WatchSince,
		At:         v.Now,
		Share:      boundShare(share),
	}, true
}

// WatchEnd returns the write that ends a watch in which nothing has failed for
// a window, and which all environments had the time to hear of and report in.
func (p Policy) WatchEnd(v View) (Unwatch, bool) {
	window := p.OpenWhen.Window
	if v.State != StateClosed || v.WatchSince == 0 || p.watchAge(v) <= max(window, RefreshInterval+reportInterval) {
		return Unwatch{}, false
	}
	if sum := v.Window.Sum(v.Now.Add(-window), v.Now.Add(p.HalfOpen.Margin)); sum.Failures+sum.Slow > 0 {
		return Unwatch{}, false
	}
	return Unwatch{Generation: v.Generation, Was: v.WatchSince}, true
}

// reportWait returns how long an environment that has reported so often in a watch
// waits before it reports again: it begins with what it has, which may be one call,
// and soon has more.
func reportWait(reports int) time.Duration {
	switch reports {
	case 0:
		return 0
	case 1:
		return secondReport
	}
	return reportInterval
}

// Report returns the write that tells what the environment called name has
// counted in the watch of the view.
func (p Policy) Report(v View, name string, counted []Slot) Report {
	oldest := v.Now.Add(-p.OpenWhen.Window)
	counted = slices.DeleteFunc(slices.Clone(counted), func(s Slot) bool { return s.Start < oldest })
	failed := false
	for i := range counted {
		failed = failed || counted[i].Failures+counted[i].Slow > 0
	}
	counted = markReport(counted, v.Now.floor(p.slot()))
	r := Report{
		Generation: v.Generation,
		Watch:      v.WatchSince,
		Counted:    counted,
		Share:      p.nextShare(v),
	}
	if failed && slices.Contains(v.Voices[:], "") && !slices.Contains(v.Voices[:], name) {
		r.Voice = name
	}
	for _, start := range v.Window.outside(v.Now, p.OpenWhen.Window, p.HalfOpen.Margin) {
		if !slices.ContainsFunc(counted, func(s Slot) bool { return s.Start == start }) {
			r.Drop = append(r.Drop, start)
		}
	}
	return r
}

// markReport counts the report itself, in the slot in which it is made: what it tells
// of may be old, since an environment that has no call tells nothing.
func markReport(counted []Slot, slot Instant) []Slot {
	if len(counted) == 0 {
		return counted
	}
	if last := &counted[len(counted)-1]; last.Start >= slot || len(counted) == MaxSlots {
		last.Reports++
		return counted
	}
	return append(counted, Slot{Start: slot, Counts: Counts{Reports: 1}})
}

// nextShare returns the share that brings the fleet's reports to the budget. Of
// the n reports of the last seconds each makes the n-th part of the correction,
// so that together they make it once.
func (p Policy) nextShare(v View) Share {
	const span = 2 * time.Second
	from := v.Now.Add(-span).floor(p.slot())
	n := float64(1 + v.Window.Sum(from, v.Now.Add(p.HalfOpen.Margin)).Reports)
	seconds := v.Now.Sub(max(from, min(v.WatchSince, v.Now.Add(-shortestWatch)))).Seconds()
	step := p.reportBudget(v) / (n / seconds)
	step = min(step, step*step) // Reports that were withheld are not seen.
	step = math.Pow(min(max(step, leastStep), mostStep), 1/n)
	return boundShare(Share(float64(v.Share) * step))
}

// MayReport reports whether the budget has room for another report: the share
// steers how many are made, and this holds the line until it has.
func (p Policy) MayReport(v View) bool {
	start := v.Now.floor(p.slot())
	seconds := max(v.Now.Sub(start).Seconds(), 1)
	reports := v.Window.Sum(start, v.Now.Add(p.HalfOpen.Margin)).Reports
	return float64(reports) < p.reportBudget(v)*seconds
}

// reportBudget returns the reports a second that the fleet may make.
func (p Policy) reportBudget(v View) float64 {
	sum := v.Window.Sum(v.WatchSince.floor(p.slot()), v.Now.Add(p.HalfOpen.Margin))
	half := func(n int, threshold Share) bool {
		return threshold > 0 && float64(n) >= float64(threshold)/2*float64(sum.Calls)
	}
	wrong := sum.Calls > 0 && (half(sum.Failures, p.OpenWhen.FailureRate) || half(sum.Slow, p.OpenWhen.SlowRate))
	if wrong || p.watchAge(v) < suspiciousStart {
		return suspiciousRate
	}
	return calmRate
}

// judgeView judges a watched record. One environment may speak for the fleet
// only after all had the time to listen: either three have reported failures,
// or the watch is as old as a refresh. While the circuit ramps up after a
// recovery nobody needs persuading.
func (p Policy) judgeView(v View) (Cause, bool) {
	if v.WatchSince == 0 {
		return Cause{}, false
	}
	heard := !slices.Contains(v.Voices[:], "") ||
		p.watchAge(v) >= RefreshInterval || p.rampLeft(v) > 0
	if !heard {
		return Cause{}, false
	}
	return p.Judge(v.Window, v.WatchSince, v.Now)
}

// watchAge returns how old the watch is. One that begins further ahead than
// clocks may differ is no watch anybody could wait for, so it counts as old.
func (p Policy) watchAge(v View) time.Duration {
	if v.WatchSince > v.Now.Add(p.HalfOpen.Margin) {
		return math.MaxInt64
	}
	return v.Now.Sub(v.WatchSince)
}

func boundShare(s Share) Share {
	if !(s > leastShare) {
		return leastShare
	}
	return min(s, 1)
}
