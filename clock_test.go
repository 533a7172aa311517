package recloser_test

import (
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
)

// hands is a clock that a test moves by hand.
type hands struct {
	mu     sync.Mutex
	wall   time.Time
	mono   time.Duration
	timers map[int]*timer
	set    int
}

type timer struct {
	at time.Duration
	f  func()
}

func newHands() *hands {
	return &hands{wall: time.UnixMilli(1_800_000_000_000), mono: time.Hour, timers: map[int]*timer{}}
}

func (h *hands) option(o *recloser.Options) {
	o.Clock = recloser.Clock{Wall: h.now, Mono: h.monotonic, AfterFunc: h.afterFunc}
}

func (h *hands) now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.wall
}

func (h *hands) monotonic() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mono
}

func (h *hands) afterFunc(d time.Duration, f func()) func() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.set++
	id := h.set
	h.timers[id] = &timer{h.mono + d, f}
	return func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		_, waiting := h.timers[id]
		delete(h.timers, id)
		return waiting
	}
}

// advance lets time pass, and what waits for it run.
func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	end := h.mono + d
	for {
		next, at := 0, end
		for id, waiting := range h.timers {
			if waiting.at <= at {
				next, at = id, waiting.at
			}
		}
		h.wall = h.wall.Add(max(at-h.mono, 0))
		h.mono = max(at, h.mono)
		if next == 0 {
			break
		}
		f := h.timers[next].f
		delete(h.timers, next)
		h.mu.Unlock()
		f()
		h.mu.Lock()
	}
	h.mu.Unlock()
}

// freeze is an environment that stands still for d: its monotonic clock and its
// timers do too.
func (h *hands) freeze(d time.Duration) { h.step(d) }

// step moves the wall clock alone, forward or back.
func (h *hands) step(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.wall = h.wall.Add(d)
}

// waiting returns how many timers wait.
func (h *hands) waiting() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.timers)
}
