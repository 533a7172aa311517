package recloser

import "fmt"

// State is where a circuit stands. There are three states and no others; an
// operator's override stands beside the state.
type State uint8

const (
	// StateClosed lets every call through, or a growing share of them while
	// the circuit ramps up after a recovery.
	StateClosed State = iota
	// StateOpen rejects calls until its open time has passed.
	StateOpen
	// StateHalfOpen lets a bounded number of probes through, fleet-wide.
	StateHalfOpen
)

var stateNames = [...]string{StateClosed: "closed", StateOpen: "open", StateHalfOpen: "half_open"}

// String returns "closed", "open" or "half_open".
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// MarshalText returns the name of s, or an error if it has none.
func (s State) MarshalText() ([]byte, error) {
	if int(s) >= len(stateNames) {
		return nil, fmt.Errorf("recloser: no state has the number %d", uint8(s))
	}
	return []byte(stateNames[s]), nil
}

// UnmarshalText reads the name of a state.
func (s *State) UnmarshalText(text []byte) error {
	for i, name := range stateNames {
		if name == string(text) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("recloser: a state is closed, open or half_open, not %.40q", text)
}
