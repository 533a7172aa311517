package locallambda

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// subscriber is an extension that is told of events, in batches.
type subscriber struct {
	name      string
	types     []string
	url       string
	maxItems  int
	maxBytes  int
	timeout   time.Duration
	telemetry *telemetry
	client    *http.Client
	ctx       context.Context
	cancel    context.CancelFunc
	kick      chan struct{} // A batch is due.

	mu        sync.Mutex
	changed   chan struct{} // Closed, and made anew, when a batch has been delivered.
	batch     []telemetryEvent
	size      int
	sending   bool
	lost      droppedRecord // What it has yet to be told of.
	stopTimer func() bool
}

func newSubscriber(name string, t *telemetry) *subscriber {
	ctx, cancel := context.WithCancel(context.Background())
	return &subscriber{
		name: name, maxItems: 1000, maxBytes: 256 << 10, timeout: time.Second, telemetry: t,
		client: &http.Client{Transport: new(http.Transport)}, ctx: ctx, cancel: cancel,
		kick: make(chan struct{}, 1), changed: make(chan struct{}), stopTimer: func() bool { return true },
	}
}

// add puts an event into the batch. If that is full and the one before it has yet
// to be taken, it is lost.
func (s *subscriber) add(e telemetryEvent) {
	if !slices.Contains(s.types, e.kind) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.push(e)
	if len(s.batch) < s.maxItems && s.size < s.maxBytes {
		return
	}
	if s.sending {
		s.lose(s.take(), "Some logs were dropped because the downstream consumer is slower than the logs production rate")
		return
	}
	s.due()
}

// push is called under the lock.
func (s *subscriber) push(e telemetryEvent) {
	if len(s.batch) == 0 {
		s.stopTimer = afterFunc(s.timeout, s.due)
	}
	s.batch = append(s.batch, e)
	s.size += len(e.text)
}

// due has the batch delivered now.
func (s *subscriber) due() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// take empties the batch. It is called under the lock.
func (s *subscriber) take() []telemetryEvent {
	s.stopTimer()
	batch := s.batch
	s.batch, s.size = nil, 0
	return batch
}

// lose tells the subscriber what it has lost. If that was only the news of earlier
// losses, it is told with the next. It is called under the lock.
func (s *subscriber) lose(batch []telemetryEvent, reason string) {
	events := 0
	for _, e := range batch {
		s.lost.Records += e.lost.Records
		s.lost.Bytes += e.lost.Bytes
		if e.lost.Records == 0 {
			events++
			s.lost.Records++
			s.lost.Bytes += len(e.text)
		}
	}
	if events == 0 || !slices.Contains(s.types, platformEvents) {
		return
	}
	s.lost.Reason = reason
	news := newTelemetryEvent(platformEvents, "platform.logsDropped", s.lost)
	news.lost = s.lost
	s.lost = droppedRecord{}
	s.push(news)
}

// run delivers batches until the subscription ends.
func (s *subscriber) run() {
	defer s.client.CloseIdleConnections()
	for {
		select {
		case <-s.kick:
			s.deliver()
		case <-s.ctx.Done():
			s.mu.Lock()
			s.stopTimer()
			s.mu.Unlock()
			return
		}
	}
}

func (s *subscriber) deliver() {
	s.mu.Lock()
	batch := s.take()
	s.sending = true
	s.mu.Unlock()
	var err error
	if len(batch) > 0 {
		err = s.post(batch)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.ctx.Err() == nil {
		s.lose(batch, "could not send events: "+err.Error())
	}
	s.sending = false
	close(s.changed)
	s.changed = make(chan struct{})
}

// post waits as long as the extension takes: it may be frozen.
func (s *subscriber) post(batch []telemetryEvent) error {
	texts := make([]json.RawMessage, len(batch))
	for i, e := range batch {
		texts[i] = e.text
	}
	body, err := json.Marshal(texts)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(s.ctx, http.MethodPost, s.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.client.Do(request)
	if err != nil {
		return errors.Unwrap(err) // Without the address, which is this machine's.
	}
	defer response.Body.Close()
	_, _ = io.CopyN(io.Discard, response.Body, maxRegistration)
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("the extension answered %s", response.Status)
	}
	return nil
}

// flush waits until all is delivered.
func (s *subscriber) flush(ctx context.Context) {
	for {
		s.mu.Lock()
		done, changed := len(s.batch) == 0 && !s.sending, s.changed
		s.mu.Unlock()
		if done {
			return
		}
		s.due()
		select {
		case <-changed:
		case <-ctx.Done():
			return
		case <-s.ctx.Done():
			return
		}
	}
}
