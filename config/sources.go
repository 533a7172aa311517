package config

import (
	"reflect"
	"strings"

	"github.com/recloser-dev/recloser"
)

// Sources is where the values of a file stood that [Decode] has read. The zero
// value knows of none. It is safe for concurrent use.
type Sources struct {
	name string
	at   origins
}

// Decode reads a file of another kind than recloser.yaml, which is written by the
// same rules: it fills into, a pointer to a struct whose fields have json tags, from
// text. What the text leaves out keeps the value it has. A list takes the place of
// what was there, and its entries begin with nothing. The name is what errors call
// the file.
//
// The error is [Errors] and matches [ErrInvalid]. Whether the values make sense
// together is for the caller to find out, and for [Sources.Place] to say where.
func Decode(name string, text []byte, into any) (Sources, error) {
	s := Sources{name: name, at: origins{}}
	var found problems
	root := document(name, text, &found)
	switch {
	case root != nil:
		v := reflect.ValueOf(into).Elem()
		d := &decoder{name: name, found: &found, whole: v.Type()}
		d.value(root, v, spot{origins: s.at})
	case len(found.list) == 0:
		found.add(&Error{File: name, Line: 1, Column: 1, Problem: "the file is empty"})
	}
	return s, found.err()
}

// Place returns err with the lines of what it complains of: each
// [*recloser.FieldError] in it becomes an [*Error] at the value of that field, or
// at what the value belongs to. The result matches [ErrInvalid]. Of an err that
// holds none, Place returns err itself.
func (s Sources) Place(err error) error {
	var found problems
	for _, field := range allFieldErrors(err) {
		e := &Error{File: s.name, Line: 1, Column: 1, Path: field.Field, Problem: field.Problem, cause: field}
		if source, written := s.at.nearest(field.Field); written {
			e.Line, e.Column = source.Line, source.Column
		} else if !strings.HasPrefix(e.Problem, "is missing") {
			e.Problem += notSetHere
		}
		found.add(e)
	}
	if len(found.list) == 0 {
		return err
	}
	return found.err()
}

// allFieldErrors returns the problems with a field in err, however it was wrapped.
func allFieldErrors(err error) []*recloser.FieldError {
	switch err := err.(type) { //nolint:errorlint // It unwraps by itself, for there may be several.
	case *recloser.FieldError:
		return []*recloser.FieldError{err}
	case interface{ Unwrap() error }:
		return allFieldErrors(err.Unwrap())
	case interface{ Unwrap() []error }:
		var all []*recloser.FieldError
		for _, one := range err.Unwrap() {
			all = append(all, allFieldErrors(one)...)
		}
		return all
	}
	return nil
}
