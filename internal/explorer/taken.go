package explorer

import (
	"github.com/recloser-dev/recloser"
)

// taken is what became of a choice, for those who replay or draw it.
type taken struct {
	input   input
	feeds   bool // whether the input befalls the choice's environment
	record  relative
	write   relativeWrite
	made    bool
	swapped bool                   // whether its callers changed places
	moved   [maxEnvironments]uint8 // where the environment in each place was before
	refused string                 // the law that is broken
}

// take returns the state after c.
func (x *space) take(s state, c choice) (state, taken) {
	var did taken
	switch c.kind {
	case elapse:
		s = x.tick(s)
	case land:
		late := x.late.value(s.late)
		did.write = x.writes.value(late[c.thread])
		late[c.thread] = 0
		s = x.arrives(s, &did, x.writes.id(did.write))
		if late[0] > late[1] {
			late[0], late[1] = late[1], late[0]
		}
		s.late = x.late.id(late)
		x.landsLate(&s, &did)
	case trip:
		r := x.records.value(s.record)
		s.record = x.records.id(relative{generation: r.generation + 1, state: recloser.StateOpen, until: x.scale.cooldown})
	case begin, arrive, reach, lose, loseAck, delay, proceed, send, end, freeze, thaw, pause, kill:
		s = x.ofOne(s, c, &did)
	}
	did.moved = sortEnvs(&s)
	did.record = x.records.value(s.record)
	if did.refused == "" {
		did.refused = x.check(s)
	}
	return s, did
}

// ofOne takes a choice that befalls one environment.
func (x *space) ofOne(s state, c choice, did *taken) state {
	e := x.envs.value(s.envs[c.env])
	t, o := &x.locals[e.local].threads[c.thread], e.outside(c.thread)
	did.write = x.writes.value(t.write)
	feed := func(in input) {
		in.thread, in.token = c.thread, x.fresh(s, e)
		to := x.step(e.local, in)
		did.input, did.feeds, did.swapped = in, true, to.swapped
		e.follow(to)
	}
	switch c.kind {
	case begin:
		s.spent.calls++
		feed(input{kind: begins})
	case arrive:
		s = x.answers(s, did, e, c.thread, t.write)
		o.answer = x.replies.id(reply{answer: did.input.answer, record: s.record})
		did.input = input{}
		x.lands(o, did, *t)
	case reach:
		r := x.replies.value(o.answer)
		o.answer = 0
		feed(input{kind: answered, answer: r.answer, record: r.record})
	case lose, loseAck, delay:
		s.spent.faults++
		if c.kind == loseAck {
			s = x.answers(s, did, e, c.thread, t.write)
			x.lands(o, did, *t)
		}
		if c.kind == delay {
			late := x.late.value(s.late)
			late[0] = t.write
			if late[0] > late[1] {
				late[0], late[1] = late[1], late[0]
			}
			s.late = x.late.id(late)
		}
		feed(input{kind: answered, answer: answerNone})
	case proceed:
		o.paused = false
		feed(input{kind: goes})
	case send:
		o.sent, o.paused, o.called = true, false, true
	case pause:
		o.paused = true
		s.spent.pauses++
	case end:
		o.sent, o.outcome = false, c.outcome
		feed(input{kind: ends, outcome: c.outcome})
	case freeze:
		e.frozen = true
		s.spent.freezes++
	case thaw:
		e.frozen = false
	case kill:
		e = env{local: x.born(x.locals[e.local].skew)}
		s.spent.kills++
	case land, trip, elapse:
	}
	id, swapped := x.settle(e)
	s.envs[c.env], did.swapped = id, did.swapped != swapped
	return s
}

// answers lets what a thread has asked arrive at the store.
func (x *space) answers(s state, did *taken, e env, thread uint8, write uint32) state {
	did.input.answer = answerMade
	if write == 0 {
		return s
	}
	s = x.arrives(s, did, write)
	if !did.made {
		did.input.answer = answerConflict
		return s
	}
	if did.refused == "" {
		did.refused = checkSettle(did.write, *e.outside(thread), int(thread) < callers)
	}
	return s
}

// arrives applies a write, if its condition holds.
func (x *space) arrives(s state, did *taken, write uint32) state {
	a := x.make(s.record, write)
	if a.made {
		did.refused = checkWrite(x.records.value(s.record), x.records.value(a.record), x.writes.value(write))
	}
	s.record, did.made = a.record, a.made
	return s
}

// lands remembers that a thread's claim was made.
func (x *space) lands(o *outside, did *taken, t shown) {
	if did.made && (did.write.kind == aClaim || did.write.kind == aFirstClaim) && did.write.token == t.token {
		o.landed = true
	}
}

// landsLate remembers that a claim was made whose thread does not know it.
func (x *space) landsLate(s *state, did *taken) {
	for i, id := range s.envs {
		if id == 0 {
			continue
		}
		e := x.envs.value(id)
		for j := range uint8(callers) {
			if t := x.locals[e.local].threads[j]; t.at != atRest {
				x.lands(e.outside(j), did, t)
			}
		}
		s.envs[i], _ = x.settle(e)
	}
}
