package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// FaultKind is what goes wrong.
type FaultKind string

// What goes wrong with a share of the store's operations.
const (
	// FaultLostAnswer is an operation that the store has done, and whose answer
	// is lost.
	FaultLostAnswer FaultKind = "lost_answer"
	// FaultNotDone is an operation that the store refuses, or that never reaches
	// it.
	FaultNotDone FaultKind = "not_done"
	// FaultLate is a write that is made later, by up to Length, when its writer
	// has long given up.
	FaultLate FaultKind = "late"
	// FaultReadFails is a read that fails.
	FaultReadFails FaultKind = "read_fails"
	// FaultSlow is an operation that takes up to Length longer.
	FaultSlow FaultKind = "slow"
	// FaultHang is an operation that is not done and never answered.
	FaultHang FaultKind = "hang"
	// FaultThrottled is an operation that the store turns away.
	FaultThrottled FaultKind = "throttled"
	// FaultNoConnection is a store that environments which have started since
	// From do not reach. Others go on by the connections they have.
	FaultNoConnection FaultKind = "no_connection"
	// FaultStall is an environment that stands still for up to Length when the
	// answer to a write has come, before it reads it.
	FaultStall FaultKind = "stall"
	// FaultStale is a read that shows what was up to Length ago. No store that
	// a breaker may use does so.
	FaultStale FaultKind = "stale"
)

// What strikes an environment, or its clock, every now and then.
const (
	// FaultKill ends an environment at any instruction.
	FaultKill FaultKind = "kill"
	// FaultFreeze freezes an environment between calls, for up to Length.
	FaultFreeze FaultKind = "freeze"
	// FaultPause stops an environment anywhere, for up to Length.
	FaultPause FaultKind = "pause"
	// FaultStep moves the wall clock of an environment by Length, forwards or
	// back, and back again later.
	FaultStep FaultKind = "step"
)

// What strikes a share of calls.
const (
	// FaultHeldUp stops an environment for up to Length between the last look at
	// the clock and the call.
	FaultHeldUp FaultKind = "held_up"
)

// Fault is something that goes wrong again and again in a span of time.
type Fault struct {
	// Kind is what goes wrong.
	Kind FaultKind `json:"kind"`
	// From and Until are when; an Until of 0 is the end of the story.
	From  time.Duration `json:"from"`
	Until time.Duration `json:"until"`
	// Share is the share of operations, or of calls, that it strikes.
	Share recloser.Share `json:"share"`
	// Every is the mean time between two strikes at environments.
	Every time.Duration `json:"every"`
	// Length is how long it lasts, or how far it goes, at most.
	Length time.Duration `json:"length"`
}

// strikes says what kind of fault it is.
func (k FaultKind) strikes() (store, environments, calls bool) {
	switch k {
	case FaultLostAnswer, FaultNotDone, FaultLate, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStall, FaultStale:
		return true, false, false
	case FaultKill, FaultFreeze, FaultPause, FaultStep:
		return false, true, false
	case FaultHeldUp:
		return false, false, true
	}
	return false, false, false
}

// on reports whether the fault may strike at a moment.
func (f *Fault) on(now int64) bool {
	return now >= int64(f.From) && (f.Until == 0 || now < int64(f.Until))
}

// longestStep is after how long at most a clock that has stepped is put right.
const longestStep = time.Minute
