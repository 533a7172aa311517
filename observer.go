package recloser

import (
	"fmt"
	"strings"
	"time"
)

// Observer is told what happens to a circuit. Observe is called outside all
// locks, one event at a time per breaker, in the order in which they happened,
// by a goroutine that made a call; it delays that one only. A panic in it is
// swallowed. It may use the breaker.
type Observer interface {
	Observe(e Event)
}

// ObserverFunc is a function as an [Observer].
type ObserverFunc func(Event)

// Observe calls f.
func (f ObserverFunc) Observe(e Event) { f(e) }

// EventKind is what happened.
type EventKind string

const (
	// EventOpened is a transition to open.
	EventOpened EventKind = "opened"
	// EventHalfOpened is a transition to half-open.
	EventHalfOpened EventKind = "half_opened"
	// EventClosed is a transition to closed.
	EventClosed EventKind = "closed"
	// EventWatched is the beginning of a watch, after a first failure.
	EventWatched EventKind = "watched"
	// EventUnwatched is the end of a watch.
	EventUnwatched EventKind = "unwatched"
	// EventProbeClaimed is a probe that this environment may make.
	EventProbeClaimed EventKind = "probe_claimed"
	// EventProbeSettled is a probe of this environment that ended.
	EventProbeSettled EventKind = "probe_settled"
	// EventOverridden is an operator's override.
	EventOverridden EventKind = "overridden"
	// EventOverrideEnded is the end of one.
	EventOverrideEnded EventKind = "override_ended"
	// EventStoreFailed is a store out of reach.
	EventStoreFailed EventKind = "store_failed"
	// EventStoreBack is a store within reach again.
	EventStoreBack EventKind = "store_back"
	// EventPermitExpired is a permit that nobody settled before its deadline. It
	// counts as a failure.
	EventPermitExpired EventKind = "permit_expired"
	// EventIsolated is this environment opening for itself.
	EventIsolated EventKind = "isolated"
	// EventRejoined is this environment going with the fleet again.
	EventRejoined EventKind = "rejoined"
)

// Event is one thing that happened to a circuit, with its evidence, as one
// environment saw it.
type Event struct {
	Kind EventKind
	// At is when this environment saw it.
	At Instant
	// Circuit is the key of the circuit.
	Circuit string
	// Generation is the generation it happened in.
	Generation uint64
	// From and To are the states of a transition.
	From, To State
	// Cause is why the circuit is in its state.
	Cause Cause
	// OpenUntil is when an open circuit may be probed.
	OpenUntil Instant
	// Relapses is how often it has opened without having been well.
	Relapses int
	// Override is the operator's word, if any.
	Override Override
	// Made is whether this environment made it happen. Of all environments that
	// tell of a transition, one made it.
	Made bool
	// Outcome is what a settled probe came to.
	Outcome Outcome
	// Err is why the store is out of reach.
	Err error
	// Missed is how many events before this one were dropped, because
	// observers did not keep up.
	Missed int
}

// String returns the event as one line for a terminal.
func (e Event) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s %s", e.Circuit, e.Kind)
	switch e.Kind {
	case EventOpened, EventIsolated:
		fmt.Fprintf(&s, " for %v (%v)", e.OpenUntil.Sub(e.At).Round(time.Millisecond), e.Cause)
		if e.Relapses > 0 {
			fmt.Fprintf(&s, ", relapse %d", e.Relapses)
		}
	case EventHalfOpened, EventClosed:
		fmt.Fprintf(&s, " (%v)", e.Cause)
	case EventProbeSettled:
		fmt.Fprintf(&s, ": %v", e.Outcome)
	case EventOverridden:
		fmt.Fprintf(&s, " %s by %s until %s: %s", e.Override.Mode, e.Override.Actor,
			e.Override.Until.Time().Format(time.TimeOnly), e.Override.Reason)
	case EventStoreFailed:
		fmt.Fprintf(&s, ": %v", e.Err)
	case EventWatched, EventUnwatched, EventProbeClaimed, EventOverrideEnded, EventStoreBack, EventPermitExpired, EventRejoined:
	}
	return s.String()
}
