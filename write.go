package recloser

// Write is one change of a record, made under a condition. It is one of
// [Watch], [Unwatch], [Report], [Transition], [Claim], [Settle] and
// [SetOverride]. What it does and on what condition is defined by
// [Record.Apply]; each is simple enough for one conditional update of any store.
//
//sumtype:decl
type Write interface {
	// Under returns the generation the write was made under. It must not
	// change a record of another one.
	Under() uint64

	apply(Record) (Record, bool)
}

// Watch asks all environments to listen: from At on they count the given share
// of their calls, and the counts of the watch before are dropped. It is made only if
// the watch is still the one its writer saw, so that the first of many wins.
type Watch struct {
	Generation uint64
	// Was is the watch its writer saw; zero if there was none.
	Was Instant
	// At is when the watch begins.
	At Instant
	// Share is the share of calls to count.
	Share Share
}

// Unwatch ends the watch Was, after a window without failures, and drops its
// counts.
type Unwatch struct {
	Generation uint64
	Was        Instant
}

// Report adds what an environment counted in the watch.
type Report struct {
	Generation uint64
	// Watch is the watch it was counted in.
	Watch Instant
	// Counted is what to add to which slots. At most [MaxSlots].
	Counted []Slot
	// Drop are slots, none of Counted, that have slid out of the window.
	Drop []Instant
	// Share is the share of calls to count from now on.
	Share Share
	// Voice is the reporter's name, if it has failures to report and there is
	// room among the voices. It joins a set, so that none is written over.
	Voice string
}

// Transition moves the circuit to another state and raises the generation. The
// evidence and the probes of the generation before are dropped; the override
// and the share stay.
type Transition struct {
	Generation uint64
	To         State
	// Since is when the new state begins.
	Since Instant
	// OpenUntil is when it may be probed, if it opens.
	OpenUntil Instant
	// Relapses is the new number of relapses.
	Relapses int
	// Cause is why.
	Cause Cause
}

// Claim takes a probe slot for one attempt. It is made only if the slot is held
// by whom its writer saw; whether a lease has run out is the writer's
// calculation, with the margin between.
type Claim struct {
	Generation uint64
	// First claims the first slot of an open circuit and moves it to half-open
	// in the same write: the generation rises by one, and Slot is 0.
	First bool
	// Since is when the half-open state begins, if First.
	Since Instant
	// Slot is the number of the slot.
	Slot int
	// Was is the token its writer saw in the slot; empty if it was free.
	Was string
	// Lease is what it writes there.
	Lease Lease
}

// Settle ends a probe: it counts its outcome and frees the slot, if the slot is
// still held by Token. An ignored outcome only frees it.
type Settle struct {
	Generation uint64
	Slot       int
	Token      string
	Outcome    Outcome
}

// SetOverride puts an operator's word beside the state, or takes it back. No
// automatic step makes this write, and the runtime role of an environment need
// not be allowed to.
type SetOverride struct {
	Generation uint64
	Override   Override
}

// Under returns the generation the watch was asked for under.
func (w Watch) Under() uint64 { return w.Generation }

// Under returns the generation the watch is ended under.
func (w Unwatch) Under() uint64 { return w.Generation }

// Under returns the generation the calls were made under.
func (w Report) Under() uint64 { return w.Generation }

// Under returns the generation that the transition ends.
func (w Transition) Under() uint64 { return w.Generation }

// Under returns the generation the writer saw; the first claim ends it.
func (w Claim) Under() uint64 { return w.Generation }

// Under returns the half-open generation of the probe.
func (w Settle) Under() uint64 { return w.Generation }

// Under returns the generation the operator saw.
func (w SetOverride) Under() uint64 { return w.Generation }

func (w Watch) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation || r.WatchSince != w.Was {
		return r, false
	}
	r.WatchSince = w.At
	r.Share = w.Share
	r.Voices = [MaxVoices]string{}
	r.Window = Window{}
	return r, true
}

func (w Unwatch) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation || r.WatchSince != w.Was {
		return r, false
	}
	r.WatchSince = 0
	r.Voices = [MaxVoices]string{}
	r.Window = Window{}
	return r, true
}

func (w Report) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation || r.WatchSince != w.Watch {
		return r, false
	}
	r.Window = r.Window.Drop(w.Drop...)
	for _, s := range w.Counted {
		r.Window = r.Window.Add(s.Start, s.Counts)
	}
	r.Share = w.Share
	r.Voices = r.withVoice(w.Voice)
	return r, true
}

func (w Transition) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation {
		return r, false
	}
	return Record{
		Generation: r.Generation + 1,
		State:      w.To,
		Since:      w.Since,
		OpenUntil:  w.OpenUntil,
		Relapses:   w.Relapses,
		Cause:      w.Cause,
		Override:   r.Override,
		Share:      r.Share,
	}, true
}

func (w Claim) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation || w.Slot < 0 || w.Slot >= MaxProbes || w.Lease.Token == "" {
		return r, false
	}
	if w.First {
		r, _ = Transition{
			Generation: w.Generation,
			To:         StateHalfOpen,
			Since:      w.Since,
			Relapses:   r.Relapses,
			Cause:      Cause{Rule: RuleCooledDown},
		}.apply(r)
		r.Probes[0] = w.Lease
		return r, true
	}
	if r.Probes[w.Slot].Token != w.Was {
		return r, false
	}
	r.Probes[w.Slot] = w.Lease
	return r, true
}

func (w Settle) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation || w.Slot < 0 || w.Slot >= MaxProbes ||
		w.Token == "" || r.Probes[w.Slot].Token != w.Token {
		return r, false
	}
	r.Probes[w.Slot] = Lease{}
	switch w.Outcome {
	case OutcomeSuccess:
		r.ProbeOK++
	case OutcomeFailure, OutcomeSlow:
		r.ProbeFailed++
	case OutcomeIgnored:
	}
	return r, true
}

func (w SetOverride) apply(r Record) (Record, bool) {
	if r.Generation != w.Generation {
		return r, false
	}
	r.Override = w.Override
	return r, true
}
