package explorer

import (
	"slices"

	"github.com/recloser-dev/recloser"
)

// automaton is what environments do, as far as it has been seen: each state is
// one in which a real breaker and its callers were found, and each step was made by
// them. The same step of the same state is made once, however often it is needed.
type automaton struct {
	scale  scale
	window Window
	mutant Mutant

	ids     map[string]uint32
	locals  []local
	inputs  table[input]
	records table[relative]
	writes  table[relativeWrite]
	memo    map[uint64]edge
	places  table[uint64]
	runs    int // steps that real breakers made
}

// local is a state of one environment: how it was reached, and what it shows.
type local struct {
	parent uint32
	input  input // what befell the parent, by the threads of the process that was run
	skew   int
	summary
}

// summary is what an environment shows of itself. Callers stand in the order of
// the fingerprint.
type summary struct {
	threads [callers + 1]shown
	order   [callers]uint8 // which caller of the process that was run each one is
	same    bool           // whether nothing tells one caller from the other
	tokens  uint32         // the tokens it remembers, a bit for each
	known   bool
	knows   uint8 // the generation it knows
}

// shown is what a thread shows of itself.
type shown struct {
	at         position
	write      uint32 // what it has asked; 0 is a read
	token      uint8  // that its last claim would take the slot with
	ready      bool   // whether what it waits for has come
	probe      bool   // whether its permit is one of a probe
	shared     bool   // whether that was claimed from the store
	generation uint8  // of its permit
	claimed    uint8  // how many ticks ago its claim began
	left       uint8  // how many ticks its call has left
}

// inputKind is what befalls an environment.
type inputKind uint8

const (
	begins   inputKind = iota // A caller asks for leave.
	answered                  // The store answers.
	goes                      // A thread goes on that was held up, or that waited.
	ends                      // A call ends.
	passes                    // A tick passes.
)

// input is one thing that befalls an environment.
type input struct {
	kind    inputKind
	thread  uint8
	answer  uint8 // of the store
	outcome recloser.Outcome
	frozen  bool
	record  uint32
	token   uint8 // for the next attempt to claim
}

const (
	answerMade uint8 = iota + 1
	answerConflict
	answerNone
)

// edge is a step: the state it leads to, and whether callers change their order.
type edge struct {
	to      uint32
	swapped bool
	mints   bool // the step needs a token, and hangs on which
}

func newAutomaton(c Config, s scale) *automaton {
	a := &automaton{scale: s, window: c.Window, mutant: c.Mutant, ids: make(map[string]uint32), memo: make(map[uint64]edge)}
	a.writes.id(relativeWrite{}) // 0 is a read.
	return a
}

// born returns the state of an environment that has just begun.
func (a *automaton) born(skew int) uint32 {
	p := a.process(skew)
	defer p.stop()
	id, _ := a.intern(p, local{skew: skew, parent: noParent})
	return id
}

func (a *automaton) process(skew int) *process {
	p := newProcess(a.window, a.mutant, a.scale.policy, skew)
	p.places = &a.places
	return p
}

const noParent = ^uint32(0)

// step returns where in leads from the state id. Its thread is one of the
// summary's.
func (a *automaton) step(id uint32, in input) edge {
	token := in.token
	in.token = 0
	key := uint64(id)<<32 | uint64(a.inputs.id(in))
	e, found := a.memo[key]
	if found && !e.mints {
		return e
	}
	in.token = token
	exact := uint64(id)<<32 | uint64(a.inputs.id(in))
	if found {
		if e, found = a.memo[exact]; found {
			return e
		}
	}
	e = a.run(id, in)
	a.memo[exact] = e
	if !e.mints {
		a.memo[key] = e
	} else {
		a.memo[key] = edge{mints: true}
	}
	return e
}

// run makes a step with a process that is brought to its state from the
// beginning.
func (a *automaton) run(id uint32, in input) edge {
	a.runs++
	p := a.revive(id)
	defer p.stop()
	before := a.locals[id].order
	if int(in.thread) < callers {
		in.thread = before[in.thread]
	}
	a.feed(p, in)
	to, after := a.intern(p, local{parent: id, input: in, skew: p.skew})
	return edge{to: to, swapped: before != after, mints: p.minted}
}

// revive returns a process in the state id.
func (a *automaton) revive(id uint32) *process {
	var path []input
	at := id
	for ; a.locals[at].parent != noParent; at = a.locals[at].parent {
		path = append(path, a.locals[at].input)
	}
	p := a.process(a.locals[at].skew)
	for _, in := range slices.Backward(path) {
		a.feed(p, in)
	}
	return p
}

// feed lets in befall a process.
func (a *automaton) feed(p *process, in input) {
	p.token, p.minted = text(in.token), false
	if in.kind == passes {
		p.pass(in.frozen)
		return
	}
	t := p.looker
	if int(in.thread) < callers {
		t = p.callers[in.thread]
	}
	switch in.kind {
	case begins:
		t.begin(t.call)
		return
	case answered:
		t.been[len(t.been)-1].answer = in.answer
		switch in.answer {
		case answerMade:
			t.answer = answer{record: a.scale.absolute(a.records.value(in.record), p.right())}
		case answerConflict:
			t.answer = answer{record: a.scale.absolute(a.records.value(in.record), p.right()), err: recloser.ErrConflict}
		case answerNone:
			t.answer = answer{err: errUnheard}
		}
	case ends:
		t.outcome = in.outcome
	case goes, passes:
	}
	t.goOn()
}

// intern returns the number of the state that p is in, and the order of its
// callers.
func (a *automaton) intern(p *process, l local) (uint32, [callers]uint8) {
	pr := printer{scale: a.scale, process: p, in: a.window.Look(p.breaker), refresh: ticks(recloser.RefreshInterval) + 1}
	raw, order, same := pr.print()
	text := string(raw)
	if id, found := a.ids[text]; found {
		return id, order
	}
	l.summary = a.summarize(&pr, order)
	l.same = same
	id := uint32(len(a.locals))
	a.ids[text] = id
	a.locals = append(a.locals, l)
	return id, order
}

// summarize returns what a process shows.
func (a *automaton) summarize(pr *printer, order [callers]uint8) summary {
	p := pr.process
	s := summary{order: order, known: pr.in.Known, knows: uint8(pr.in.Record.Generation)}
	remember := func(token string) { s.tokens |= 1 << number(token) }
	for i := range slots {
		remember(pr.in.Record.Probes[i].Token)
	}
	for i := range s.threads {
		t := p.looker
		if i < callers {
			t = p.callers[order[i]]
		}
		show := &s.threads[i]
		show.at, show.shared = t.at, t.shared
		show.token = number(t.claim.Lease.Token)
		remember(t.claim.Lease.Token)
		switch t.at {
		case atStore:
			if t.write != nil {
				w := a.scale.relateWrite(t.write, p.right())
				show.write = a.writes.id(w)
				s.tokens |= 1<<w.was | 1<<w.token
			}
		case atWait:
			show.ready = t.ready()
		case atPermit, atCall:
			in := a.window.LookAt(t.permit)
			show.generation = uint8(in.Generation)
			if in.Token != "" {
				show.shared = t.shared && t.claim.Lease.Token == in.Token
				show.probe, show.token, show.claimed = true, number(in.Token), uint8(pr.age(in.Claimed, pr.longest()))
				remember(in.Token)
			}
			if t.at == atCall {
				show.left = uint8(t.left())
			}
		case atRest:
		}
	}
	return s
}

// table numbers values.
type table[T comparable] struct {
	ids    map[T]uint32
	values []T
}

func (t *table[T]) id(v T) uint32 {
	if id, found := t.ids[v]; found {
		return id
	}
	if t.ids == nil {
		t.ids = make(map[T]uint32)
	}
	id := uint32(len(t.values))
	t.ids[v] = id
	t.values = append(t.values, v)
	return id
}

func (t *table[T]) value(id uint32) T { return t.values[id] }
