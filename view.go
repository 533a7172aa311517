package recloser

import "time"

// View is an environment's copy of a record at one moment, with its age. The
// ages are taken by whichever clock of the environment ran further, the wall
// clock or the monotonic one: a clock that stepped back extends nothing, and a
// monotonic clock that stood still while the environment was frozen hides
// nothing.
type View struct {
	Record
	// Now is the moment, by the environment's wall clock.
	Now Instant
	// notBefore is a moment before which it is not, as far as the environment
	// knows, though its wall clock says so: nothing is written of an open or
	// half-open circuit with an earlier date. 0 says nothing.
	notBefore Instant
	// Age is how long ago the record was read.
	Age time.Duration
	// Held is how long the environment has known this generation.
	Held time.Duration
	// LeaseHeld is how long it has known the holder of each probe slot.
	LeaseHeld [MaxProbes]time.Duration
}

// At returns the view of one who has just read r.
func (r Record) At(now Instant) View { return View{Record: r, Now: now} }

// date is the moment that is written.
func (v View) date() Instant {
	if v.notBefore == 0 {
		return v.Now
	}
	return max(v.Now, v.notBefore)
}
