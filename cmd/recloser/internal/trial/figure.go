package trial

import (
	"math"

	"github.com/recloser-dev/recloser/simulator"
)

// Figure is something that is measured in every run.
type Figure struct {
	// Name is what it is called in assertions and JSON, and Title in tables.
	Name, Title string
	// Unit is what it is measured in.
	Unit Unit
	// Better is -1 if less is better, 1 if more is, and 0 if neither is.
	Better int

	of func(m *measured) float64
}

// measured is a run, and what is needed to measure it. A figure that the story does
// not have is not a number, and a moment that did not come is infinite.
type measured struct {
	*Run
	prices Prices
	outage Outage
	ill    bool // whether there is an outage
	shared bool // whether the protocol keeps its circuit in a record
}

// Figures returns all figures, in the order in which they are shown.
func Figures() []Figure {
	return []Figure{
		{"availability", "availability", UnitShare, 1, func(m *measured) float64 { return m.Result.Availability() }},
		{"good_rejected", "good calls rejected", UnitShare, -1, func(m *measured) float64 {
			c := &m.Result.Counts
			return share(c.GoodRejected, c.GoodRejected+c.Succeeded)
		}},
		{"wasted", "wasted calls", UnitCount, -1, func(m *measured) float64 { return float64(m.Result.Wasted) }},
		{"wasted_share", "doomed calls sent", UnitShare, -1, func(m *measured) float64 {
			c := &m.Result.Counts
			if doomed := c.Wasted + c.Rejected - c.GoodRejected; doomed > 0 {
				return share(c.Wasted, doomed)
			}
			return math.NaN()
		}},
		{"time_to_open", "time to open", UnitDuration, -1, func(m *measured) float64 {
			if !m.ill || !m.shared {
				return math.NaN()
			}
			return m.outage.opened(m.Run)
		}},
		{"time_to_recover", "time to recover", UnitDuration, -1, func(m *measured) float64 {
			if !m.ill || !m.shared {
				return math.NaN()
			}
			return m.outage.recovered(m.Run)
		}},
		{"held_back_after", "90% of doomed calls held back after", UnitDuration, -1, func(m *measured) float64 {
			if !m.ill {
				return math.NaN()
			}
			return m.outage.heldBack(m.Run)
		}},
		{"served_again_after", "90% of calls served again after", UnitDuration, -1, func(m *measured) float64 {
			if !m.ill {
				return math.NaN()
			}
			return m.outage.servedAgain(m.Run)
		}},
		{"probes", "probes", UnitCount, 0, func(m *measured) float64 { return float64(m.Result.Probes) }},
		{"reads", "store reads", UnitCount, -1, func(m *measured) float64 { return float64(m.Result.Reads) }},
		{"writes", "store writes", UnitCount, -1, func(m *measured) float64 { return float64(m.Result.Writes) }},
		{"most_writes", "store writes in the worst second", UnitCount, -1, func(m *measured) float64 {
			return float64(worst(m.Result.Seconds, func(s *simulator.Second) int { return s.Writes }))
		}},
		{"operations", "store operations per request", UnitNumber, -1, func(m *measured) float64 {
			c := &m.Result.Counts
			return ratio(c.Reads+c.Writes, c.Requests)
		}},
		{"longest_wait", "longest wait for a decision", UnitDuration, -1, func(m *measured) float64 { return m.Result.Waited.Seconds() }},
		{"cost", "cost per million requests", UnitDollars, -1, func(m *measured) float64 {
			return m.prices.store(&m.Result.Counts) + m.prices.calls(&m.Result.Counts)
		}},
		{"store_cost", "  of it for the store", UnitDollars, -1, func(m *measured) float64 { return m.prices.store(&m.Result.Counts) }},
		{"laws_broken", "laws broken", UnitCount, -1, func(m *measured) float64 { return float64(len(m.Result.Violations)) }},
	}
}

func ratio(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

func worst(seconds []simulator.Second, of func(*simulator.Second) int) int {
	most := 0
	for i := range seconds {
		most = max(most, of(&seconds[i]))
	}
	return most
}

// measure puts figures to a run of a scenario.
func (r *Run) measure(s *simulator.Scenario) {
	m := measured{Run: r, prices: CurrentPrices(), shared: s.Protocol == simulator.ProtocolRecloser}
	m.outage, m.ill = OutageOf(s)
	m.ill = m.ill && r.Played > m.outage.From
	r.figures = make(map[string]float64)
	for _, f := range Figures() {
		r.figures[f.Name] = f.of(&m)
	}
}
