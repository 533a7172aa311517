package explorer

import (
	"fmt"
	"slices"

	"github.com/recloser-dev/recloser"
)

// calm is what a fleet does when nothing befalls it any more, the dependency is
// well, and each environment makes a call in each tick: it must close the circuit
// (L1), and as soon as a lease and the margin allow if no opening lies between (S8).
type calm struct {
	*space
	known map[state]closing
	// longest is how many ticks it may take, and held how many if it does not open.
	longest, held int
}

// closing is how many ticks it takes until the circuit closes, and whether it opens
// before.
type closing struct {
	ticks int
	opens bool
}

func newCalm(x *space) *calm {
	p := x.config.Policy
	// One for the tick that was under way, and one for each success.
	held := ticks(p.Lease()+p.HalfOpen.Margin) + x.skewed() + 1 + p.HalfOpen.Successes
	return &calm{
		space: x, known: make(map[state]closing),
		held: held, longest: held + ticks(p.OpenFor.MaxCooldown),
	}
}

// check returns the law that is broken if the circuit does not close from s in
// time.
func (c *calm) check(s state) string {
	s.spent, s.late = budget{}, 0 // What is on its way is lost.
	var way []state
	var end closing
	opens := false
	for s = c.quieten(s); ; s = c.round(s) {
		var known bool
		if end, known = c.known[s]; known || c.stands(s) == recloser.StateClosed {
			break
		}
		way = append(way, s)
		opens = opens || c.stands(s) == recloser.StateOpen
		if broken := c.overdue(closing{len(way), opens}); broken != "" {
			return broken
		}
	}
	for _, s := range slices.Backward(way) {
		end = closing{end.ticks + 1, end.opens || c.stands(s) == recloser.StateOpen}
		c.known[s] = end
	}
	return c.overdue(end)
}

// stands returns where the circuit stands.
func (c *calm) stands(s state) recloser.State { return c.records.value(s.record).state }

// overdue returns the law that is broken by closing so late.
func (c *calm) overdue(end closing) string {
	switch {
	case end.ticks > c.longest:
		return fmt.Sprintf("L1: without another fault the circuit has not closed after %ds", end.ticks)
	case !end.opens && end.ticks > c.held:
		return fmt.Sprintf("S8: without another fault a slot is held for %ds", end.ticks)
	}
	return ""
}

// quieten ends what takes no time, and the calls that are in flight.
func (c *calm) quieten(s state) state {
	const most = 1000
	for range most {
		way, found := c.urgent(s)
		if !found {
			return s
		}
		s, _ = c.take(s, way)
	}
	panic("explorer: a fleet that nothing befalls does not come to rest")
}

// round lets each environment make a call, and a tick pass.
func (c *calm) round(s state) state {
	for i := range maxEnvironments {
		if s.envs[i] != 0 {
			s, _ = c.take(s, choice{kind: begin, env: uint8(i)})
			s = c.quieten(s)
		}
	}
	return c.tick(s)
}

// urgent returns what a fleet at peace does next.
func (c *calm) urgent(s state) (choice, bool) {
	for i, id := range s.envs {
		if id == 0 {
			continue
		}
		e := c.envs.value(id)
		way := choice{env: uint8(i)}
		if e.frozen {
			way.kind = thaw
			return way, true
		}
		sum := &c.locals[e.local]
		for j := range uint8(callers + 1) {
			t, o := &sum.threads[j], e.outside(j)
			way.thread = j
			switch {
			case t.at == atStore && o.answer == 0:
				way.kind = arrive
			case t.at == atStore:
				way.kind = reach
			case t.at == atWait && t.ready, t.at == atPermit:
				way.kind = proceed
			case t.at == atCall && !o.sent:
				way.kind = send
			case t.at == atCall:
				way.kind = end
			default:
				continue
			}
			return way, true
		}
	}
	return choice{}, false
}
