package dynamostore_test

import (
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// clock is a clock that only a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Duration
}

func newClock() *clock { return new(clock) }

func (c *clock) mono() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) wall() time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(c.mono())
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now += d
}

func (c *clock) recloser() recloser.Clock {
	return recloser.Clock{Wall: c.wall, Mono: c.mono, AfterFunc: func(time.Duration, func()) func() bool {
		return func() bool { return true }
	}}
}

// breaker returns a breaker on a store.
func breaker(t *testing.T, key string, c *clock, s recloser.Store, observe recloser.ObserverFunc) *recloser.Breaker {
	t.Helper()
	b, err := recloser.New(key, func(o *recloser.Options) {
		o.Store, o.Clock = s, c.recloser()
		if observe != nil {
			o.Observers = []recloser.Observer{observe}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}
