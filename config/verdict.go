package config

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"

	"github.com/recloser-dev/recloser"
)

// verdict gathers what is wrong with circuits whose values are all known. What
// is wrong with a value that circuits share is told once.
type verdict struct {
	decoder *decoder
	file    *File
	shared  origins // of the defaults
	order   []*finding
	at      map[Error]*finding
}

// finding is a problem and the circuits that have it.
type finding struct {
	Error
	first   string
	count   int
	foreign bool // the value stands outside the circuit
}

// judge checks one circuit. If something in it could not be read, a default has
// taken its place; then nothing is said of defaults, which may be right.
func (v *verdict) judge(e entry, c Circuit, sound bool) {
	for _, field := range recloser.FieldErrors(c.Validate()) {
		problem := Error{File: v.decoder.name, Path: field.Field, Problem: field.Problem}
		source, written := v.file.origins[e.key][field.Field]
		foreign := written && (source.Kind != SourceFile || v.shared[field.Field] == source)
		switch {
		case written:
			problem.File, problem.Line, problem.Column = source.Name, source.Line, source.Column
		case sound:
			problem.Line, problem.Column = e.at.Position.Line, e.at.Position.Column
			problem.Problem += notSetHere
		default:
			continue
		}
		v.add(problem, field, e.key, foreign)
	}
}

func (v *verdict) add(problem Error, cause error, circuit string, foreign bool) {
	if v.at == nil {
		v.at = map[Error]*finding{}
	}
	f, known := v.at[problem]
	if !known {
		f = &finding{Error: problem, first: circuit, foreign: foreign}
		v.at[problem] = f
		v.order = append(v.order, f)
		f.cause = cause
	}
	f.count++
}

// tell adds the problems to those of the file.
func (v *verdict) tell() {
	all := len(v.file.Circuits)
	for _, f := range v.order {
		if !f.foreign {
			f.Circuit = f.first
		} else if f.count < all {
			f.Problem += fmt.Sprintf(" (in circuit %s%s)", shown(f.first), others(f.count-1))
		}
		v.decoder.found.add(&f.Error)
	}
}

const notSetHere = " (not set here: this is the default)"

func others(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return " and another"
	}
	return fmt.Sprintf(" and %d others", n)
}

// checkStore checks the store that a file names, or that overrules it.
func (d *decoder) checkStore(f *File, root ast.Node) {
	for _, field := range recloser.FieldErrors(f.Store.Validate()) {
		at := start(root).Position
		source, written := f.origins[""].nearest(field.Field)
		if !written {
			source = Source{Name: d.name, Line: at.Line, Column: at.Column}
			field.Problem = "is missing; " + howToStore
		}
		d.found.add(&Error{
			File: source.Name, Line: source.Line, Column: source.Column,
			Path: field.Field, Problem: field.Problem, cause: field,
		})
	}
}
