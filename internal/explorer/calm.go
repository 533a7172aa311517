package explorer

import (
	"fmt"

	"github.com/recloser-dev/recloser"
)

// calm is what a fleet does when nothing befalls it any more, the dependency is
// well, and each environment makes a call in each tick: it must close the circuit
// (L1).
type calm struct {
	*space
	closes map[state]int // how many ticks it takes
	limit  int
}

func newCalm(x *space) *calm {
	p := x.config.Policy
	wait := p.OpenFor.MaxCooldown + p.Lease() + p.HalfOpen.Margin
	// One for the clocks, one for the tick that was under way, and one for each
	// success beyond the first.
	limit := ticks(wait) + x.skewed() + 1 + p.HalfOpen.Successes
	return &calm{space: x, closes: make(map[state]int), limit: limit}
}

// check returns the law that is broken if the circuit does not close from s in
// time.
func (c *calm) check(s state) string {
	s.spent, s.late = budget{}, 0 // What is on its way is lost.
	var way []state
	took, known := 0, false
	for s = c.quieten(s); ; s = c.round(s) {
		if took, known = c.closes[s]; known {
			break
		}
		if c.records.value(s.record).state == recloser.StateClosed {
			break
		}
		way = append(way, s)
		if len(way) > c.limit {
			return fmt.Sprintf("L1: the circuit has not closed after %d ticks without a fault", c.limit)
		}
	}
	for i := len(way) - 1; i >= 0; i-- {
		took++
		c.closes[way[i]] = took
	}
	if took > c.limit {
		return fmt.Sprintf("L1: the circuit closes after %d ticks without a fault, and may take %d", took, c.limit)
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
