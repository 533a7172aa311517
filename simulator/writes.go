package simulator

import (
	"github.com/recloser-dev/recloser"
)

// applied looks at a write that the store has made.
func (k *checker) applied(op *operation, before, after *recloser.Record) {
	e := op.handle.env
	if op.write.Under() != before.Generation {
		k.broken("S2", e, "%s of generation %d has changed generation %d", nameOf(op.write), op.write.Under(), before.Generation)
	}
	if before.Override != after.Override {
		k.broken("S5", e, "%s has changed the override", nameOf(op.write))
	}
	if before.State == recloser.StateOpen && after.State == recloser.StateClosed {
		k.broken("S5", e, "%s has closed an open circuit", nameOf(op.write))
	}
	at := &k.circuits[op.handle.partition]
	switch write := op.write.(type) {
	case recloser.Watch:
		// Two watches may begin in the same millisecond, by clocks that differ:
		// then they are one to whoever counts in them.
		if write.At != at.watch {
			k.watched(op.handle.partition)
		}
		at.watch = write.At
	case recloser.Report:
		k.reported(op, write)
	case recloser.Claim:
		k.claimed(op, write, at)
	case recloser.Settle:
		k.settled(op, after, at)
	case recloser.Transition:
		if after.State == recloser.StateOpen {
			at.openedAstray, at.claimedAstray = e.wrong(), false
		}
	default:
	}
	for i := range after.Probes {
		if token := after.Probes[i].Token; token != at.slots[i].token {
			at.slots[i] = holding{token, k.w.now, e.wrong()}
		}
	}
	if before.Generation != after.Generation {
		at.ended.entered, at.ended.good, at.ended.ignored = 0, 0, 0
	}
}

// claimed notes whose slot is taken over by a clock that is wrong.
func (k *checker) claimed(op *operation, claim recloser.Claim, at *circuit) {
	if !op.handle.env.wrong() {
		return
	}
	if claim.First {
		at.claimedAstray = true
	}
	for _, p := range at.probes {
		if p.token == claim.Was {
			p.overtaken = true
		}
	}
}

// settled holds that a generation counts no more probes than it had, and none as
// good that was not, nor one that was ignored. LAWS.md, S2 and S7.
func (k *checker) settled(op *operation, after *recloser.Record, at *circuit) {
	ok, all := after.ProbeOK, after.ProbeOK+after.ProbeFailed
	if ok > at.ended.good {
		k.broken("S2", op.handle.env, "%d probes count as successes of generation %d, and %d were", ok, after.Generation, at.ended.good)
	}
	if most := at.ended.entered - at.ended.ignored; all > most {
		k.broken("S7", op.handle.env, "%d probes count in generation %d, and %d may", all, after.Generation, most)
	}
}

// watched begins to count what environments can report of a watch.
func (k *checker) watched(partition int) {
	for _, e := range k.w.fleet.places {
		if e != nil {
			known := &e.known[partition]
			known.calls, known.bad, known.told = 0, 0, recloser.Counts{}
		}
	}
}

// reported holds that an environment reports no call twice, and none as failed or
// slow that was not, or began before the watch. LAWS.md, S2.
func (k *checker) reported(op *operation, report recloser.Report) {
	known := &op.handle.env.known[op.handle.partition]
	for _, s := range report.Counted {
		known.told.Calls += s.Calls
		known.told.Failures += s.Failures
		known.told.Slow += s.Slow
	}
	if t := known.told; t.Calls > known.calls || t.Failures > known.bad || t.Slow > known.bad {
		k.broken("S2", op.handle.env, "%+v was reported of a watch in which it made %d calls, %d of them bad", t, known.calls, known.bad)
	}
}
