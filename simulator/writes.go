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
		k.watched(op.handle.partition, write.At)
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
		for _, e := range k.w.fleet.places {
			if e != nil {
				e.known[op.handle.partition].watches = nil
			}
		}
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
	if claim.Was != "" {
		// Its call may be in flight, or may still be made.
		at.overtaken = append(at.overtaken, claim.Was)
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

// watched notes from where on environments count for a watch. Two watches of a
// generation may begin in the same millisecond, by clocks that differ, also with
// others between them: then they are one to whoever counts in them.
func (k *checker) watched(partition int, at recloser.Instant) {
	for _, e := range k.w.fleet.places {
		if e == nil || e.known[partition].calls == 0 {
			continue
		}
		known := &e.known[partition]
		if known.watches == nil {
			known.watches = make(map[recloser.Instant]told)
		}
		if _, again := known.watches[at]; !again {
			known.watches[at] = told{calls: known.calls, bad: known.bad}
		}
	}
}

// reported holds that an environment reports no call twice, and none as failed or
// slow that was not, or began before the watch. LAWS.md, S2.
func (k *checker) reported(op *operation, report recloser.Report) {
	known := &op.handle.env.known[op.handle.partition]
	said := known.watches[report.Watch]
	for _, s := range report.Counted {
		said.counts.Calls += s.Calls
		said.counts.Failures += s.Failures
		said.counts.Slow += s.Slow
	}
	if known.watches == nil {
		known.watches = make(map[recloser.Instant]told)
	}
	known.watches[report.Watch] = said
	calls, bad := known.calls-said.calls, known.bad-said.bad
	if t := said.counts; t.Calls > calls || t.Failures > bad || t.Slow > bad {
		k.broken("S2", op.handle.env, "%+v was reported of a watch in which it made %d calls, %d of them bad", t, calls, bad)
	}
}
