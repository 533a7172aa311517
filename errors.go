package recloser

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrOpen is matched by every error that a breaker returns in place of a call.
// Read it as an [*OpenError] to learn when to ask again.
var ErrOpen = errors.New("recloser: circuit open")

// ErrCallTimeout is the cause of a call's context that ended because the call
// had used up its time: call.timeout, or what the caller had left minus
// call.reserve. It matches [context.DeadlineExceeded].
var ErrCallTimeout error = new(callTimeout)

// ErrNoTime is returned in place of a call when the caller has no time left. It
// says nothing of the dependency and counts as nothing. It matches
// [context.DeadlineExceeded].
var ErrNoTime error = noTime{}

// OpenError is the error of a call that was turned away. It may be shared by
// many calls and must not be changed.
type OpenError struct {
	// Circuit is the key of the circuit.
	Circuit string
	// Reason is why the call was turned away.
	Reason Reason
	// RetryAfter is when to ask again, if nothing changes before.
	RetryAfter time.Duration
	// Cause is why the circuit is in its state.
	Cause Cause
}

// Error says which circuit turned the call away, why, and when to ask again.
func (e *OpenError) Error() string {
	return fmt.Sprintf("recloser: circuit %s rejected the call (%s; %s), retry after %v",
		e.Circuit, e.Reason, e.Cause, e.RetryAfter.Round(time.Millisecond))
}

// Is reports whether target is [ErrOpen].
func (e *OpenError) Is(target error) bool { return target == ErrOpen }

// callTimeout is one breaker's own: of two breakers, one in the other's call, each
// knows whose time ran out.
type callTimeout struct{ circuit string }

func (e *callTimeout) Error() string {
	if e.circuit == "" {
		return "recloser: the call ran out of its time"
	}
	return "recloser: the call of circuit " + e.circuit + " ran out of its time"
}

func (e *callTimeout) Is(target error) bool {
	return target == ErrCallTimeout || target == context.DeadlineExceeded
}

func (*callTimeout) Timeout() bool { return true }

type noTime struct{}

func (noTime) Error() string {
	return "recloser: the caller has no time left for a call"
}
func (noTime) Is(target error) bool { return target == context.DeadlineExceeded }
func (noTime) Timeout() bool        { return true }
