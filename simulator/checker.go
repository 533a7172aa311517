package simulator

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
)

// checker sees what no environment can see: all of them at once, the record as it
// is, and the dependency. After every step it checks the laws that hold in every
// run; LAWS.md states them. What only some runs promise is checked by tests.
//
// It believes no breaker. Calls are counted where they arrive, clocks are
// compared with the time that it is.
type checker struct {
	w        *world
	circuits []circuit
	sound    bool // whether nothing that happens could open a circuit
}

// circuit is what the checker knows of one.
type circuit struct {
	probes []*probe // those in flight, of whatever generation
	// ended is what the probes of this generation came to.
	ended struct{ entered, good, ignored int }
	// slots is who holds the slots, and since when.
	slots [recloser.MaxProbes]holding
	// openedAstray is whether the last opening, or the first claim after it, was
	// written by a clock that is wrong.
	openedAstray, claimedAstray bool
	watch                       recloser.Instant
	// ordered is when the override was said.
	ordered int64
}

// holding is who holds a slot since when.
type holding struct {
	token  string
	since  int64
	astray bool
}

// probe is a call of a half-open circuit.
type probe struct {
	call       *call
	env        *environment
	generation uint64
	token      string
	astray     bool  // whether the clock of its environment is wrong
	paused     int64 // how long it stood still since the last look at the clock
	overtaken  bool  // whether an environment with a wrong clock took its slot
	entered    int64
	answer     int64 // when the dependency answers; never
}

// moment is one reading of both clocks.
type moment struct{ wall, mono int64 }

func (e *environment) moment() moment { return moment{e.wallNanos(), e.mono()} }

// since returns the time between by the clock that ran further.
func (m moment) since(a moment) int64 { return max(m.wall-a.wall, m.mono-a.mono, 0) }

// knowledge is what an environment has heard of a circuit.
type knowledge struct {
	asked    moment // when it asked for what it knows
	attached bool   // whether its last operation was answered
	tried    int64  // when it last failed to become a prober
	calls    int    // it let through in this watch
	bad      int    // of them that were no success in time
	told     recloser.Counts
}

func newChecker(w *world) checker {
	k := checker{w: w, circuits: make([]circuit, w.s.partitions()), sound: len(w.s.Orders) == 0}
	for i := range w.s.Dependency {
		k.sound = k.sound && w.s.Dependency[i].well(&w.s.Policy)
	}
	k.sound = k.sound && w.s.Policy.WhenStoreFails != recloser.StoreFailureReject && w.s.Policy.Call.Concurrency == 0 && w.s.Fleet.Timeout == 0
	return k
}

// broken notes that a law was broken.
func (k *checker) broken(law string, e *environment, format string, args ...any) {
	w := k.w
	if w.s.Protocol != ProtocolRecloser {
		return // The laws are ours.
	}
	text := fmt.Sprintf(format, args...)
	w.told(StepBroken, e, uint64(len(w.result.Violations)), func() string { return law + ": " + text })
	if len(w.result.Violations) >= mostViolations {
		return
	}
	place := -1
	if e != nil {
		place = e.place
	}
	w.result.Violations = append(w.result.Violations, Violation{law, time.Duration(w.now), place, text})
}

// admitted looks at a call that is let through, before it is made.
func (k *checker) admitted(c *call) {
	b, ok := c.env.guards[c.partition].(*breaker)
	if !ok {
		return
	}
	c.env.known[c.partition].calls++
	k.fresh(c)
	k.obeyed(c, recloser.OverrideOpen, "made")
	t, truth := k.w.current, &k.w.store.items[c.partition].record
	if !t.claimed && truth.State == recloser.StateClosed {
		return
	}
	s := b.Status()
	if s.Detached {
		return // It decides for itself, and holds off first.
	}
	if !t.claimed {
		admits := s.State == recloser.StateClosed || s.Override.Mode == recloser.OverrideClosed || k.w.s.Policy.Enforce < 1
		if !admits && !c.env.justEnded(truth.Override) {
			k.broken("S1", c.env, "call %d was let through a circuit that is %v without a claim", c.number, s.State)
		}
		return
	}
	if !t.shown {
		k.broken("S3", c.env, "call %d is a probe by a token that no answer has shown", c.number)
	}
	c.probe = &probe{call: c, env: c.env, generation: s.Generation, token: t.token, astray: c.env.wrong()}
}

// justEnded reports whether an override has ended in this millisecond: what is
// promised until its end may be promised to the end of that.
func (e *environment) justEnded(o recloser.Override) bool {
	ago := recloser.InstantOf(e.wall()).Sub(o.Until)
	return o.Mode == recloser.OverrideClosed && ago >= 0 && ago <= time.Millisecond
}

// exempt reports whether a probe is one of those that a protocol cannot prevent:
// its environment stood still for longer than the margin allows after it had
// looked at the clock, or a clock is wrong by more than clocks may be.
func (k *checker) exempt(p *probe) bool {
	paused := p.paused
	if p.env.frozen {
		paused += k.w.now - p.env.frozenAt
	}
	return p.astray || p.overtaken || paused > k.w.tolerable()
}

// entered looks at a call that has come to the dependency, which will answer
// after a time.
func (k *checker) entered(c *call, after int64, err error) {
	slow := int64(k.w.s.Policy.Call.Timeout)
	if k.w.s.Policy.OpenWhen.SlowRate > 0 {
		slow = int64(k.w.s.Policy.OpenWhen.SlowAfter)
	}
	if limit := int64(k.w.s.Fleet.Timeout); limit > 0 {
		slow = min(slow, limit/2) // The breaker leaves time to tell what a call came to.
	}
	if err != nil || after >= slow {
		c.env.known[c.partition].bad++
	}
	p := c.probe
	if p == nil {
		return
	}
	k.w.count(func(n *Counts) { n.Probes++ })
	at := &k.circuits[c.partition]
	if p.generation == k.w.store.items[c.partition].record.Generation {
		at.ended.entered++
	}
	p.entered, p.answer = k.w.now, never
	if after != never {
		p.answer = k.w.now + after
	}
	at.probes = append(at.probes, p)
	k.counted(c, at)
}

// counted holds the probes in flight against their number. LAWS.md, S1 and S1c.
func (k *checker) counted(c *call, at *circuit) {
	same, all := 0, 0
	for _, p := range at.probes {
		if k.exempt(p) {
			continue
		}
		all++
		if p.generation == c.probe.generation {
			same++
		}
	}
	limit := k.w.s.Policy.HalfOpen.Probes
	switch {
	case same > limit:
		k.broken("S1", c.env, "%d probes of generation %d are in flight, and %d may be", same, c.probe.generation, limit)
	case all > limit && !at.openedAstray && !at.claimedAstray:
		k.broken("S1c", c.env, "%d probes of several generations are in flight, and %d may be", all, limit)
	}
}

// left looks at a call that has ended.
func (k *checker) left(c *call, err error) {
	p := c.probe
	if p == nil {
		return
	}
	at := &k.circuits[c.partition]
	at.drop(p)
	if p.generation != k.w.store.items[c.partition].record.Generation {
		return
	}
	switch {
	case err == nil:
		at.ended.good++
	case errors.Is(err, context.Canceled):
		at.ended.ignored++
	}
}

func (at *circuit) drop(p *probe) {
	if i := slices.Index(at.probes, p); i >= 0 {
		at.probes = slices.Delete(at.probes, i, i+1)
	}
}

// killed sees to it that probes of an environment that dies stay in flight as long
// as the dependency is at them: nobody has told it.
func (k *checker) killed(e *environment) {
	for i := range k.circuits {
		for _, p := range k.circuits[i].probes {
			if p.env == e {
				end := min(p.answer, p.entered+int64(k.w.s.Policy.Call.Timeout))
				k.w.agenda.add(max(end, k.w.now), nil, departure{i, p})
			}
		}
	}
}

// departure is a dead environment's probe that has ended at the dependency.
type departure struct {
	partition int
	probe     *probe
}

func (d departure) act(w *world) { w.check.circuits[d.partition].drop(d.probe) }

// thawed adds to the probes of an environment for how long they stood still.
func (k *checker) thawed(e *environment, lasted int64) {
	for _, t := range e.tasks {
		if t.call != nil && t.call.probe != nil {
			t.call.probe.paused += lasted
		}
	}
}
