package item

import (
	"maps"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// Decode returns the record of a circuit. An item without attributes is the zero
// record, one of a later version an error that matches [recloser.ErrSchema], and
// one that cannot be read a [*field.MalformedError].
func Decode(circuit string, m Map) (recloser.Record, error) {
	if len(m) == 0 {
		return recloser.Record{}, nil
	}
	return field.Record(circuit, source(m))
}

// source reads the attributes of an item, and of the maps in it.
type source Map

// Field implements [field.Source].
func (s source) Field(name string) (field.Value, bool) {
	outer, inner, nested := strings.Cut(name, ".")
	v, there := s[outer]
	if nested && there {
		if m, ok := v.(Map); ok {
			v, there = m[inner]
		} else {
			v = Other{}
		}
	}
	switch v := v.(type) {
	case String:
		return field.Value{Text: string(v), Kind: field.Text}, there
	case Number:
		return field.Value{Text: string(v), Kind: field.Number}, there
	}
	return field.Value{}, there
}

// Voices implements [field.Source].
func (s source) Voices() ([]string, bool) {
	v, there := s["voices"]
	names, ok := v.(Set)
	return names, ok || !there
}

// Counters implements [field.Source].
func (s source) Counters() ([]string, bool) {
	v, there := s["window"]
	m, ok := v.(Map)
	return slices.Collect(maps.Keys(m)), ok || !there
}

// Held implements [field.Source].
func (s source) Held(probe string) bool { return s[probe] != nil }
