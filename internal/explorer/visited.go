package explorer

import (
	"hash/maphash"
	"slices"
)

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
func (v *visited) add(s state, parent uint32, way choice) {
	if 2*len(v.states) >= len(v.slots) {
		v.grow()
	}
	mask := uint64(len(v.slots) - 1)
	for i := maphash.Comparable(v.seed, s) & mask; ; i = (i + 1) & mask {
		n := v.slots[i]
		if n == 0 {
			v.states, v.parents, v.ways = append(v.states, s), append(v.parents, parent), append(v.ways, way)
			v.slots[i] = uint32(len(v.states))
			return
		}
		if v.states[n-1] == s {
			return
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
	for _, way := range slices.Backward(back) {
		path = append(path, way)
	}
	return path
}
