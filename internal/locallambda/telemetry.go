package locallambda

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
)

// The kinds of telemetry that an extension subscribes to.
const (
	platformEvents  = "platform"
	functionEvents  = "function"
	extensionEvents = "extension"
)

// telemetry brings the events of one life of an environment to those who have
// subscribed.
type telemetry struct {
	work *sync.WaitGroup

	mu          sync.Mutex
	closed      bool
	early       []telemetryEvent // What came before the last could subscribe.
	earlyBytes  int
	subscribers []*subscriber
}

// telemetryEvent is an event as it is delivered.
type telemetryEvent struct {
	kind string
	text json.RawMessage
	lost droppedRecord // What it is the news of, if it is of a loss.
}

func newTelemetryEvent(kind, event string, record any) telemetryEvent {
	text, err := json.Marshal(struct {
		Time   string `json:"time"`
		Type   string `json:"type"`
		Record any    `json:"record"`
	}{now().UTC().Format(timeFormat), event, record})
	if err != nil {
		panic(err) // Strings and numbers.
	}
	return telemetryEvent{kind: kind, text: text}
}

// maxEarly bounds, in bytes, what is kept for those who have yet to subscribe.
const maxEarly = 1 << 20

var (
	errSubscriptionClosed = errors.New("locallambda: nobody can subscribe after the init phase")
	errSubscribed         = errors.New("locallambda: this extension has subscribed")
)

// emit tells the subscribers of an event.
func (t *telemetry) emit(kind, event string, record any) {
	e := newTelemetryEvent(kind, event, record)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.closed && t.earlyBytes+len(e.text) <= maxEarly {
		t.early = append(t.early, e)
		t.earlyBytes += len(e.text)
	}
	for _, s := range t.subscribers {
		s.add(e)
	}
}

// platform tells of an event of the platform.
func (t *telemetry) platform(event string, record any) {
	t.emit(platformEvents, "platform."+event, record)
}

// subscribe begins a subscription, with what has happened before it.
func (t *telemetry) subscribe(s *subscriber) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return errSubscriptionClosed
	}
	for _, other := range t.subscribers {
		if other.name == s.name {
			return errSubscribed
		}
	}
	t.subscribers = append(t.subscribers, s)
	for _, e := range t.early {
		s.add(e)
	}
	t.work.Go(s.run)
	return nil
}

// close ends the time in which one can subscribe.
func (t *telemetry) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed, t.early = true, nil
}

// flush delivers what is waiting, within the context's time.
func (t *telemetry) flush(ctx context.Context) {
	var all sync.WaitGroup
	for _, s := range t.all() {
		all.Go(func() { s.flush(ctx) })
	}
	all.Wait()
}

// stop ends all subscriptions.
func (t *telemetry) stop() {
	t.close()
	for _, s := range t.all() {
		s.cancel()
	}
}

func (t *telemetry) all() []*subscriber {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]*subscriber(nil), t.subscribers...)
}
