// Package field reads a record, and what has happened to its circuit, from the
// fields that a store keeps. Each store has a form of its own for them; what they
// are called, what they must be, and how far they are believed is the same in
// all, and stands in spec/record.md.
//
// Fields may hold anything. What cannot be read as the type it should be is a
// [*MalformedError], whatever it is for: a reader that guessed would be a reader
// of its own. What can be read is believed no further than the core's clamps.
// Three things are left alone: fields that are not known, a mode of override that
// is not known, and all but the last [recloser.MaxSlots] slots.
package field

import (
	"fmt"
	"time"
)

const (
	// MaxText is how many bytes a text may have that no bound of the core is for.
	MaxText = 1024
	// SlotUnit is what a slot's start is written in: a window is a whole number
	// of seconds in ten slots.
	SlotUnit = 100 * time.Millisecond
)

// Source is where fields are read from. The name of an entry of a map follows
// that of the map, with a dot between: "cause.rule", "p0.token".
type Source interface {
	// Field returns a field, and whether there is one.
	Field(name string) (v Value, there bool)
	// Voices returns the names in the set of voices, and whether it is one.
	Voices() (names []string, ok bool)
	// Counters returns the names of the entries of the window, and whether it is
	// a map.
	Counters() (names []string, ok bool)
	// Held reports whether there is anything of a probe slot.
	Held(probe string) bool
}

// Value is a field as it was found.
type Value struct {
	Text string
	Kind Kind
}

// Kind is what a field may be read as.
type Kind uint8

const (
	// Other is neither of the two.
	Other Kind = iota
	// Text is a text.
	Text
	// Number is a number.
	Number
	// Either is what a store keeps that does not tell them apart.
	Either
)

// MalformedError is something that is no record, or no entry of a history.
// Nothing is decided by it.
type MalformedError struct {
	// Circuit is the key of the circuit.
	Circuit string
	// Entry is which entry of its history it is, by the store's name for it;
	// empty if it is the record.
	Entry string
	// Field is what is wrong, such as "p0.token"; empty if it is the whole.
	Field string
	// Want is what it should be.
	Want string
}

// Error says which field of which circuit is wrong, and what to do.
func (e *MalformedError) Error() string {
	what, advice := "the record", "repair it, or delete the record to begin anew"
	if e.Entry != "" {
		what, advice = fmt.Sprintf("history entry %.120q", e.Entry), "it is left out; delete it"
	}
	if e.Field != "" {
		what = fmt.Sprintf("field %.80q of %s", e.Field, what)
	}
	return fmt.Sprintf("%s of circuit %.160q is not %s; %s", what, e.Circuit, e.Want, advice)
}
