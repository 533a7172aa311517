// Package bill turns what fleets did into rows, prices and a verdict on the bars
// that Recloser is held to.
package bill

import (
	"fmt"
	"time"

	"github.com/recloser-dev/recloser/bench/fleet/arrival"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// Fleet is a number of environments that share a circuit.
type Fleet struct {
	Peer circuit.Peer `json:"peer"`
	// Size is the number of its environments.
	Size int `json:"size"`
	// Apart is whether each has a process of its own.
	Apart bool `json:"apart,omitempty"`
}

// String returns the name of the fleet, by which it can be chosen, such as
// recloser/valkey:20:apart.
func (f Fleet) String() string {
	if f.Apart {
		return fmt.Sprintf("%s:%d:apart", f.Peer, f.Size)
	}
	return fmt.Sprintf("%s:%d", f.Peer, f.Size)
}

// Run is what a fleet went through.
type Run struct {
	Fleet
	Phases []Phase `json:"phases"`
}

// Phase is what it did in one phase.
type Phase struct {
	Phase phase.Name `json:"phase"`
	// Seconds is how long it took until the last of its calls had ended.
	Seconds float64 `json:"seconds"`
	tally.Tally
	// Reads and Writes are what arrived at the store; Texts is how many of
	// them were sent once more, with the text of a script.
	Reads  int `json:"reads"`
	Writes int `json:"writes"`
	Texts  int `json:"texts,omitempty"`
	// Commands is what a server of Valkey says that it has run.
	Commands arrival.Commands `json:"commands,omitempty"`
}

// NewPhase returns what was done in a phase that took some time. commands is what
// arrived, of a fleet on Valkey; of DynamoDB the tally knows.
func NewPhase(name phase.Name, took time.Duration, t tally.Tally, commands arrival.Commands) Phase {
	p := Phase{Phase: name, Seconds: took.Seconds(), Tally: t, Commands: commands}
	if commands != nil {
		p.Reads, p.Writes, p.Texts = commands.Operations()
	} else {
		p.Reads, p.Writes = t.Requests.GetItem, t.Requests.UpdateItem
	}
	return p
}

// mostLate is by how much a machine may be late: by twice as much, and calls
// under way look suspicious to Recloser.
const mostLate = 250 * time.Millisecond

// Busy reports whether the machine was too busy for the phase to be held against
// bars: environments were kept waiting, or their store was.
func (p Phase) Busy() bool { return p.Late > mostLate || p.Outages > 0 || p.Asked.Faults > 0 }

// perSecond returns n a second. A phase shorter than a second counts as one.
func perSecond(n int, seconds float64) float64 { return float64(n) / max(seconds, 1) }

// perCall returns the part of n for each call that was begun.
func perCall(n float64, p Phase) float64 {
	if begun := p.Calls.Due - p.Calls.Skipped; begun > 0 {
		return n / float64(begun)
	}
	return 0
}

// refresh is how old a view may become, by the protocol. LAWS.md, B2.
const refresh = 5 * time.Second

// refreshes is how often a view may be refreshed in the phase.
func (p Phase) refreshes() float64 { return p.Seconds / refresh.Seconds() }
