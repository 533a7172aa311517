package bill

import (
	"math"

	"github.com/recloser-dev/recloser/bench/bar"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
)

// budget is the most that a fleet writes to a circuit in a second, whatever is
// wrong. LAWS.md, B2.
const budget = 25

// measure is what is held against a bar: the worst of all fleets on a store.
type measure struct {
	what    string
	limit   float64
	atLeast bool
	// figure returns the figure of a fleet, and whether there is one: none if
	// the machine was too busy.
	figure func(Run) (float64, bool)
}

// measures of Recloser on any store. LAWS.md, B2 and B3.
func measures() []measure {
	return []measure{
		{what: "healthy: writes", figure: worst(func(r Run, p Phase) float64 { return float64(p.Writes) }, phase.Healthy, phase.Again)},
		{what: "healthy: reads of an environment for each refresh, its first apart", limit: 1, figure: worst(readsPerRefresh, phase.Healthy, phase.Again)},
		{what: "1% and 25% errors: openings", figure: worst(func(r Run, p Phase) float64 { return float64(p.Openings) }, phase.Background, phase.Flaky)},
		{what: "outage: fleets that opened", limit: 1, atLeast: true, figure: worst(opened, phase.Outage)},
		{what: "outage, to its end: writes a second", limit: budget, figure: outageWrites},
		{what: "25% errors, and outage until open: writes ÷ 25 for each second of the clock", limit: 1.25, figure: worst(shareOfBudget, phase.Flaky, phase.Outage)},
		// A transition leaves an entry of history that no breaker asks for.
		{what: "all phases: operations that arrived ÷ those asked for", limit: 1.1, figure: arrivedToAsked},
	}
}

// Bars holds the runs of Recloser against every bar.
func Bars(runs []Run) []bar.Bar {
	var bars []bar.Bar
	for _, peer := range [...]circuit.Peer{circuit.RecloserDynamoDB, circuit.RecloserValkey} {
		for _, m := range measures() {
			bars = append(bars, m.hold(peer, runs))
		}
	}
	units := measure{what: "all phases: capacity units of a request", limit: 1, figure: unitsPerRequest}
	return append(bars, units.hold(circuit.RecloserDynamoDB, runs))
}

// hold holds the fleets of a peer against the bar: the worst of them counts.
func (m measure) hold(peer circuit.Peer, runs []Run) bar.Bar {
	b := bar.Bar{What: string(peer) + ", " + m.what, Limit: m.limit, AtLeast: m.atLeast}
	for _, r := range runs {
		figure, known := m.figure(r)
		if r.Peer != peer || !known {
			continue
		}
		worse := figure > b.Measured
		if m.atLeast {
			worse = figure < b.Measured
		}
		if !b.Known || worse {
			b.Measured = figure
		}
		b.Known = true
	}
	b.Pass = b.Known && (!m.atLeast && b.Measured <= m.limit || m.atLeast && b.Measured >= m.limit)
	return b
}

// find returns what a fleet did in a phase, if it can be held against anything.
func (r Run) find(name phase.Name) (Phase, bool) {
	for _, p := range r.Phases {
		if p.Phase == name && !p.Busy() {
			return p, true
		}
	}
	return Phase{}, false
}

// worst returns the highest figure of the phases.
func worst(figure func(Run, Phase) float64, names ...phase.Name) func(Run) (float64, bool) {
	return func(r Run) (most float64, known bool) {
		for _, name := range names {
			if p, found := r.find(name); found {
				most, known = max(most, figure(r, p)), true
			}
		}
		return most, known
	}
}

// readsPerRefresh takes the environment that has read the most, or the mean of all
// by what arrived, whichever is more.
func readsPerRefresh(r Run, p Phase) float64 {
	reads := max(float64(p.MostReads), float64(p.Reads)/float64(r.Size))
	return max(reads-1, 0) / p.refreshes()
}

func opened(_ Run, p Phase) float64 { return math.Min(float64(p.Openings), 1) }

// outageWrites takes the outage until the dependency heals.
func outageWrites(r Run) (float64, bool) {
	until, known := r.find(phase.Outage)
	open, also := r.find(phase.Open)
	if !known || !also {
		return 0, false
	}
	return perSecond(until.Writes+open.Writes, until.Seconds+open.Seconds), true
}

// shareOfBudget takes the budget of every second of the clock that the phase can
// have touched: what holds the fleet to it is kept by such seconds. It is held
// only as well as environments know of each other's writes, so the limit leaves
// a quarter more.
func shareOfBudget(_ Run, p Phase) float64 {
	return float64(p.Writes) / (budget * (math.Ceil(p.Seconds) + 1))
}

// arrivedToAsked takes what is counted in two places; the more by the less.
func arrivedToAsked(r Run) (float64, bool) {
	var arrived, asked float64
	for _, p := range r.Phases {
		if !p.Busy() {
			arrived += float64(p.Reads + p.Writes - p.Texts)
			asked += float64(p.Asked.Reads + p.Asked.Writes)
		}
	}
	if arrived == 0 || asked == 0 {
		return 0, false
	}
	return max(arrived/asked, asked/arrived), true
}

// unitsPerRequest takes the capacity of what was not refused.
func unitsPerRequest(r Run) (float64, bool) {
	var units, requests float64
	for _, p := range r.Phases {
		if !p.Busy() {
			units += p.Requests.ReadUnits + p.Requests.WriteUnits
			requests += float64(p.Requests.GetItem + p.Requests.UpdateItem - p.Requests.Refused)
		}
	}
	if units == 0 || requests == 0 {
		return 0, false
	}
	const index = 1 // The first write of a circuit is one of the table's index, too.
	return units / (requests + index), true
}
