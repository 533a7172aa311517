package recloser

// event returns an event about the known record.
func (b *Breaker) event(kind EventKind) Event {
	r := &b.env.record
	return Event{
		Kind:       kind,
		At:         InstantOf(b.clock.Wall()),
		Circuit:    b.key,
		Generation: r.Generation,
		From:       r.State,
		To:         r.State,
		Cause:      r.Cause,
		OpenUntil:  r.OpenUntil,
		Relapses:   r.Relapses,
		Override:   r.Override,
	}
}

// tell posts what has changed since the last known record.
func (b *Breaker) tell(last Record, made bool) {
	if len(b.options.Observers) == 0 {
		return
	}
	r := &b.env.record
	// A state may differ in the same generation: an environment that lost the
	// store has gone through generations of its own.
	if r.State != last.State || (made && r.Generation != last.Generation) {
		e := b.event(transitionKind(r.State))
		e.From, e.Made = last.State, made
		b.events.post(e)
	}
	if r.WatchSince != last.WatchSince && r.Generation == last.Generation {
		e := b.event(EventWatched)
		if r.WatchSince == 0 {
			e.Kind = EventUnwatched
		}
		e.Made = made
		b.events.post(e)
	}
	if r.Override != last.Override {
		b.tellOverride()
	}
}

// tellOverride posts what an operator has said, or has taken back.
func (b *Breaker) tellOverride() {
	e := b.event(EventOverridden)
	switch {
	case e.Override.Mode != OverrideNone && e.At < e.Override.Until:
		b.env.forced = e.Override
		b.events.post(e)
	case b.env.forced.Mode != OverrideNone:
		b.env.forced = Override{}
		b.events.post(b.event(EventOverrideEnded))
	}
}

// tellOverrideEnd posts the end of an override that has run out.
func (b *Breaker) tellOverrideEnd(now moment) {
	o := b.env.forced
	if o.Mode != OverrideNone && now.instant() >= o.Until {
		b.env.forced = Override{}
		b.events.post(b.event(EventOverrideEnded))
	}
}

func transitionKind(to State) EventKind {
	switch to {
	case StateOpen:
		return EventOpened
	case StateHalfOpen:
		return EventHalfOpened
	case StateClosed:
	}
	return EventClosed
}
