//go:build unix

package locallambda_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// handClock is a clock that a test moves by hand.
type handClock struct {
	mu     sync.Mutex
	at     time.Time
	timers map[*handTimer]bool
}

type handTimer struct {
	due time.Time
	f   func()
}

func newHandClock() *handClock {
	return &handClock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), timers: make(map[*handTimer]bool)}
}

func (c *handClock) option(o *locallambda.Options) {
	o.Clock = locallambda.Clock{
		Now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.at
		},
		AfterFunc: func(d time.Duration, f func()) func() bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			timer := &handTimer{c.at.Add(d), f}
			c.timers[timer] = true
			return func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				found := c.timers[timer]
				delete(c.timers, timer)
				return found
			}
		},
	}
}

// advance waits until something waits for the time, and moves on to that. It
// returns how long that was.
func (c *handClock) advance(t *testing.T) time.Duration {
	t.Helper()
	var next *handTimer
	await(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for timer := range c.timers {
			if next == nil || timer.due.Before(next.due) {
				next = timer
			}
		}
		return next != nil
	})
	c.mu.Lock()
	delete(c.timers, next)
	waited := next.due.Sub(c.at)
	c.at = next.due
	c.mu.Unlock()
	next.f()
	return waited
}

// inbox keeps what a destination gets.
type inbox struct {
	mu      sync.Mutex
	records []string
	letters []locallambda.Letter
	err     error
}

func (b *inbox) take(_ context.Context, record []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.records = append(b.records, string(record))
	return b.err
}

func (b *inbox) letter(_ context.Context, l locallambda.Letter) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.letters = append(b.letters, l)
	return b.err
}
