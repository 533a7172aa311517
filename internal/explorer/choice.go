package explorer

import "github.com/recloser-dev/recloser"

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

// faults are the names of those choices that are faults.
var faults = [...]string{
	lose: "lost operation", loseAck: "lost acknowledgement", delay: "late write", freeze: "freeze",
	pause: "pause", kill: "crash", elapse: "",
}

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
			all = x.failures(s, e, at, i, all)
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

// failures appends how the store can fail a thread.
func (x *space) failures(s state, e env, at, thread uint8, all []choice) []choice {
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
