package dev

import (
	"context"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
)

// Kinds of events that are the dev server's own.
const (
	// KindFault is a change of the sample upstream's faults.
	KindFault = "fault"
	// KindRampedUp is the end of a ramp: every call is admitted again.
	KindRampedUp = "ramped_up"
	// KindReset is an operator's reset.
	KindReset = operator.KindReset
)

const (
	mostEvents    = 4096
	overrideEnded = "the state holds again"
)

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
	told      map[string]operator.Position // By circuit: up to which transition.
	heard     map[string]time.Time         // By circuit: when somebody told of it.
}

// NewJournal returns a journal without events.
func NewJournal() *Journal {
	return &Journal{
		changed:   make(chan struct{}),
		overrides: make(map[string]recloser.Override),
		ended:     make(map[string]recloser.Override),
		told:      make(map[string]operator.Position),
		heard:     make(map[string]time.Time),
	}
}

// Add numbers e and keeps it. An event without a time happens now.
func (j *Journal) Add(e admin.Event) {
	if e.At.IsZero() {
		e.At = time.Now()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.add(e)
}

func (j *Journal) add(e admin.Event) {
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
	case recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed:
		return e.Made && j.transition(e.Circuit, e.Generation)
	case recloser.EventWatched, recloser.EventUnwatched:
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
	return j.overriddenLocked(circuit, o)
}

func (j *Journal) overriddenLocked(circuit string, o recloser.Override) bool {
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
	j.heard[circuit] = time.Now()
	return true
}

// evidence says what stands behind an event, without the circuit and the kind.
func evidence(e recloser.Event) string {
	switch e.Kind {
	case recloser.EventOpened, recloser.EventIsolated:
		return operator.OpenedText(e.Cause, e.OpenUntil.Sub(e.At), e.Relapses)
	case recloser.EventHalfOpened, recloser.EventClosed:
		return e.Cause.String()
	case recloser.EventProbeSettled:
		return e.Outcome.String()
	case recloser.EventOverridden:
		return operator.OverrideText(e.Override)
	case recloser.EventStoreFailed:
		return storage.Explain(e.Err)
	case recloser.EventWatched:
		return "a call failed, the fleet counts its calls"
	case recloser.EventUnwatched:
		return "nothing failed for a window"
	case recloser.EventOverrideEnded:
		return overrideEnded
	case recloser.EventPermitExpired:
		return "a call was never settled and counts as a failure"
	case recloser.EventRejoined:
		return "goes with the fleet again"
	case recloser.EventProbeClaimed, recloser.EventStoreBack:
	}
	return ""
}

// transition notes that a transition is told, and reports whether that is news.
func (j *Journal) transition(circuit string, generation uint64) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	at := j.told[circuit]
	if at.Known && at.Generation == generation {
		return false // The record has told of it.
	}
	j.told[circuit] = operator.Position{Generation: max(generation, at.Generation), Known: true}
	j.heard[circuit] = time.Now()
	return true
}

// Overridden tells of an operator's word, if it is news.
func (j *Journal) Overridden(circuit string, o recloser.Override, generation uint64, at time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.overriddenLocked(circuit, o) {
		j.addWord(circuit, o, generation, at)
	}
}

func (j *Journal) addWord(circuit string, o recloser.Override, generation uint64, at time.Time) {
	e := admin.Event{At: at, Circuit: circuit, Kind: string(recloser.EventOverridden), Generation: generation, Text: operator.OverrideText(o)}
	if o.Mode == recloser.OverrideNone {
		e.Kind, e.Text = string(recloser.EventOverrideEnded), overrideEnded
	}
	j.add(e)
}

// Reset tells of a reset by an operator of this process.
func (j *Journal) Reset(circuit, actor, reason string, generation uint64) {
	j.overridden(circuit, recloser.Override{})
	if j.transition(circuit, generation) {
		text := operator.ResetText(recloser.Cause{Actor: actor, Reason: reason})
		j.Add(admin.Event{Circuit: circuit, Kind: KindReset, Generation: generation, Text: text})
	}
}

// Seen tells of what a record shows that nobody in this process has told of:
// other processes share the circuit. What stood there at first is no news. The
// store was asked for the record at a moment; what has been told since, it may
// not show yet.
func (j *Journal) Seen(circuit string, record recloser.Record, asked, now time.Time) {
	forced := record.Override
	if forced.Until <= recloser.InstantOf(now) {
		forced = recloser.Override{}
	}
	record.Override = recloser.Override{}
	j.mu.Lock()
	defer j.mu.Unlock()
	at := j.told[circuit]
	switch {
	case asked.Before(j.heard[circuit]):
		return
	case !at.Known:
		j.told[circuit] = operator.Position{Generation: record.Generation, Known: true}
		j.overrides[circuit] = forced
		return
	case j.overriddenLocked(circuit, forced):
		j.addWord(circuit, forced, record.Generation, now)
	}
	events, next := operator.Timeline(circuit, record, nil, at, recloser.InstantOf(now))
	j.told[circuit] = next
	for _, e := range events {
		j.add(e)
	}
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
