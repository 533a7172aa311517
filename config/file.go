package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/recloser-dev/recloser"
)

// Limits of a file.
const (
	// MaxSize is the largest size of a file in bytes.
	MaxSize = 1 << 20
	// MaxCircuits is the largest number of circuits in a file: what an
	// environment keeps in memory.
	MaxCircuits = 1024
)

// Version is the version of the format that this package reads.
const Version = 1

// DefaultPath is the path of the file that is read when none is named.
const DefaultPath = "recloser.yaml"

// File is what recloser.yaml says. [Load] and [Parse] return it complete: every
// circuit holds every value, wherever it came from. It must not be changed while
// others read it.
type File struct {
	// Version is the version of this format. It must be 1.
	Version int `json:"version"`
	// Store keeps the records of all circuits. It has no default: name one.
	Store Store `json:"store"`
	// Defaults is what circuits share: a key that a circuit leaves out has the
	// value it has here. Defaults to the default of each key.
	Defaults Circuit `json:"defaults"`
	// Circuits is the circuits by their names, at least one and at most
	// 1024. A name has 1 to 128 letters, digits and "._:-". It has no default:
	// name what is called.
	Circuits map[string]Circuit `json:"circuits"`

	// origins says where the values of each circuit came from, and under ""
	// those of the file itself.
	origins map[string]origins
}

// Names returns the names of the circuits in order.
func (f *File) Names() []string { return slices.Sorted(maps.Keys(f.Circuits)) }

// Policies returns the policies of the circuits by their names: what
// [recloser.PanelOptions] takes.
func (f *File) Policies() map[string]recloser.Policy {
	policies := make(map[string]recloser.Policy, len(f.Circuits))
	for name, circuit := range f.Circuits {
		policies[name] = circuit.Policy
	}
	return policies
}

// Validate reports everything that is wrong with f, for a File that was made or
// changed by hand: [Load] and [Parse] return none that is invalid. The error
// matches [ErrInvalid].
func (f *File) Validate() error {
	var all []error
	if f.Version != Version {
		all = append(all, fmt.Errorf("%w: version: %s", ErrInvalid, unknownVersion(f.Version)))
	}
	if err := f.Store.Validate(); err != nil {
		all = append(all, fmt.Errorf("%w: %w", ErrInvalid, err))
	}
	if n := len(f.Circuits); n == 0 || n > MaxCircuits {
		all = append(all, fmt.Errorf("%w: circuits: must be from 1 to %d, not %d", ErrInvalid, MaxCircuits, n))
	}
	for _, name := range f.Names() {
		if _, err := recloser.Key(name, ""); err != nil {
			all = append(all, fmt.Errorf("%w: %w", ErrInvalid, err))
		}
		if err := f.Circuits[name].Validate(); err != nil {
			all = append(all, fmt.Errorf("%w: circuits.%s: %w", ErrInvalid, name, err))
		}
	}
	return errors.Join(all...)
}

func unknownVersion(version int) string {
	return fmt.Sprintf("%d is not known; write version: %d, the only one there is", version, Version)
}
