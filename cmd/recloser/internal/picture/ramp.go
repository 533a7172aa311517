package picture

import (
	"math"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

const rampHeight = 76.0

// ramp draws which share of calls was let through, and what the policy means by a
// ramp after the circuit has closed.
func (f *figure) ramp() {
	top, bottom := f.panel("Share of calls let through", f.rampText(), rampHeight)
	f.outage(top, bottom)
	s := scale{0, 100, bottom, top}
	for _, v := range [...]float64{0, 50, 100} {
		f.level(s, v, "%")
	}
	share := bandOf(f.trial, func(b bins) []float64 {
		all := make([]float64, len(b.all))
		for i := range b.all {
			c := &b.all[i]
			all[i] = math.NaN()
			if n := c.Admitted + c.Rejected; n > 0 {
				all[i] = 100 * float64(c.Admitted) / float64(n)
			}
		}
		return all
	})
	f.band(s, share, "ink")
	if !f.ramps() {
		return
	}
	sc := &f.trial.Story.Scenario
	wanted := new(outline)
	transitions := f.trial.Runs[0].Result.Transitions
	for i, t := range transitions {
		if t.To != recloser.StateClosed || t.Cause.Rule != recloser.RuleRecovered {
			continue
		}
		until := min(t.At+sc.Policy.Ramp.Over, sc.Duration)
		if i+1 < len(transitions) {
			until = min(until, transitions[i+1].At)
		}
		over := sc.Policy.Ramp.Over
		grown := float64(sc.Policy.Ramp.From) + float64(until-t.At)/float64(over)*(1-float64(sc.Policy.Ramp.From))
		wanted.move(f.at(t.At), s.at(100*float64(sc.Policy.Ramp.From)))
		wanted.to(f.at(until), s.at(100*grown))
	}
	f.path("l l-served l-dotted", wanted)
}

// ramps reports whether the first run has a ramp that can be drawn.
func (f *figure) ramps() bool {
	s := &f.trial.Story.Scenario
	if s.Protocol != simulator.ProtocolRecloser || s.Policy.Ramp.Over <= 0 || s.Traffic.Partitions > 0 {
		return false
	}
	return slices.ContainsFunc(f.trial.Runs[0].Result.Transitions, func(t simulator.Transition) bool {
		return t.To == recloser.StateClosed && t.Cause.Rule == recloser.RuleRecovered
	})
}

func (f *figure) rampText() string {
	if f.ramps() {
		return "the ramp of the policy is dotted"
	}
	return ""
}

const storeHeight = 76.0

// store draws what the store was asked.
func (f *figure) store() {
	top, bottom := f.panel("Store operations per second", f.storeText(), storeHeight)
	f.outage(top, bottom)
	reads := bandOf(f.trial, func(b bins) []float64 { return b.rates(func(c *simulator.Counts) int { return c.Reads }) })
	writes := bandOf(f.trial, func(b bins) []float64 { return b.rates(func(c *simulator.Counts) int { return c.Writes }) })
	s := f.levelled(max(most(reads.median), most(writes.median)), top, bottom, 2)
	width := binsOf(f.trial.Story.Scenario.Duration, nil).width
	x := func(i int) float64 { return min(f.at(time.Duration(i)*width), right) }
	none := make([]float64, len(reads.median))
	f.path("back", area(s, none, reads.median, x))
	f.path("bar", area(s, none, writes.median, x))
	f.line("axis", left, bottom, right, bottom)
	f.key(top-10, []keyed{{"back", "reads"}, {"bar", "writes"}})
}

// storeText says how many writes the worst second had: it is what a record bears.
func (f *figure) storeText() string {
	return trial.UnitCount.Format(f.trial.Spread("most_writes").Median) + " writes in the worst second"
}
