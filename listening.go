package recloser

import "context"

// maxVoice is the length, in bytes, of the name an environment gives itself.
const maxVoice = 8

// share does an environment's part in a shared circuit after one of its calls
// has ended: a failing one casts doubt on the view and makes the fleet listen;
// what was counted while it listened is told at most once a second.
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
	b.turn.Store(noTurn)
	if e.reading == nil && now.since(e.read) >= recentView {
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
// not say whether it was, it counts as told.
func (b *Breaker) report(ctx context.Context, now moment) {
	e := &b.env
	due := e.sample.used()
	if !b.attached() || e.writing || len(due) == 0 || now.since(e.reported) < reportInterval {
		return
	}
	if e.name == "" {
		e.name = b.options.Token()
		e.name = e.name[:min(len(e.name), maxVoice)]
	}
	w := b.policy.Report(b.view(now), e.name, due)
	e.sample, e.reported = Window{}, now
	b.writeAlone(ctx, w)
}
