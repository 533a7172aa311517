package config

import (
	"fmt"
	"reflect"
	"strings"
)

// SourceKind is a kind of place that values come from. A greater one overrules
// the smaller ones.
type SourceKind uint8

const (
	// SourceDefault is the default of the key.
	SourceDefault SourceKind = iota
	// SourceFile is recloser.yaml: the circuit, or what stands under defaults.
	SourceFile
	// SourceEnvironment is an environment variable.
	SourceEnvironment
	// SourceFlag is a flag of a command.
	SourceFlag
)

// Source is where a value came from.
type Source struct {
	// Kind is the kind of the place.
	Kind SourceKind
	// Name is that of the file, the variable or the flag.
	Name string
	// Line and Column are where in a file, counted from 1.
	Line, Column int
}

// String returns s as "default", "recloser.yaml:7:5", or the name of the
// variable or the flag.
func (s Source) String() string {
	switch s.Kind {
	case SourceFile:
		return fmt.Sprintf("%s:%d:%d", s.Name, s.Line, s.Column)
	case SourceEnvironment, SourceFlag:
		return s.Name
	case SourceDefault:
	}
	return "default"
}

// origins is where the values of one circuit, or of the file itself, came from,
// by their paths. What has none is a default.
type origins map[string]Source

// nearest returns the origin of a path, or else of the group it belongs to.
func (o origins) nearest(path string) (Source, bool) {
	for {
		source, found := o[path]
		i := strings.LastIndexByte(path, '.')
		if found || i < 0 {
			return source, found
		}
		path = path[:i]
	}
}

// Setting is one value of a configuration and where it came from.
type Setting struct {
	// Path is the key, such as "open_when.failure_rate".
	Path string
	// Value is the value as it is written in the file.
	Value string
	// Source is where it came from.
	Source Source
}

// Settings returns every value of a circuit in the order of the documentation,
// or nil if there is no such circuit. With an empty name it returns those of the
// file itself: version and store.
func (f *File) Settings(circuit string) []Setting {
	var all []Setting
	note := func(path string, v reflect.Value) {
		all = append(all, Setting{Path: path, Value: written(v), Source: f.origins[circuit][path]})
	}
	if circuit == "" {
		note("version", reflect.ValueOf(f.Version))
		leaves(reflect.ValueOf(f.Store), "store", note)
		return all
	}
	if c, found := f.Circuits[circuit]; found {
		leaves(reflect.ValueOf(c), "", note)
	}
	return all
}

// leaves calls fn with every value within v that is not a group of others.
func leaves(v reflect.Value, path string, fn func(path string, v reflect.Value)) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if !isGroup(v.Type()) || v.NumField() == 0 {
		fn(path, v)
		return
	}
	for _, field := range fieldsOf(v.Type()) {
		leaves(v.FieldByIndex(field.index), join(path, field.key), fn)
	}
}

// written returns v as it is written in the file.
func written(v reflect.Value) string {
	if v.Kind() == reflect.Slice {
		entries := make([]string, v.Len())
		for i := range entries {
			entries[i] = written(v.Index(i))
		}
		return "[" + strings.Join(entries, ", ") + "]"
	}
	if v.Kind() == reflect.Struct && v.NumField() == 0 {
		return "{}"
	}
	return fmt.Sprint(v.Interface())
}
