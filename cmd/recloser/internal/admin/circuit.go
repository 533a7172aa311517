// Package admin is how the terminals of one machine find and steer a running
// dev server: a small JSON API on the loopback interface, its client, and the
// file that says where it is and holds its token.
package admin

import (
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// SchemaVersion is the version of every JSON document of this package. It is
// raised when a field changes its meaning or goes away.
const SchemaVersion = 1

// Circuit is what an operator sees of one circuit.
type Circuit struct {
	// Name is the key of the circuit: "payments", "payments/eu".
	Name string `json:"circuit"`
	// State is where it stands now.
	State recloser.State `json:"state"`
	// Since is when that state began; zero if it never changed.
	Since time.Time `json:"since,omitzero"`
	// OpenUntil is when an open circuit may be probed.
	OpenUntil time.Time `json:"open_until,omitzero"`
	// Generation is raised by every transition.
	Generation uint64 `json:"generation"`
	// Relapses is how often it opened again without having been well between.
	Relapses int `json:"relapses"`
	// AdmittedShare is the share of calls let through: 0% while open, growing
	// on the ramp.
	AdmittedShare recloser.Share `json:"admitted_share"`
	// Ramping is whether it is closed and does not admit every call yet.
	Ramping bool `json:"ramping"`
	// Environments is how many environments call it, and Isolated how many of
	// them have opened for themselves, after failures in a row.
	Environments int `json:"environments"`
	Isolated     int `json:"isolated"`
	// Override is what an operator forces, if anything.
	Override *Override `json:"override,omitempty"`
	// Cause is why it is in its state.
	Cause Cause `json:"cause"`
	// Watched is whether the fleet is counting calls.
	Watched bool `json:"watched"`
	// Window is what the counted calls of the window came to.
	Window recloser.Counts `json:"window"`
	// Probes is how far a half-open circuit has got.
	Probes Probes `json:"probes"`
	// Calls is what callers saw; nil where nobody counts them, as in a store.
	Calls *Calls `json:"calls,omitempty"`
	// Upstream is what its calls go to.
	Upstream string `json:"upstream,omitempty"`
	// Proxy is the address through which anyone can call it.
	Proxy string `json:"proxy,omitempty"`
	// Unnamed is whether recloser.yaml does not name it, so that it is shown by
	// the default policy.
	Unnamed bool `json:"unnamed,omitempty"`
	// Problem is why its record cannot be read; all but the name is unknown then.
	Problem string `json:"problem,omitempty"`
	// Settings are its rules; only a description of one circuit has them.
	Settings []Setting `json:"settings,omitempty"`
}

// Setting is one rule of a circuit, as recloser.yaml has it.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	// Source is where the value came from: "default", "recloser.yaml:7:5".
	Source string `json:"source"`
}

// Because says in a sentence why it is in its state.
func (c Circuit) Because() string {
	switch {
	case c.Problem != "":
		return c.Problem
	case c.Override != nil && c.Override.Reason != "":
		return "by " + c.Override.Actor + ": " + c.Override.Reason
	case c.Override != nil:
		return "by " + c.Override.Actor
	case c.Isolated > 0 && c.State == recloser.StateClosed:
		return fmt.Sprintf("%d of %d environments have opened for themselves", c.Isolated, c.Environments)
	}
	return c.Cause.Text
}

// Override is an operator's word.
type Override struct {
	Mode   recloser.OverrideMode `json:"mode"`
	Until  time.Time             `json:"until"`
	Actor  string                `json:"actor"`
	Reason string                `json:"reason,omitempty"`
}

// Cause is why a circuit is in its state.
type Cause struct {
	Rule     recloser.Rule `json:"rule,omitempty"`
	Calls    int           `json:"calls,omitempty"`
	Failures int           `json:"failures,omitempty"`
	Slow     int           `json:"slow,omitempty"`
	Span     string        `json:"span,omitempty"`
	// Text says it in a sentence.
	Text string `json:"text"`
}

// CauseOf returns c as this package writes it.
func CauseOf(c recloser.Cause) Cause {
	cause := Cause{Rule: c.Rule, Calls: c.Calls, Failures: c.Failures, Slow: c.Slow, Text: c.String()}
	if c.Span > 0 {
		cause.Span = c.Span.String()
	}
	return cause
}

// Probes is how far a half-open circuit has got.
type Probes struct {
	// Allowed is how many may be in flight in the whole fleet, and InFlight
	// how many are.
	Allowed  int `json:"allowed"`
	InFlight int `json:"in_flight"`
	// Succeeded and Failed are those settled in this generation; Needed is
	// how many successes close the circuit.
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Needed    int `json:"needed"`
}

// Calls is what callers saw of a circuit, counted where the calls are made.
type Calls struct {
	// Rate, AdmittedRate, RejectedRate and FailedRate are calls a second over
	// the last seconds.
	Rate         float64 `json:"rate"`
	AdmittedRate float64 `json:"admitted_rate"`
	RejectedRate float64 `json:"rejected_rate"`
	FailedRate   float64 `json:"failed_rate"`
	// Admitted, Rejected and Failed are totals since the server started.
	Admitted uint64 `json:"admitted"`
	Rejected uint64 `json:"rejected"`
	Failed   uint64 `json:"failed"`
}

// Event is one thing that happened to a circuit.
type Event struct {
	// Sequence numbers the events of one server from 1; those of a store have no
	// number.
	Sequence uint64 `json:"sequence,omitempty"`
	// At is when it happened.
	At time.Time `json:"at"`
	// Circuit is the key of the circuit; empty if it concerns all of them.
	Circuit string `json:"circuit,omitempty"`
	// Kind is what happened: "opened", "probe_claimed", "closed", …
	Kind string `json:"kind"`
	// Generation is the circuit's after the event.
	Generation uint64 `json:"generation,omitempty"`
	// Environment is who did or saw it.
	Environment string `json:"environment,omitempty"`
	// Text is the evidence, in a sentence.
	Text string `json:"text"`
}

// CircuitList is the answer to a request for all circuits.
type CircuitList struct {
	SchemaVersion int `json:"schema_version"`
	// Source is where they are: the URL of a store or of a dev server.
	Source   string    `json:"source,omitempty"`
	Circuits []Circuit `json:"circuits"`
}

// CircuitDescription is the answer to a request for one circuit.
type CircuitDescription struct {
	SchemaVersion int `json:"schema_version"`
	// Source is where it is.
	Source string `json:"source,omitempty"`
	Circuit
}

// EventList is the answer to a request for events.
type EventList struct {
	SchemaVersion int `json:"schema_version"`
	// Source is where they come from.
	Source string  `json:"source,omitempty"`
	Events []Event `json:"events"`
}

// Order is what an operator asks of a circuit.
type Order struct {
	// Circuit is the key of the circuit.
	Circuit string `json:"circuit"`
	// Mode is "open" or "closed"; a reset has none.
	Mode recloser.OverrideMode `json:"mode,omitempty"`
	// For is how long an override lasts, such as "15m"; a reset has none.
	For string `json:"for,omitempty"`
	// Actor is who asks, and Reason why.
	Actor  string `json:"actor"`
	Reason string `json:"reason,omitempty"`
}
