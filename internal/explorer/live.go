package explorer

import (
	"errors"
	"fmt"
)

// live is a fleet of real breakers that run through one way from its beginning to
// its end, beside the states that were found for it. They must show what those
// show: else the fingerprint leaves out what has a consequence.
type live struct {
	*space
	state     state
	processes [maxEnvironments]*process
	places    [maxEnvironments]uint8 // which of them stands where in the state
	orders    [maxEnvironments][callers]uint8
	ticks     int
	did       taken
}

// errOther is the error of a breaker that does not do what another did whose
// fingerprint was the same.
var errOther = errors.New("explorer: two breakers with one fingerprint do not do the same")

func (x *space) live() *live {
	l := &live{space: x}
	l.state, l.places = x.first()
	for i, skew := range x.config.Skew {
		l.processes[i] = x.process(skew)
		l.orders[i] = [callers]uint8{0, 1}
	}
	return l
}

func (l *live) stop() {
	for _, p := range l.processes {
		if p != nil {
			p.stop()
		}
	}
}

// at returns the process in a place of the state, and its number.
func (l *live) at(place uint8) (*process, uint8) {
	n := l.places[place]
	return l.processes[n], n
}

// take makes c happen, to the breakers too.
func (l *live) take(c choice) error {
	before := l.state
	l.state, l.did = l.space.take(before, c)
	for place, id := range before.envs {
		if id == 0 {
			continue
		}
		p, n := l.at(uint8(place))
		swapped := false
		switch {
		case c.kind == elapse:
			swapped = l.later(id).swapped
			p.pass(l.envs.value(id).frozen)
		case uint8(place) != c.env || c.kind == land || c.kind == trip:
			continue
		case c.kind == kill:
			p.stop()
			l.processes[n] = l.process(p.skew)
		default:
			swapped = l.did.swapped
			if l.did.feeds {
				in := l.did.input
				if int(in.thread) < callers {
					in.thread = l.orders[n][in.thread]
				}
				l.feed(p, in)
			}
		}
		if swapped {
			o := &l.orders[n]
			o[0], o[1] = o[1], o[0]
		}
	}
	if c.kind == elapse {
		l.ticks++
	}
	places := l.places
	for i, from := range l.did.moved {
		l.places[i] = places[from]
	}
	return l.compare()
}

// compare holds what the breakers show against the state.
func (l *live) compare() error {
	for place, id := range l.state.envs {
		if id == 0 {
			continue
		}
		p, n := l.at(uint8(place))
		want := l.envs.value(id).local
		got, order := l.intern(p, local{parent: noParent, skew: p.skew})
		if got != want {
			return fmt.Errorf("%w: environment %d is in state %d, not %d", errOther, n, got, want)
		}
		if !l.locals[want].same && order != l.orders[n] {
			return fmt.Errorf("%w: the callers of environment %d stand in another order", errOther, n)
		}
	}
	return nil
}
