package recloser

import "fmt"

// Outcome is what a call came to.
type Outcome uint8

const (
	// OutcomeSuccess is a call that did what it should, in time.
	OutcomeSuccess Outcome = iota
	// OutcomeFailure is a call that failed through its dependency.
	OutcomeFailure
	// OutcomeSlow is a call that succeeded but took SlowAfter or longer.
	OutcomeSlow
	// OutcomeIgnored is a call that says nothing of its dependency: the caller
	// gave up, or asked for something impossible. It counts as nothing.
	OutcomeIgnored
)

var outcomeNames = [...]string{
	OutcomeSuccess: "success", OutcomeFailure: "failure", OutcomeSlow: "slow", OutcomeIgnored: "ignored",
}

// String returns "success", "failure", "slow" or "ignored".
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return fmt.Sprintf("outcome(%d)", uint8(o))
}

// MarshalText returns the name of o.
func (o Outcome) MarshalText() ([]byte, error) { return []byte(o.String()), nil }
