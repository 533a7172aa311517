package statelanguage

import (
	"errors"
	"fmt"
	"slices"
)

// Names of errors that Step Functions has of its own.
const (
	ErrAll                  = "States.ALL"
	ErrTimeout              = "States.Timeout"
	ErrTaskFailed           = "States.TaskFailed"
	ErrDataLimitExceeded    = "States.DataLimitExceeded"
	ErrRuntime              = "States.Runtime"
	ErrQueryEvaluationError = "States.QueryEvaluationError"
	ErrExceedTolerated      = "States.ExceedToleratedFailureThreshold"
)

// Failure is the error of a state or of an execution.
type Failure struct {
	// Name is the error's name, such as "States.Timeout".
	Name string
	// Cause says what happened.
	Cause string
}

// Error returns the name and the cause.
func (f *Failure) Error() string { return fmt.Sprintf("%s: %s", f.Name, f.Cause) }

func failf(name, format string, args ...any) *Failure {
	return &Failure{Name: name, Cause: fmt.Sprintf(format, args...)}
}

// failureOf returns err as a failure; one that a task has not named is
// States.TaskFailed.
func failureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok {
		return f
	}
	return &Failure{Name: ErrTaskFailed, Cause: err.Error()}
}

// output is what $states.errorOutput is.
func (f *Failure) output() map[string]any {
	return map[string]any{"Error": f.Name, "Cause": f.Cause}
}

// matches reports whether a retrier or catcher of the given names takes f.
// States.ALL takes neither data that is too large nor a fault of the machine
// itself, and States.TaskFailed no timeout besides.
func (f *Failure) matches(names []string) bool {
	terminal := f.Name == ErrDataLimitExceeded || f.Name == ErrRuntime
	return slices.ContainsFunc(names, func(name string) bool {
		switch name {
		case f.Name:
			return f.Name != ErrRuntime
		case ErrAll:
			return !terminal
		case ErrTaskFailed:
			return !terminal && f.Name != ErrTimeout
		}
		return false
	})
}
