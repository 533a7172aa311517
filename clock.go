package recloser

import (
	"context"
	"sync/atomic"
	"time"
)

// Clock is the time of one environment. The zero Clock is the machine's; a
// simulator or a test puts its own here. Whoever sets all of it owns time
// entirely: a breaker waits for nothing else but the store.
type Clock struct {
	// Wall is the time of day, which all environments share but for an error.
	// It may step, also backwards.
	Wall func() time.Time
	// Mono never steps, but stands still while the environment is frozen.
	Mono func() time.Duration
	// AfterFunc calls f on its own after d, unless the function it returns is
	// called before. The breaker has at most one such call waiting, and one for
	// each call that its caller's deadline may cut short; none when no call is in
	// flight.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
	// WithTimeout bounds a call or an operation of the store: the context that
	// it returns ends after d, by the given cause or by none. The breaker calls
	// cancel as soon as it has no more use for it.
	WithTimeout func(parent context.Context, d time.Duration, cause error) (ctx context.Context, cancel context.CancelFunc)
	// Wait returns when done is closed, or when ctx ends. The breaker waits for
	// another of its calls, which is reading the record.
	Wait func(ctx context.Context, done <-chan struct{})
}

func wallClock() time.Time { return time.Now() }

// clock is a Clock without gaps.
type clock struct {
	Clock
	machine bool
	base    time.Time
	back    atomic.Int64 // by how much the wall clock has been seen to step back
}

func newClock(c Clock) *clock {
	filled := &clock{Clock: c, machine: c.Wall == nil && c.Mono == nil, base: time.Now()}
	if c.Wall == nil {
		filled.Wall = wallClock
	}
	if c.Mono == nil {
		filled.Mono = func() time.Duration { return time.Since(filled.base) }
	}
	if c.AfterFunc == nil {
		filled.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	if c.WithTimeout == nil {
		filled.WithTimeout = context.WithTimeoutCause
	}
	if c.Wait == nil {
		filled.Wait = wait
	}
	return filled
}

func wait(ctx context.Context, done <-chan struct{}) {
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// moment is one reading of both clocks, in nanoseconds.
type moment struct {
	wall, mono int64
	// aged is the wall clock without its steps back, for ages: one that was
	// put back an hour would else show none for an hour, and an environment
	// that is frozen between its calls has no other.
	aged int64
}

// now reads the monotonic clock first: a start that is reckoned from the wall
// clock then lies before, never after, what the monotonic clock says.
func (c *clock) now() moment {
	mono := c.mono()
	wall := c.Wall().UnixNano()
	return moment{wall: wall, mono: mono, aged: wall + c.back.Load()}
}

// direct reports whether the wall clock may be read the quick way: it may not
// where time is not the machine's, as in a testing/synctest bubble.
func (c *clock) direct(now moment) bool {
	const tolerance = int64(50 * time.Millisecond)
	if !c.machine {
		return false
	}
	diff := wallNanos() - now.wall
	return -tolerance < diff && diff < tolerance
}

// mono returns the monotonic clock in nanoseconds.
func (c *clock) mono() int64 {
	if c.machine {
		return int64(time.Since(c.base))
	}
	return int64(c.Mono())
}

func (m moment) instant() Instant { return Instant(m.wall / int64(time.Millisecond)) }

// since returns the time from a to m by the clock that ran further: the
// monotonic clock stands still in a freeze, and the wall clock may step back.
func (m moment) since(a moment) time.Duration {
	return time.Duration(max(m.aged-a.aged, m.mono-a.mono, 0))
}
