package simulator

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Protocols returns the breakers that can stand before the calls of a scenario, this
// module's first. [RetryProtocols] are others.
func Protocols() []Protocol {
	return []Protocol{
		ProtocolRecloser, ProtocolNone, ProtocolNotShared, ProtocolElectedProber, ProtocolLastWriterWins, ProtocolLockedCall, ProtocolSharedCounter,
	}
}

// knownProtocols returns all there are.
func knownProtocols() []Protocol { return append(Protocols(), RetryProtocols()...) }

func (p Protocol) known() bool { return slices.Contains(knownProtocols(), p) }

// UnmarshalText reads p by its name.
func (p *Protocol) UnmarshalText(text []byte) error { return read(p, text, knownProtocols()) }

func routings() []Routing { return []Routing{RoutingUniform, RoutingWarm} }

// UnmarshalText reads r by its name.
func (r *Routing) UnmarshalText(text []byte) error { return read(r, text, routings()) }

// FaultKinds returns all kinds of faults.
func FaultKinds() []FaultKind {
	return []FaultKind{
		FaultLostAnswer, FaultNotDone, FaultLate, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStale, FaultStall,
		FaultKill, FaultFreeze, FaultPause, FaultStep, FaultHeldUp,
	}
}

// UnmarshalText reads k by its name.
func (k *FaultKind) UnmarshalText(text []byte) error { return read(k, text, FaultKinds()) }

// read sets word to text, if that is one of all.
func read[T ~string](word *T, text []byte, all []T) error {
	if !slices.Contains(all, T(text)) {
		return errors.New(unknownWord(T(text), all))
	}
	*word = T(text)
	return nil
}

// unknownWord says which words are known, instead of one that is not.
func unknownWord[T ~string](word T, all []T) string {
	names := make([]string, len(all))
	for i, one := range all {
		names[i] = string(one)
	}
	last := len(names) - 1
	return fmt.Sprintf("must be %s or %s, not %.40q", strings.Join(names[:last], ", "), names[last], string(word))
}

// StepKinds returns all kinds of steps.
func StepKinds() []StepKind {
	return []StepKind{
		StepStarted, StepKilled, StepFrozen, StepThawed, StepStepped, StepAdmitted, StepRejected, StepReached,
		StepSucceeded, StepFailed, StepLost, StepAsked, StepApplied, StepEvent, StepOrdered, StepBroken,
	}
}
