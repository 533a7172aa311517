// Package tally counts what environments do in a phase: the calls they make, and
// what these ask of a store.
package tally

import "time"

// Tally is what one environment did in a phase, or what several did together.
type Tally struct {
	Calls Calls `json:"calls"`
	// Asked is what was asked of the store, counted where the breaker asks.
	Asked Operations `json:"asked"`
	// Requests is what a client sent to DynamoDB.
	Requests Requests `json:"requests,omitzero"`
	// MostReads is the most that one environment has read.
	MostReads int `json:"most_reads"`
	// Openings is how often the circuit was opened, and OpenedAfter how long
	// after the phase began that happened first.
	Openings    int           `json:"openings"`
	OpenedAfter time.Duration `json:"opened_after_ns,omitempty"`
	// Late is by how much the machine was late at most, to begin a call or to
	// end one: an environment that is kept waiting takes its dependency to be
	// slow.
	Late time.Duration `json:"late_ns"`
	// Isolations is how often an environment opened for itself.
	Isolations int `json:"isolations"`
	// Outages is how often one took its store to be out of reach; it asks less
	// then than it would.
	Outages int `json:"outages"`
	// EndedAt is when the last call had ended, in nanoseconds since the epoch.
	EndedAt int64 `json:"ended_at_ns"`
}

// Calls is what became of calls.
type Calls struct {
	// Due is how many there were to make.
	Due int `json:"due"`
	// Skipped were not begun, because too many were under way.
	Skipped int `json:"skipped"`
	// Rejected were turned away by the circuit.
	Rejected int `json:"rejected"`
	// Lost ended in an error of the breaker's store.
	Lost int `json:"lost"`
	// Reached is how many reached the dependency, and Failed how many of
	// these it failed.
	Reached int `json:"reached"`
	Failed  int `json:"failed"`
}

// Operations is what was asked of a store.
type Operations struct {
	Reads  int `json:"reads"`
	Writes int `json:"writes"`
	// Conflicts are the writes whose condition did not hold, and Faults what
	// was not answered in time.
	Conflicts int `json:"conflicts"`
	Faults    int `json:"faults"`
	// Kinds is how many there were of each kind.
	Kinds map[string]int `json:"kinds,omitempty"`
	// Slots is how many writes began in each tenth of a second of the phase.
	Slots []int `json:"slots,omitempty"`
}

// Requests is what a client sent to DynamoDB.
type Requests struct {
	GetItem    int `json:"get_item"`
	UpdateItem int `json:"update_item"`
	// Refused is how many of them were answered with status 400, as one whose
	// condition does not hold.
	Refused int `json:"refused"`
	// ReadUnits and WriteUnits are the capacity that DynamoDB says they
	// consumed. It does not say so of those it refuses, which consume as much.
	ReadUnits  float64 `json:"read_units"`
	WriteUnits float64 `json:"write_units"`
}

// Slot is the width of one of [Operations.Slots].
const Slot = 100 * time.Millisecond

// Add adds what other environments did in the same phase.
func (t *Tally) Add(o Tally) {
	t.Calls.add(o.Calls)
	t.Asked.add(o.Asked)
	t.Requests.add(o.Requests)
	t.MostReads = max(t.MostReads, o.MostReads)
	if t.Openings == 0 || o.Openings > 0 && o.OpenedAfter < t.OpenedAfter {
		t.OpenedAfter = o.OpenedAfter
	}
	t.Openings += o.Openings
	t.Late = max(t.Late, o.Late)
	t.Isolations += o.Isolations
	t.Outages += o.Outages
	t.EndedAt = max(t.EndedAt, o.EndedAt)
}

func (c *Calls) add(o Calls) {
	c.Due += o.Due
	c.Skipped += o.Skipped
	c.Rejected += o.Rejected
	c.Lost += o.Lost
	c.Reached += o.Reached
	c.Failed += o.Failed
}

func (o *Operations) add(p Operations) {
	o.Reads += p.Reads
	o.Writes += p.Writes
	o.Conflicts += p.Conflicts
	o.Faults += p.Faults
	for kind, n := range p.Kinds {
		o.kind(kind, n)
	}
	for slot, n := range p.Slots {
		o.slot(slot, n)
	}
}

func (r *Requests) add(p Requests) {
	r.GetItem += p.GetItem
	r.UpdateItem += p.UpdateItem
	r.Refused += p.Refused
	r.ReadUnits += p.ReadUnits
	r.WriteUnits += p.WriteUnits
}

func (o *Operations) kind(kind string, n int) {
	if o.Kinds == nil {
		o.Kinds = make(map[string]int)
	}
	o.Kinds[kind] += n
}

// mostSlots bounds a phase to ten minutes; what comes later counts in its last
// slot.
const mostSlots = 6000

func (o *Operations) slot(slot, n int) {
	slot = min(max(slot, 0), mostSlots-1) // Clocks may step.
	for len(o.Slots) <= slot {
		o.Slots = append(o.Slots, 0)
	}
	o.Slots[slot] += n
}

// WorstSecond returns the most writes that began within a second, wherever in
// the phase that second lies.
func (o Operations) WorstSecond() int {
	const second = int(time.Second / Slot)
	worst, sum := 0, 0
	for i, n := range o.Slots {
		sum += n
		if i >= second {
			sum -= o.Slots[i-second]
		}
		worst = max(worst, sum)
	}
	return worst
}
