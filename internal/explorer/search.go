package explorer

import (
	"hash/maphash"

	"github.com/recloser-dev/recloser"
)

// Config is what is explored. All lengths of its policy are whole seconds: that
// is the tick in which time passes.
type Config struct {
	Policy recloser.Policy
	Window Window
	// Mutant is what is wrong with the protocol. The zero Mutant is nothing.
	Mutant Mutant
	// Skew has an entry for each environment: by how many seconds its wall clock
	// is ahead. At most three.
	Skew []int
	// Generations is the highest generation from which anything happens. The
	// first is 1, in which the circuit is open and may be probed.
	Generations int
	// Faults is how many operations of the store fail at most; Late how many of
	// their writes are on their way at a time, at most two.
	Faults uint8
	Late   int
	// Freezes, Kills and Pauses are how often an environment is frozen, dies, or
	// has one of its callers stand still before its call.
	Freezes, Kills, Pauses uint8
	Calls                  uint8
	// Limit ends the search after so many states. 0 is no limit.
	Limit int
}

// Report is what a search has seen.
type Report struct {
	// States are the different ones of the whole fleet.
	States int
	// Transitions are the ways between them.
	Transitions int
	// Depth is the length of the longest of the shortest ways to a state.
	Depth int
	// Complete is whether there are no others.
	Complete bool
	// Environments are the different states of one environment, and Runs the
	// steps that real breakers made to find them.
	Environments, Runs int
	// Broken is the law that is broken, if one is; Steps the length of the shortest
	// way there, and Way that way.
	Broken string
	Steps  int
	Way    Timeline
}

// visited keeps states in the order in which they were found: breadth first, so
// that the way to each is a shortest one.
type visited struct {
	states  []state
	parents []uint32
	ways    []choice
	slots   []uint32 // an open-addressed table of 1 + the number of a state
	seed    maphash.Seed
}

func newVisited() *visited { return &visited{slots: make([]uint32, 1<<16), seed: maphash.MakeSeed()} }

// add adds s unless it is there.
func (v *visited) add(s state, parent uint32, way choice) bool {
	if 2*len(v.states) >= len(v.slots) {
		v.grow()
	}
	mask := uint64(len(v.slots) - 1)
	for i := maphash.Comparable(v.seed, s) & mask; ; i = (i + 1) & mask {
		n := v.slots[i]
		if n == 0 {
			v.states, v.parents, v.ways = append(v.states, s), append(v.parents, parent), append(v.ways, way)
			v.slots[i] = uint32(len(v.states))
			return true
		}
		if v.states[n-1] == s {
			return false
		}
	}
}

func (v *visited) grow() {
	v.slots = make([]uint32, 2*len(v.slots))
	mask := uint64(len(v.slots) - 1)
	for n, s := range v.states {
		i := maphash.Comparable(v.seed, s) & mask
		for v.slots[i] != 0 {
			i = (i + 1) & mask
		}
		v.slots[i] = uint32(n + 1)
	}
}

// path returns the way to a state.
func (v *visited) path(n uint32) []choice {
	var back []choice
	for ; v.parents[n] != noParent; n = v.parents[n] {
		back = append(back, v.ways[n])
	}
	path := make([]choice, 0, len(back))
	for i := len(back) - 1; i >= 0; i-- {
		path = append(path, back[i])
	}
	return path
}

// Explore goes through all that can happen to a fleet, until a law is broken or
// there is nothing more.
func Explore(c Config) Report {
	x := newSpace(c)
	v := newVisited()
	first, _ := x.first()
	v.add(first, noParent, choice{})
	var r Report
	var path []choice
	level := 0 // the end of the states that are as far from the first as this one
	calm := newCalm(x)
	var all []choice
	for n := 0; n < len(v.states); n++ {
		if n == level {
			level = len(v.states)
			r.Depth++
		}
		if c.Limit > 0 && len(v.states) >= c.Limit {
			break
		}
		s := v.states[n]
		if r.Broken = calm.check(s); r.Broken != "" {
			path = v.path(uint32(n))
			break
		}
		all = x.choices(s, all[:0])
		for _, way := range all {
			r.Transitions++
			next, did := x.take(s, way)
			if did.refused != "" {
				r.Broken, path = did.refused, append(v.path(uint32(n)), way)
				break
			}
			v.add(next, uint32(n), way)
		}
		r.Complete = n == len(v.states)-1
		if r.Broken != "" {
			break
		}
	}
	if r.Broken != "" {
		var err error
		r.Steps = len(path)
		if r.Way, err = x.draw(path); err != nil {
			panic(err)
		}
	}
	r.States, r.Environments, r.Runs = len(v.states), len(x.locals), x.runs
	return r
}
