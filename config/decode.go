package config

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"slices"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder fills values from the nodes of a file. Unlike the decoder of the YAML
// package it goes on after a problem, so that all of them are told at once, and
// notes where each value stood. What a file leaves out keeps the value it had.
type decoder struct {
	name  string
	found *problems
	// whole is where a key may belong that was found elsewhere, and part is what
	// that is called if it is not the file.
	whole reflect.Type
	part  string
}

// spot is where a value goes: its path within something, what that is called
// from the top of the file, and the circuit and the origins it belongs to.
type spot struct {
	path    string
	within  string
	circuit string
	origins origins
}

func (s spot) child(key string) spot {
	s.path = join(s.path, shown(key))
	return s
}

// entry is one key of a mapping with its value.
type entry struct {
	key   string
	at    *token.Token
	value ast.Node
}

func (d *decoder) fail(at *token.Token, s spot, problem string, args ...any) {
	d.found.add(&Error{
		File: d.name, Line: at.Position.Line, Column: at.Position.Column,
		Circuit: s.circuit, Path: cmp.Or(s.path, s.within), Problem: fmt.Sprintf(problem, args...),
	})
}

// note keeps where the value of s stood.
func (d *decoder) note(at *token.Token, s spot) {
	s.origins[s.path] = Source{Kind: SourceFile, Name: d.name, Line: at.Position.Line, Column: at.Position.Column}
}

// entries returns the entries of a mapping in order; a key that is written twice
// keeps its first value. An empty value is an empty mapping.
func (d *decoder) entries(node ast.Node, s spot) []entry {
	var values []*ast.MappingValueNode
	switch node := node.(type) {
	case *ast.NullNode:
	case *ast.MappingNode:
		values = node.Values
	case *ast.MappingValueNode:
		values = append(values, node)
	default:
		if s.path == keyStore { // It may be a URL with a password.
			d.fail(start(node), s, "must be a mapping such as dynamodb: { table: recloser }; a URL is for %s and --store", EnvStore)
			break
		}
		d.fail(start(node), s, "must be a mapping of keys to values, not %s", describe(node))
	}
	lines := make(map[string]int, len(values))
	all := make([]entry, 0, len(values))
	for _, value := range values {
		at := start(value.Key)
		key, ok := value.Key.(*ast.StringNode)
		if !ok {
			d.fail(at, s.child(at.Value), "a key is text; write %.40q in quotation marks", at.Value)
			continue
		}
		if line, found := lines[key.Value]; found {
			d.fail(at, s.child(key.Value), "is written twice, first in line %d; keep one", line)
			continue
		}
		lines[key.Value] = at.Position.Line
		all = append(all, entry{key: key.Value, at: at, value: value.Value})
	}
	return all
}

// value fills into from node.
func (d *decoder) value(node ast.Node, into reflect.Value, s spot) {
	switch {
	case into.Kind() == reflect.Pointer:
		into.Set(reflect.New(into.Type().Elem()))
		if v, ok := reflect.TypeAssert[interface{ setDefaults() }](into); ok {
			v.setDefaults()
		}
		d.value(node, into.Elem(), s)
	case isGroup(into.Type()):
		d.group(node, into, s)
	case into.Kind() == reflect.Slice:
		d.list(node, into, s)
	default:
		d.note(start(node), s)
		text, form := scalarOf(node)
		if problem := setScalar(into, text, form); problem != "" {
			d.fail(start(node), s, "%s", problem)
		}
	}
}

func (d *decoder) group(node ast.Node, into reflect.Value, s spot) {
	fields := fieldsOf(into.Type())
	for _, e := range d.entries(node, s) {
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == e.key })
		if i < 0 {
			d.fail(e.at, s.child(e.key), "%s", d.unknownKey(e.key, into.Type()))
			continue
		}
		child := s.child(e.key)
		d.note(e.at, child)
		d.value(e.value, into.FieldByIndex(fields[i].index), child)
	}
}

func (d *decoder) list(node ast.Node, into reflect.Value, s spot) {
	d.note(start(node), s)
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		d.fail(start(node), s, "must be a list such as [a, b], not %s", describe(node))
		return
	}
	list := reflect.MakeSlice(into.Type(), len(sequence.Values), len(sequence.Values))
	for i, value := range sequence.Values {
		at := s
		at.path = fmt.Sprintf("%s[%d]", s.path, i)
		d.note(start(value), at)
		if isGroup(into.Type().Elem()) {
			d.group(value, list.Index(i), at)
			continue
		}
		text, form := scalarOf(value)
		if form == formNumber {
			form = formText // A list of statuses need not quote them.
		}
		if problem := setScalar(list.Index(i), text, form); problem != "" {
			d.fail(start(value), at, "%s", problem)
			return
		}
	}
	into.Set(list)
}

// start returns the first token of node.
func start(node ast.Node) *token.Token {
	switch node := node.(type) {
	case *ast.MappingNode:
		if !node.IsFlowStyle && len(node.Values) > 0 {
			return start(node.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return start(node.Key)
	}
	return node.GetToken()
}

const aMapping = "a mapping"

func describe(node ast.Node) string {
	switch node.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		return aMapping
	case *ast.SequenceNode:
		return "a list"
	case *ast.NullNode:
		return "nothing"
	}
	return fmt.Sprintf("%.40q", start(node).Value)
}

// textual returns v as what reads itself from text, if it does.
func textual(v reflect.Value) (encoding.TextUnmarshaler, bool) {
	return reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr())
}
