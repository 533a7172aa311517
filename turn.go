package recloser

import "time"

// longestTurn bounds a turn, and with it how old the RetryAfter of a rejection
// may be.
const longestTurn = time.Second

// turn is a short promise: until it ends, every call gets the same answer, so
// that neither lock nor view is needed. It never outlives the slot of the window
// it began in, the view it rests on, or the open time; and it ends at once when
// the wall clock leaves it in either direction, so that what was promised before
// a freeze, or before the clock stepped back, is never relied on after.
type turn struct {
	began moment
	// span is how long it lasts, in nanoseconds.
	span uint64
	// generation is what calls of this turn are made under.
	generation uint64
	// direct is whether the wall clock may be read the quick way.
	direct bool
	// reject is the answer to every call; nil admits it.
	reject *OpenError
	// rejected is the number of rejections at its beginning.
	rejected uint64
}

// over reports whether the turn has ended by a clock that began it at began.
func (t *turn) over(now, began int64) bool { return uint64(now-began) >= t.span }

// countRejection counts every rejection of a turn up to a thousand, and beyond
// that one in sixteen for sixteen, drawn by the microsecond: a counter that all
// processors write would cost more than the answer. A loop that does nothing but
// be rejected is slower in the microseconds that are counted, and so is counted
// short by a sixth; callers that do anything else are not.
func (b *Breaker) countRejection(t *turn, wall int64) {
	const exact, each = 1000, 16
	if b.rejected.Load()-t.rejected < exact || !t.direct {
		b.rejected.Add(1)
	} else if wall>>3%each == 0 {
		b.rejected.Add(each)
	}
}

// beginTurn promises an answer for as long as it holds, and not longer than
// atMost. The lock must be held, and the counts taken.
func (b *Breaker) beginTurn(now moment, reject *OpenError, atMost time.Duration) {
	width := int64(b.policy.slot())
	span := min(atMost, longestTurn, time.Duration(width-now.wall%width))
	if b.attached() {
		span = min(span, RefreshInterval-now.since(b.env.read))
	}
	if span <= 0 || b.options.Trace {
		return
	}
	b.turn.Store(&turn{
		began:      now,
		span:       uint64(span),
		generation: b.env.record.Generation,
		direct:     b.clock.direct(now),
		reject:     reject,
		rejected:   b.rejected.Load(),
	})
}

// harvest counts the calls that succeeded under turns: a call that ended
// otherwise, or later, counts itself. The lock must be held.
func (b *Breaker) harvest(now moment) {
	e := &b.env
	released := b.flights.released(&e.releases)
	calls := max(released-e.counted, 0)
	e.counted = max(e.counted-released, 0)
	e.settled += uint64(released)
	if calls > 0 {
		e.window = e.window.Add(e.slot, Counts{Calls: calls})
		e.run = 0
	}
	e.slot = now.instant().floor(b.policy.slot())
}
