package recloser

import (
	"math"
	"time"
)

// Instant is a moment of the wall clock in milliseconds since the Unix epoch.
// It is what a [Record] holds: it means the same in every environment, it
// survives a freeze, and by construction it carries no monotonic reading.
// The zero Instant means "never".
type Instant int64

// InstantOf returns t in whole milliseconds, without its monotonic reading.
func InstantOf(t time.Time) Instant { return Instant(t.UnixMilli()) }

// Add returns the instant d later. It saturates instead of overflowing.
func (i Instant) Add(d time.Duration) Instant {
	ms := d.Milliseconds()
	sum := int64(i) + ms
	switch {
	case ms > 0 && sum < int64(i):
		return math.MaxInt64
	case ms < 0 && sum > int64(i):
		return math.MinInt64
	}
	return Instant(sum)
}

// Sub returns the time from j to i. It saturates instead of overflowing.
func (i Instant) Sub(j Instant) time.Duration {
	const limit = math.MaxInt64 / int64(time.Millisecond)
	diff := int64(i) - int64(j)
	switch {
	case i > j && (diff < 0 || diff > limit):
		return math.MaxInt64
	case i < j && (diff > 0 || diff < -limit):
		return math.MinInt64
	}
	return time.Duration(diff) * time.Millisecond
}

// Time returns i as a time in UTC.
func (i Instant) Time() time.Time { return time.UnixMilli(int64(i)).UTC() }

// floor returns the last instant at or before i that is a multiple of width. It
// saturates instead of overflowing.
func (i Instant) floor(width time.Duration) Instant {
	w := max(width.Milliseconds(), 1)
	rest := int64(i) % w
	if rest < 0 {
		rest += w
	}
	if int64(i) < math.MinInt64+rest {
		return math.MinInt64
	}
	return Instant(int64(i) - rest)
}
