package recloser

import (
	"context"
	"time"
)

// HistoryAge is how long a store that is a [Historian] remembers what has
// happened to a circuit.
const HistoryAge = 30 * 24 * time.Hour

// HistoryEntry is a transition of a circuit, or an operator's word, as a store
// remembers it. It is a plain, comparable value.
type HistoryEntry struct {
	// Kind is what happened: [EventOpened], [EventHalfOpened], [EventClosed],
	// [EventOverridden] or, when an operator took a word back,
	// [EventOverrideEnded].
	Kind EventKind `json:"kind"`
	// At is when: the beginning of the state, or the moment at which the store
	// learned the operator's word.
	At Instant `json:"at_ms"`
	// Generation is the circuit's after it. Every transition raises it by one,
	// so a gap shows one that was not remembered.
	Generation uint64 `json:"generation"`
	// Cause is why, if it is a transition.
	Cause Cause `json:"cause,omitzero"`
	// OpenUntil is when a circuit that opened may be probed.
	OpenUntil Instant `json:"open_until_ms,omitempty"`
	// Relapses is how often it had opened without having been well.
	Relapses int `json:"relapses,omitempty"`
	// Override is what was forced, if it was an operator's word.
	Override Override `json:"override,omitzero"`
}

// HistoryOf returns the entry that w leaves, having come to r at now, and
// whether it leaves one: transitions do, the first claim of a probe among them,
// and what operators say.
func HistoryOf(w Write, r Record, now Instant) (HistoryEntry, bool) {
	e := HistoryEntry{Generation: r.Generation}
	switch w := w.(type) {
	case SetOverride:
		e.Kind, e.At, e.Override = EventOverridden, now, w.Override
		if w.Override.Mode == OverrideNone {
			e.Kind, e.Override = EventOverrideEnded, Override{}
		}
		return e, true
	case Claim:
		if !w.First {
			return HistoryEntry{}, false
		}
	case Transition:
	case Watch, Unwatch, Report, Settle:
		return HistoryEntry{}, false
	}
	e.Kind, e.At, e.Cause = transitionKind(r.State), r.Since, r.Cause
	e.OpenUntil, e.Relapses = r.OpenUntil, r.Relapses
	return e, true
}

// Historian is a [Store] that remembers the transitions of its circuits and what
// operators said, for operators. To remember costs the one environment that makes
// a transition, and nobody else; if that fails, the transition stands.
type Historian interface {
	// History returns up to limit entries of a circuit that are not older than
	// since, the newest first. An entry that cannot be read is left out; the
	// error that says so comes with the others.
	History(ctx context.Context, key string, since Instant, limit int) ([]HistoryEntry, error)
}
