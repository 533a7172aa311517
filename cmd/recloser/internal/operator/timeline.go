package operator

import (
	"fmt"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// Kinds of events that no environment tells of.
const (
	// KindReset is an operator's reset.
	KindReset = "reset"
	// KindGap is transitions that nobody remembers.
	KindGap = "gap"

	takenBack = "an operator took it back; the state holds again"
)

// Position is how far the events of a circuit are known. The zero Position is
// the beginning.
type Position struct {
	// Generation is that of the last transition, if Known.
	Generation uint64
	Known      bool
	// Override is what was forced last, and SaidAt when; it may have ended.
	Override recloser.Override
	SaidAt   recloser.Instant
}

// timeline makes events of what is known of one circuit.
type timeline struct {
	key    string
	now    recloser.Instant
	at     Position
	events []admin.Event
}

// Timeline returns what happened to a circuit after a position, oldest first:
// what the store remembers, which entries hold newest first, and what shows in
// the record besides. A store may have forgotten transitions, or never noted
// them; an event of [KindGap] says how many.
func Timeline(key string, record recloser.Record, entries []recloser.HistoryEntry, from Position, now recloser.Instant) ([]admin.Event, Position) {
	if record.Generation < from.Generation {
		from = Position{} // The record was deleted, and began anew.
	}
	t := timeline{key: key, now: now, at: from}
	for _, e := range slices.Backward(entries) {
		if from.Known && e.At <= from.SaidAt && isWord(e) || from.Known && e.Generation <= from.Generation && !isWord(e) {
			continue
		}
		t.runOut(e.At)
		t.add(e)
	}
	t.fromRecord(record)
	t.runOut(now)
	return t.events, t.at
}

// isWord reports whether an entry is an operator's word, not a transition.
func isWord(e recloser.HistoryEntry) bool {
	return e.Kind == recloser.EventOverridden || e.Kind == recloser.EventOverrideEnded
}

// add adds an entry, and the gap before it.
func (t *timeline) add(e recloser.HistoryEntry) {
	missing := e.Generation - t.at.Generation
	if !isWord(e) {
		missing--
	}
	if t.at.Known && e.Generation > t.at.Generation && missing > 0 {
		text := fmt.Sprintf("%d transitions were not remembered", missing)
		if missing == 1 {
			text = "a transition was not remembered"
		}
		t.tell(KindGap, e.At, e.Generation-1, text)
	}
	t.at.Generation, t.at.Known = e.Generation, true
	kind, text := string(e.Kind), causeOf(e.Cause).Text
	switch {
	case e.Kind == recloser.EventOverridden:
		t.at.Override, t.at.SaidAt = e.Override, e.At
		text = OverrideText(e.Override)
	case e.Kind == recloser.EventOverrideEnded:
		t.at.Override, t.at.SaidAt = recloser.Override{}, e.At
		text = takenBack
	case e.Kind == recloser.EventOpened:
		text = OpenedText(e.Cause, e.OpenUntil.Sub(e.At), e.Relapses)
	case e.Cause.Rule == recloser.RuleReset:
		kind, text = KindReset, ResetText(e.Cause)
	}
	t.tell(kind, e.At, e.Generation, text)
}

// fromRecord adds what the record shows and no entry did.
func (t *timeline) fromRecord(r recloser.Record) {
	if r.Generation > t.at.Generation {
		e := recloser.HistoryEntry{At: r.Since, Generation: r.Generation, Cause: r.Cause, OpenUntil: r.OpenUntil, Relapses: r.Relapses}
		switch r.State {
		case recloser.StateOpen:
			e.Kind = recloser.EventOpened
		case recloser.StateHalfOpen:
			e.Kind = recloser.EventHalfOpened
		case recloser.StateClosed:
			e.Kind = recloser.EventClosed
		}
		t.add(e)
	}
	t.at.Generation, t.at.Known = r.Generation, true
	switch forced := r.Override.Mode != recloser.OverrideNone && t.now < r.Override.Until; {
	case forced && r.Override != t.at.Override:
		// It has no time of its own: it is new now.
		t.at.Override, t.at.SaidAt = r.Override, t.now
		t.tell(string(recloser.EventOverridden), t.now, r.Generation, OverrideText(r.Override))
	case !forced && t.at.Override.Mode != recloser.OverrideNone && t.now < t.at.Override.Until:
		t.at.Override, t.at.SaidAt = recloser.Override{}, t.now
		t.tell(string(recloser.EventOverrideEnded), t.now, r.Generation, takenBack)
	}
}

// runOut tells that an override has come to its own end before a moment.
func (t *timeline) runOut(before recloser.Instant) {
	o := t.at.Override
	if o.Mode == recloser.OverrideNone || o.Until > before {
		return
	}
	t.at.Override = recloser.Override{}
	t.tell(string(recloser.EventOverrideEnded), o.Until, t.at.Generation, "it has run out; the state holds again")
}

func (t *timeline) tell(kind string, at recloser.Instant, generation uint64, text string) {
	t.events = append(t.events, admin.Event{At: timeOf(at), Circuit: t.key, Kind: kind, Generation: generation, Text: text})
}

// merge returns the events of all circuits by time. Those of one circuit keep
// their order, whatever the clocks say that told their times.
func merge(all [][]admin.Event) []admin.Event {
	type placed struct {
		at    time.Time
		event admin.Event
	}
	var places []placed
	for _, events := range all {
		at := time.Time{}
		for _, e := range events {
			if e.At.After(at) {
				at = e.At
			}
			places = append(places, placed{at, e})
		}
	}
	slices.SortStableFunc(places, func(a, b placed) int { return a.at.Compare(b.at) })
	events := make([]admin.Event, len(places))
	for i, p := range places {
		events[i] = p.event
	}
	return events
}
