package config

import (
	"encoding"
	"reflect"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// field is one key of a group.
type field struct {
	key   string
	index []int
	typ   reflect.Type
}

// fieldsOf returns the keys of a group in the order of their declaration, those
// of what it embeds included.
func fieldsOf(group reflect.Type) []field {
	var all []field
	for i := range group.NumField() {
		f := group.Field(i)
		if f.Anonymous {
			for _, inner := range fieldsOf(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
			continue
		}
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" && key != "-" {
			all = append(all, field{key: key, index: []int{i}, typ: f.Type})
		}
	}
	return all
}

// hasKey reports whether a group has a key.
func hasKey(group reflect.Type, key string) bool {
	return slices.ContainsFunc(fieldsOf(group), func(f field) bool { return f.key == key })
}

// isGroup reports whether a value of type t is written as a mapping of its keys.
func isGroup(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// pathsOf returns the paths of all values within a group.
func pathsOf(group reflect.Type, path string) []string {
	var all []string
	for _, f := range fieldsOf(group) {
		if at := join(path, f.key); isGroup(f.typ) {
			all = append(all, pathsOf(f.typ, at)...)
		} else {
			all = append(all, at)
		}
	}
	return all
}

// rules returns the paths of all rules of a policy.
func rules() []string { return pathsOf(reflect.TypeFor[recloser.Policy](), "") }

// valueAt returns the value of a path within a group, which must exist.
func valueAt(group reflect.Value, path string) reflect.Value {
	for key := range strings.SplitSeq(path, ".") {
		fields := fieldsOf(group.Type())
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key })
		group = group.FieldByIndex(fields[i].index)
	}
	return group
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
