package recloser

import "context"

// maxVoice is the length, in bytes, of the name an environment gives itself.
const maxVoice = 8

// share does an environment's part in a shared circuit after one of its calls
// has ended: a failing one casts doubt on the view and makes the fleet listen;
// what was counted while it listened is told at once as long as too little is known to
// judge, and then once a second at most.
func (b *Breaker) share(ctx context.Context, now moment, failed bool) {
	if failed {
		b.listen(ctx, now)
	}
	b.report(ctx, b.again())
	for range maxSteps {
		if !b.advance(ctx, b.again()) {
			return
		}
	}
}

// listen reads the record again, and asks the fleet to listen if nobody has.
// What made it do so is not counted itself: only calls that were drawn before
// anything was known of them are.
func (b *Breaker) listen(ctx context.Context, now moment) {
	e := &b.env
	if e.record.State != StateClosed {
		return
	}
	e.stale = true
	b.turn.Store(&b.noTurn)
	if e.reading == nil && !b.recent(now) {
		_ = b.load(ctx, b.options.StoreTimeout)
	}
	if !b.attached() || e.writing {
		return
	}
	if w, due := b.policy.WatchStart(b.view(b.again()), e.run >= alarmFailures); due {
		b.writeAlone(ctx, w)
	}
}

// report tells what was counted. It is told at most once: when the store does
// not say whether it was, it counts as told. The record is read just before,
// since what the report makes of the share rests on how much others report.
func (b *Breaker) report(ctx context.Context, now moment) {
	e := &b.env
	due := func() bool {
		return b.attached() && !e.writing && b.mayTell(now)
	}
	if !due() {
		return
	}
	if !b.recent(now) {
		_ = b.load(ctx, b.options.StoreTimeout)
		if now = b.again(); !due() {
			return
		}
	}
	e.reported = now
	v := b.view(now)
	if !b.policy.MayReport(v) {
		return
	}
	if e.name == "" {
		e.name = b.options.Token()
		e.name = e.name[:min(len(e.name), maxVoice)]
	}
	w := b.policy.Report(v, e.name, e.sample.used())
	e.sample, e.drawn = Window{}, 0
	b.writeAlone(ctx, w)
}

// mayTell reports whether there is something to tell, and it is time to.
func (b *Breaker) mayTell(now moment) bool {
	e := &b.env
	return len(e.sample.used()) > 0 && (now.since(e.reported) >= reportInterval || b.policy.undecided(b.view(now)))
}

// sample adds what a drawn call came to, unless the share has fallen so far since
// that it would not have been drawn now.
func (b *Breaker) sample(t *ticket, c Counts) {
	e := &b.env
	share := e.record.Share
	if t.share > share && b.options.Rand() >= float64(share/t.share) {
		return
	}
	// It began after the watch did, whatever the clock of this environment says.
	e.sample = e.sample.Add(max(e.slot, e.record.WatchSince.floor(b.policy.slot())), c)
	e.drawn = share
}

// thin drops from the sample what would not have been drawn by the share that is
// known now, without looking at what it came to: an environment learns late of a
// share that has fallen, and would else report more than its part.
func (b *Breaker) thin() {
	e := &b.env
	share := e.record.Share
	if e.drawn > share {
		keep := float64(share / e.drawn)
		e.sample = e.sample.thinned(func(n int) int { return b.binomial(n, keep) })
		e.drawn = share
	}
}

// binomial returns how many of n survive if each does with probability p. Beyond
// a bound the expectation is close enough.
func (b *Breaker) binomial(n int, p float64) int {
	const most = 1000
	if n > most {
		return int(float64(n)*p + b.options.Rand())
	}
	kept := 0
	for range n {
		if b.options.Rand() < p {
			kept++
		}
	}
	return kept
}
