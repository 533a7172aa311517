package recloser

import (
	"math"
	"sync/atomic"
	"time"
	"unsafe"
)

// The calls in flight of a breaker are kept in cells, eight to a cache line. A
// cell that is in use holds when its call started; a free one holds no start.
// Beside it the cell counts how often it was released, which makes every
// permit's word unique, and the sum of all counts the number of calls settled:
// a healthy call is counted by the very write that ends it. That write fails if
// the call was marked meanwhile because it was about to become slow, so a call
// that is not needs no clock at its end.
const (
	startBits     = 36
	startMask     = 1<<startBits - 1
	marked        = 1 << startBits
	countShift    = startBits + 1
	releaseMask   = 1<<(64-countShift) - 1
	cellsPerLine  = 8
	manyLines     = 32
	maxFlightRows = 9 // 8,161 lines: 65,288 calls

	// tick is the unit of a start: 2^20 ns, about a millisecond.
	tickShift = 20
)

type cell = atomic.Uint64

type line [cellsPerLine]cell

// flights holds rows of lines, each longer than the one before: one line serves
// an environment that makes one call at a time, and the table grows when calls
// meet. Rows are never moved, so that a permit may point into them.
type flights struct {
	rows    [maxFlightRows]atomic.Pointer[[]line]
	current atomic.Pointer[[]line]
	top     atomic.Int32
	spread  uint32 // masks the home of a call: all ones, or zero if there is but one
}

// init makes room for the first calls. Those of a parallel program are spread by
// where they are in memory; under a simulator, whose runs must all be equal, none
// is.
func (f *flights) init(parallel bool) {
	if parallel {
		f.spread = math.MaxUint32
	}
	row := make([]line, 1)
	f.rows[0].Store(&row)
	f.current.Store(&row)
}

// start returns the start that a cell holds for a monotonic time: never zero.
func start(mono int64) uint64 { return (uint64(mono)>>tickShift + 1) & startMask }

// age returns how long ago a cell's start was. It errs by less than a tick, to
// the young side.
func age(word uint64, mono int64) time.Duration {
	started, now := word&startMask, start(mono)
	if now <= started+1 {
		return 0
	}
	return time.Duration(now-started-1) << tickShift
}

// acquire takes a free cell for a call that started at mono and returns it with
// its word, or nil if the table is full.
func (f *flights) acquire(mono int64) (*cell, uint64) {
	started := start(mono)
	row := *f.current.Load()
	home := &row[f.home(len(row))]
	for i := range home {
		c := &home[i]
		free := c.Load()
		if free&startMask != 0 {
			continue
		}
		if word := free | started; c.CompareAndSwap(free, word) {
			return c, word
		}
		break
	}
	return f.acquireElsewhere(started)
}

func (f *flights) acquireElsewhere(started uint64) (*cell, uint64) {
	for {
		top := f.top.Load()
		row := *f.rows[top].Load()
		first := f.home(len(row))
		for i := range row {
			for j := range row[i] {
				c := &row[(first+i)%len(row)][j]
				free := c.Load()
				if free&startMask == 0 && c.CompareAndSwap(free, free|started) {
					if top == 0 && j > 0 {
						f.grow(top) // Calls meet here: give each a line of its own.
					}
					return c, free | started
				}
			}
		}
		if !f.grow(top) {
			return nil, 0
		}
	}
}

// grow adds a row above top, unless somebody else has, and reports whether there
// is one.
func (f *flights) grow(top int32) bool {
	if top+1 >= maxFlightRows {
		return false
	}
	row := make([]line, manyLines<<top)
	if f.rows[top+1].CompareAndSwap(nil, &row) {
		f.current.Store(&row)
		f.top.Store(top + 1)
	}
	return true
}

// release ends the call that holds c with word. It reports false if the call has
// ended already.
func release(c *cell, word uint64) bool {
	released := (word>>countShift + 1) & releaseMask
	return c.CompareAndSwap(word, released<<countShift)
}

// each calls visit for every call in flight.
func (f *flights) each(visit func(c *cell, word uint64)) {
	for i := range f.rows {
		row := f.rows[i].Load()
		if row == nil {
			return
		}
		for j := range *row {
			for k := range (*row)[j] {
				c := &(*row)[j][k]
				if word := c.Load(); word&startMask != 0 {
					visit(c, word)
				}
			}
		}
	}
}

// released returns the number of releases since last, which it updates. The
// counts of the cells wrap, and so does last; their difference does not, as long
// as it is asked for before a cell was released 2^27 times.
func (f *flights) released(last *uint64) int {
	var sum uint64
	for i := range f.rows {
		row := f.rows[i].Load()
		if row == nil {
			break
		}
		for j := range *row {
			for k := range (*row)[j] {
				sum += (*row)[j][k].Load() >> countShift
			}
		}
	}
	n := (sum - *last) & releaseMask
	*last = sum
	return int(n)
}

// home spreads goroutines over lines by the address of their stacks: callers
// that run at the same time rarely share one.
func (f *flights) home(lines int) int {
	var here byte
	//nolint:gosec // The address is hashed, never followed.
	hash := uint64(uintptr(unsafe.Pointer(&here))) >> 11 * 0x9E3779B97F4A7C15
	return int(uint32(hash>>32)&f.spread) & (lines - 1)
}
