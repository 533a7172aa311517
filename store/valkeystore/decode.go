package valkeystore

import (
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// MalformedError is a hash that is no record, or an entry of a history that is
// none. Nothing is decided by it.
type MalformedError = field.MalformedError

func tooLarge(circuit string) error {
	return &MalformedError{Circuit: circuit, Want: fmt.Sprintf("one of at most %d fields and %d bytes", maxFields, maxBytes)}
}

// decode returns the record of a circuit. A hash without fields is the zero
// record, one of a later version an error that matches [recloser.ErrSchema], and
// one that cannot be read a [*MalformedError].
func decode(circuit string, h map[string]string) (recloser.Record, error) {
	if len(h) == 0 {
		return recloser.Record{}, nil
	}
	if len(h) > maxFields {
		return recloser.Record{}, tooLarge(circuit)
	}
	return field.Record(circuit, hash(h))
}

// hash reads the fields of a hash.
type hash map[string]string

// Field implements [field.Source].
func (h hash) Field(name string) (field.Value, bool) {
	text, there := h[name]
	return field.Value{Text: text, Kind: field.Either}, there
}

// Voices implements [field.Source].
func (h hash) Voices() ([]string, bool) {
	names := strings.FieldsFunc(h["voices"], func(r rune) bool { return r == ' ' })
	for i := range names {
		names[i] = unescape(names[i])
	}
	return names, true
}

// Counters implements [field.Source].
func (h hash) Counters() ([]string, bool) {
	var names []string
	for name := range h {
		if counter, ok := strings.CutPrefix(name, "window."); ok {
			names = append(names, counter)
		}
	}
	return names, true
}

// Held implements [field.Source].
func (h hash) Held(probe string) bool {
	_, held := h[probe+".token"]
	_, ends := h[probe+".end_ms"]
	return held || ends
}
