package explorer

import (
	"slices"

	"github.com/recloser-dev/recloser"
)

// Environments is how many environments a fleet may have here.
const maxEnvironments = 3

// state is a state of the whole fleet. It is small, since each of its parts is
// a number: two states are the same if they are equal.
type state struct {
	record uint32 // what the store holds
	late   uint32 // the writes on their way
	envs   [maxEnvironments]uint32
	spent  budget
}

// budget is how much has befallen a fleet that may befall it only so often.
type budget struct{ calls, faults, freezes, kills, pauses uint8 }

// env is an environment: what it is itself, and what others have to do with it.
type env struct {
	local   uint32
	frozen  bool
	callers [callers]outside
	looker  outside
}

// outside is what is known of a thread that it does not know itself.
type outside struct {
	answer  uint32 // on its way to it; 0 is none
	sent    bool   // its call is at the dependency
	paused  bool   // it stands still, and time goes on
	landed  bool   // its claim was made by the store
	outcome recloser.Outcome
	called  bool  // it has made its call
	stood   uint8 // for how many ticks it stood still after its last look at the clock
}

// reply is an answer on its way.
type reply struct {
	answer uint8
	record uint32
}

// letters are writes on their way, whose writers have given up: at most two.
type letters [2]uint32

// space is the fleet that is explored.
type space struct {
	*automaton
	config  Config
	envs    table[env]
	replies table[reply]
	late    table[letters]
	ticked  map[uint32]moved // environments, a tick later
	applied map[[2]uint32]applied
}

// moved is an environment after a step, and whether its callers changed places.
type moved struct {
	env     uint32
	swapped bool
}

type applied struct {
	record uint32
	made   bool
}

func newSpace(c Config) *space {
	skew := 0
	for _, s := range c.Skew {
		skew = max(skew, s)
	}
	x := &space{
		automaton: newAutomaton(c, newScale(c.mutated(), skew)), config: c,
		ticked: make(map[uint32]moved), applied: make(map[[2]uint32]applied),
	}
	x.replies.id(reply{}) // 0 is none.
	x.late.id(letters{})
	x.envs.id(env{local: noParent}) // 0 is no environment.
	return x
}

// first returns the state in which the circuit may be probed, and nobody has read
// that yet; and which environment stands where.
func (x *space) first() (state, [maxEnvironments]uint8) {
	var s state
	s.record = x.records.id(relative{generation: 1, state: recloser.StateOpen})
	for i, skew := range x.config.Skew {
		s.envs[i] = x.envs.id(env{local: x.born(skew)})
	}
	return s, sortEnvs(&s)
}

// sortEnvs forgets which environment is which; how far its clock is ahead is
// a part of each. It returns where each has gone.
func sortEnvs(s *state) [maxEnvironments]uint8 {
	from := [maxEnvironments]uint8{0, 1, 2}
	for i := 1; i < maxEnvironments; i++ {
		for j := i; j > 0 && s.envs[j] < s.envs[j-1]; j-- {
			s.envs[j], s.envs[j-1] = s.envs[j-1], s.envs[j]
			from[j], from[j-1] = from[j-1], from[j]
		}
	}
	return from
}

// follow follows callers that have changed their order.
func (e *env) follow(to edge) {
	e.local = to.to
	if to.swapped {
		e.callers[0], e.callers[1] = e.callers[1], e.callers[0]
	}
}

func (e *env) outside(thread uint8) *outside {
	if int(thread) < callers {
		return &e.callers[thread]
	}
	return &e.looker
}

// settle puts callers that only the outside tells apart in one order, and forgets what
// is known of threads that have nothing to do. It returns whether the callers have
// changed places.
func (x *space) settle(e env) (uint32, bool) {
	sum := &x.locals[e.local]
	for i := range sum.threads {
		if sum.threads[i].at == atRest {
			*e.outside(uint8(i)) = outside{}
		}
	}
	swapped := sum.same && e.callers[1].less(e.callers[0])
	if swapped {
		e.callers[0], e.callers[1] = e.callers[1], e.callers[0]
	}
	return x.envs.id(e), swapped
}

func (o outside) less(other outside) bool {
	if o.answer != other.answer {
		return o.answer < other.answer
	}
	return o.bits() < other.bits()
}

func (o outside) bits() int {
	n := int(o.stood)<<8 | int(o.outcome)<<4
	for i, set := range []bool{o.sent, o.paused, o.landed, o.called} {
		if set {
			n |= 1 << i
		}
	}
	return n
}

// tokens returns the tokens that anybody remembers.
func (x *space) tokens(s state) uint32 {
	tokens := x.remembered(s.record)
	for _, id := range s.envs {
		if id == 0 {
			continue
		}
		e := x.envs.value(id)
		tokens |= x.locals[e.local].tokens
		for _, o := range []outside{e.callers[0], e.callers[1], e.looker} {
			if o.answer != 0 {
				tokens |= x.remembered(x.replies.value(o.answer).record)
			}
		}
	}
	for _, id := range x.late.value(s.late) {
		w := x.writes.value(id)
		tokens |= 1<<w.was | 1<<w.token
	}
	return tokens
}

func (x *space) remembered(record uint32) uint32 {
	r := x.records.value(record)
	var tokens uint32
	for _, t := range r.tokens {
		tokens |= 1 << t
	}
	return tokens
}

// fresh returns a token that nobody remembers, for an environment.
func (x *space) fresh(s state, e env) uint8 {
	if owner := x.config.Mutant.Owner; owner != nil {
		return owner(x.locals[e.local].skew)
	}
	tokens := x.tokens(s) | 1 // 0 is none.
	for n := uint8(1); n < 32; n++ {
		if tokens&(1<<n) == 0 {
			return n
		}
	}
	panic("explorer: more tokens than there are slots, views and writes")
}

// make applies a write to a record.
func (x *space) make(record, write uint32) applied {
	key := [2]uint32{record, write}
	if a, found := x.applied[key]; found {
		return a
	}
	r := x.records.value(record)
	a := applied{record: record}
	if w := x.config.Mutant.written(r, x.writes.value(write)); w.kind != aWatch {
		next, made := x.scale.apply(r, w)
		a = applied{x.records.id(next), made}
	}
	x.applied[key] = a
	return a
}

// later returns an environment a tick later.
func (x *space) later(id uint32) moved {
	if next, found := x.ticked[id]; found {
		return next
	}
	e := x.envs.value(id)
	for i := range uint8(callers) {
		if o := e.outside(i); x.locals[e.local].threads[i].at == atCall && (e.frozen || o.paused) {
			o.stood = min(o.stood+1, x.excused())
		}
	}
	to := x.step(e.local, input{kind: passes, thread: callers, frozen: e.frozen})
	e.follow(to)
	for i := range uint8(callers + 1) {
		o := e.outside(i)
		if o.answer != 0 {
			r := x.replies.value(o.answer)
			r.record = x.records.id(x.scale.later(x.records.value(r.record)))
			o.answer = x.replies.id(r)
		}
	}
	next, swapped := x.settle(e)
	m := moved{next, swapped != to.swapped}
	x.ticked[id] = m
	return m
}

// tick returns the state a tick later.
func (x *space) tick(s state) state {
	s.record = x.records.id(x.scale.later(x.records.value(s.record)))
	late := x.late.value(s.late)
	for i, id := range late {
		if id != 0 {
			late[i] = x.writes.id(x.scale.laterWrite(x.writes.value(id)))
		}
	}
	slices.Sort(late[:])
	s.late = x.late.id(late)
	for i, id := range s.envs {
		if id != 0 {
			s.envs[i] = x.later(id).env
		}
	}
	return s
}
