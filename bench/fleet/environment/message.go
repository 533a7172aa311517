package environment

import (
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// Join is the first line that a process is told: which circuit it is part of.
type Join struct {
	circuit.Spec
	// Size is how many environments it holds.
	Size int `json:"size"`
	// Short is whether it goes by the short plan.
	Short bool `json:"short,omitempty"`
}

// order is what it is told from then on: to begin a phase, or else to end it.
type order struct {
	Begin *Start `json:"begin,omitempty"`
}

// message is what it says: that it has joined, what happens to the circuit, what
// was done in a phase that has ended, or why it cannot go on.
type message struct {
	Joined bool         `json:"joined,omitempty"`
	Event  phase.Event  `json:"event,omitempty"`
	Done   *tally.Tally `json:"done,omitempty"`
	Error  string       `json:"error,omitempty"`
}
