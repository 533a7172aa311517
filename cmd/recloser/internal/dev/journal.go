package dev

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// Kinds of events that are the dev server's own.
const (
	// KindFault is a change of the sample upstream's faults.
	KindFault = "fault"
	// KindRampedUp is the end of a ramp: every call is admitted again.
	KindRampedUp = "ramped_up"
	// KindReset is an operator's reset.
	KindReset = "reset"
)

const mostEvents = 4096

// Journal keeps the latest events of a dev server. It is safe for concurrent
// use.
type Journal struct {
	mu      sync.Mutex
	events  []admin.Event // The last mostEvents, oldest first.
	last    uint64
	changed chan struct{} // Closed at the next event.
	// All environments tell of an override; the first of them is heard.
	overrides map[string]recloser.Override // By circuit: what is in force.
	ended     map[string]recloser.Override // By circuit: what was, at last.
}

// NewJournal returns a journal without events.
func NewJournal() *Journal {
	return &Journal{
		changed:   make(chan struct{}),
		overrides: make(map[string]recloser.Override),
		ended:     make(map[string]recloser.Override),
	}
}

// Add numbers e and keeps it. An event without a time happens now.
func (j *Journal) Add(e admin.Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	e.Sequence = j.last
	if len(j.events) == mostEvents {
		j.events = append(j.events[:0], j.events[1:]...)
	}
	j.events = append(j.events, e)
	close(j.changed)
	j.changed = make(chan struct{})
}

// Observer returns what tells the journal of the events of one environment.
func (j *Journal) Observer(environment string) recloser.Observer {
	return recloser.ObserverFunc(func(e recloser.Event) {
		if j.worthTelling(e) {
			event := admin.Event{
				At:          e.At.Time(),
				Circuit:     e.Circuit,
				Kind:        string(e.Kind),
				Generation:  e.Generation,
				Environment: environment,
				Text:        evidence(e),
			}
			if e.Kind == recloser.EventOverridden || e.Kind == recloser.EventOverrideEnded {
				event.Environment = ""
			}
			j.Add(event)
		}
	})
}

// worthTelling reports whether e is news: of all who tell of a transition, the
// one who made it is heard, and of an override the first.
func (j *Journal) worthTelling(e recloser.Event) bool {
	switch e.Kind {
	case recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed,
		recloser.EventWatched, recloser.EventUnwatched:
		return e.Made
	case recloser.EventOverridden:
		return j.overridden(e.Circuit, e.Override)
	case recloser.EventOverrideEnded:
		return j.overridden(e.Circuit, recloser.Override{})
	case recloser.EventProbeClaimed, recloser.EventProbeSettled, recloser.EventStoreFailed, recloser.EventStoreBack,
		recloser.EventPermitExpired, recloser.EventIsolated, recloser.EventRejoined:
	}
	return true
}

// overridden notes what is forced, if anything, and reports whether that is
// news.
func (j *Journal) overridden(circuit string, o recloser.Override) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	current := j.overrides[circuit]
	switch {
	case o == current, o.Mode != recloser.OverrideNone && o == j.ended[circuit]:
		return false
	case o.Mode == recloser.OverrideNone:
		delete(j.overrides, circuit)
	default:
		j.overrides[circuit] = o
	}
	j.ended[circuit] = current
	return true
}

// evidence says what stands behind an event, without the circuit and the kind.
func evidence(e recloser.Event) string {
	switch e.Kind {
	case recloser.EventOpened, recloser.EventIsolated:
		text := fmt.Sprintf("%v, for %v", e.Cause, e.OpenUntil.Sub(e.At).Round(time.Millisecond))
		if e.Relapses > 0 {
			text += fmt.Sprintf(", relapse %d", e.Relapses)
		}
		return text
	case recloser.EventHalfOpened, recloser.EventClosed:
		return e.Cause.String()
	case recloser.EventProbeSettled:
		return e.Outcome.String()
	case recloser.EventOverridden:
		return OverrideText(e.Override)
	case recloser.EventStoreFailed:
		return fmt.Sprint(e.Err)
	case recloser.EventWatched:
		return "a call failed, the fleet counts its calls"
	case recloser.EventUnwatched:
		return "nothing failed for a window"
	case recloser.EventOverrideEnded:
		return "the state holds again"
	case recloser.EventPermitExpired:
		return "a call was never settled and counts as a failure"
	case recloser.EventRejoined:
		return "goes with the fleet again"
	case recloser.EventProbeClaimed, recloser.EventStoreBack:
	}
	return ""
}

// OverrideText says who forces what, until when and why.
func OverrideText(o recloser.Override) string {
	text := fmt.Sprintf("forced %s by %s until %s", o.Mode, o.Actor, o.Until.Time().Local().Format(time.TimeOnly))
	if o.Reason != "" {
		text += ": " + o.Reason
	}
	return text
}

// After returns up to limit events after the given sequence number, the newest
// if there are more, and waits up to wait for the first.
func (j *Journal) After(ctx context.Context, sequence uint64, limit int, wait time.Duration) []admin.Event {
	timeout := time.NewTimer(wait)
	defer timeout.Stop()
	for {
		events, changed := j.after(sequence, limit)
		if len(events) > 0 || wait <= 0 {
			return events
		}
		select {
		case <-changed:
		case <-timeout.C:
			return events
		case <-ctx.Done():
			return events
		}
	}
}

func (j *Journal) after(sequence uint64, limit int) ([]admin.Event, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	fresh := min(j.last-min(sequence, j.last), uint64(min(limit, len(j.events))))
	events := make([]admin.Event, fresh)
	copy(events, j.events[uint64(len(j.events))-fresh:])
	return events, j.changed
}
