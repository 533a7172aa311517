package locallambda

import "time"

// Clock is the time by which events wait and age in the asynchronous queue. The
// zero Clock is the machine's; a test puts its own here. Phases of an
// environment, and the deadlines that a function sees, always go by the machine's.
type Clock struct {
	// Now is the time of day.
	Now func() time.Time
	// AfterFunc calls f on its own after d, unless the function it returns is
	// called before.
	AfterFunc func(d time.Duration, f func()) (stop func() bool)
}

func newClock(c Clock) Clock {
	if c.Now == nil {
		c.Now = now
	}
	if c.AfterFunc == nil {
		c.AfterFunc = func(d time.Duration, f func()) func() bool { return time.AfterFunc(d, f).Stop }
	}
	return c
}

func now() time.Time { return time.Now() }

func since(t time.Time) time.Duration { return time.Since(t) }

// afterFunc calls f on its own after d by the machine's clock.
func afterFunc(d time.Duration, f func()) (stop func() bool) { return time.AfterFunc(d, f).Stop }
