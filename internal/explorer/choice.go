package explorer

import (
	"os"

	"github.com/recloser-dev/recloser"
)

// choice is one thing that can happen to a fleet.
type choice struct {
	kind    choiceKind
	env     uint8 // by its place in the state
	thread  uint8
	outcome recloser.Outcome
}

type choiceKind uint8

const (
	begin   choiceKind = iota // A caller asks for leave.
	arrive                    // What a thread has asked arrives at the store.
	reach                     // The store's answer reaches the thread.
	lose                      // What a thread has asked is lost.
	loseAck                   // It arrives, and its answer is lost.
	delay                     // It is on its way when its thread gives up.
	land                      // A write that was on its way arrives.
	proceed                   // A thread goes on: it looks at the clock, or need not wait.
	send                      // The call reaches the dependency.
	end                       // The call ends.
	freeze                    // An environment is frozen.
	thaw                      // It goes on.
	pause                     // A thread stands still before it sends its call.
	kill                      // An environment dies, and another takes its place.
	trip                      // The fleet has evidence, and the circuit opens.
	elapse                    // A tick passes.
)

// choices appends all that can happen in s.
func (x *space) choices(s state, all []choice) []choice {
	record := x.records.value(s.record)
	if int(record.generation) > x.config.Generations {
		return all
	}
	if env, found := x.ahead(s); found {
		return x.ofEnvironment(s, x.envs.value(s.envs[env]), env, all)
	}
	passes := true
	for i, id := range s.envs {
		if id == 0 || i > 0 && s.envs[i] == s.envs[i-1] {
			continue // What befalls one of two that are the same is enough.
		}
		e := x.envs.value(id)
		all = x.ofEnvironment(s, e, uint8(i), all)
		passes = passes && (e.frozen || x.quiet(e))
	}
	for i, id := range x.late.value(s.late) {
		if id != 0 {
			all = append(all, choice{kind: land, thread: uint8(i)})
		}
	}
	if record.state == recloser.StateClosed {
		all = append(all, choice{kind: trip})
	}
	if passes {
		all = append(all, choice{kind: elapse})
	}
	return all
}

// ahead returns an environment whose steps need not be interleaved with those of
// others: all that its threads can do next concerns nobody else, and one of them
// must do something before time passes. Whatever others do first, they may as well
// do after it; and whatever law they break with it, they break after it too.
func (x *space) ahead(s state) (uint8, bool) {
	if os.Getenv("NOPOR") != "" {
		return 0, false
	}
	for i, id := range s.envs {
		if id == 0 {
			continue
		}
		e := x.envs.value(id)
		if !e.frozen && x.alone(e) {
			return uint8(i), true
		}
	}
	return 0, false
}

func (x *space) alone(e env) bool {
	sum := &x.locals[e.local]
	must := false
	for i := range uint8(callers + 1) {
		t, o := &sum.threads[i], e.outside(i)
		switch t.at {
		case atStore:
			if o.answer == 0 {
				return false
			}
			must = true
		case atWait:
			must = must || t.ready
		case atPermit:
			must = must || !o.paused
		case atCall:
			must = must || !o.sent && !o.paused
		case atRest:
		}
	}
	return must
}

// quiet reports whether time may pass: all that takes no time has been done.
func (x *space) quiet(e env) bool {
	sum := &x.locals[e.local]
	for i := range uint8(callers + 1) {
		switch t := &sum.threads[i]; t.at {
		case atRest:
		case atStore, atWait:
			return false
		case atPermit:
			if !e.outside(i).paused {
				return false
			}
		case atCall:
			if o := e.outside(i); !o.paused && (!o.sent || t.left == 0) {
				return false
			}
		}
	}
	return true
}

// ofEnvironment appends what can happen to an environment.
func (x *space) ofEnvironment(s state, e env, at uint8, all []choice) []choice {
	sum := &x.locals[e.local]
	busy := false
	for i := range uint8(callers + 1) {
		t, o := &sum.threads[i], e.outside(i)
		busy = busy || t.at != atRest
		if i == 1 && sum.same && e.callers[0] == e.callers[1] {
			continue
		}
		do := func(kind choiceKind) { all = append(all, choice{kind: kind, env: at, thread: i}) }
		if t.at == atStore && o.answer == 0 {
			do(arrive)
			all = x.faults(s, e, at, i, all)
			continue
		}
		if e.frozen {
			continue
		}
		switch t.at {
		case atRest:
			if i < callers && s.spent.calls < x.config.Calls {
				do(begin)
			}
		case atStore:
			do(reach)
		case atWait:
			if t.ready {
				do(proceed)
			}
		case atPermit:
			do(proceed)
			if !o.paused && s.spent.pauses < x.config.Pauses {
				do(pause)
			}
		case atCall:
			if !o.sent {
				do(send)
				if !o.paused && s.spent.pauses < x.config.Pauses {
					do(pause)
				}
				continue
			}
			for _, outcome := range []recloser.Outcome{recloser.OutcomeSuccess, recloser.OutcomeFailure, recloser.OutcomeIgnored} {
				all = append(all, choice{kind: end, env: at, thread: i, outcome: outcome})
			}
		}
	}
	switch {
	case e.frozen:
		all = append(all, choice{kind: thaw, env: at})
	case busy && s.spent.freezes < x.config.Freezes:
		all = append(all, choice{kind: freeze, env: at})
	}
	if sum.known && s.spent.kills < x.config.Kills {
		all = append(all, choice{kind: kill, env: at})
	}
	return all
}

// faults appends how the store can fail a thread.
func (x *space) faults(s state, e env, at, thread uint8, all []choice) []choice {
	if e.frozen || s.spent.faults >= x.config.Faults {
		return all
	}
	w := x.writes.value(x.locals[e.local].threads[thread].write)
	all = append(all, choice{kind: lose, env: at, thread: thread})
	if w.kind == noWrite || w.kind == aWatch {
		return all
	}
	all = append(all, choice{kind: loseAck, env: at, thread: thread})
	if x.late.value(s.late)[0] == 0 && x.config.Late > 0 {
		all = append(all, choice{kind: delay, env: at, thread: thread})
	}
	return all
}

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
		cooldown := int8(ticks(x.config.Policy.OpenFor.Cooldown))
		s.record = x.records.id(relative{generation: r.generation + 1, state: recloser.StateOpen, until: cooldown})
	default:
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
		in.thread, in.token = c.thread, x.fresh(s)
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
