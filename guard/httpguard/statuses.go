package httpguard

import "github.com/recloser-dev/recloser"

// Statuses says what the status of a response counts as: all that it does not
// name are successes.
type Statuses struct {
	// Failures are the statuses of a dependency that fails.
	Failures StatusSet
	// Ignored are those that say nothing of it and count as nothing, Failures
	// or not.
	Ignored StatusSet
}

// Outcome returns what a status counts as.
func (s Statuses) Outcome(status int) recloser.Outcome {
	switch {
	case s.Ignored.Contains(status):
		return recloser.OutcomeIgnored
	case s.Failures.Contains(status):
		return recloser.OutcomeFailure
	}
	return recloser.OutcomeSuccess
}
