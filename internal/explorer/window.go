package explorer

import (
	"context"

	"github.com/recloser-dev/recloser"
)

// Window lets the explorer look into a breaker: its tests provide it, since
// nobody else may.
type Window struct {
	// New returns the breaker of a circuit. It does not ask whether the policy is
	// sound, so that one may be that is not.
	New func(recloser.Options) *recloser.Breaker
	// Look returns what is inside a breaker.
	Look func(*recloser.Breaker) Inside
	// LookAt returns what is inside a permit.
	LookAt func(recloser.Permit) InsidePermit
	// Do makes the call of a permit, as [recloser.Breaker.Do] does once it has
	// one.
	Do func(context.Context, recloser.Permit, func(context.Context) error) error
	// DoUnchecked is Do without the look at the clock before the call.
	DoUnchecked func(context.Context, recloser.Permit, func(context.Context) error) error
}

// Inside is all of a breaker on which it depends what it will do. Moments are
// nanoseconds of the wall clock and of the monotonic one.
type Inside struct {
	Record             recloser.Record
	Known, Stale       bool
	Reading            <-chan struct{}
	Writing, Claiming  bool
	Operation, Asked   uint64
	Read, Heard, Held  [2]int64
	View               recloser.View
	Spread             int64
	Failures           int
	OutageBegan        [2]int64
	OutageLast         [2]int64
	OutageWait         int64
	Unusual            int64
	Promise            int
	PromisedGeneration uint64
	PromisedReason     recloser.Reason
	Idle, Armed        bool
	Evidence           bool
}

// InsidePermit is all of a permit.
type InsidePermit struct {
	Cell       int
	Marked     bool
	Generation uint64
	Start      int64
	Token      string
	Slot       int
	Claimed    [2]int64
	Sampled    bool
}
