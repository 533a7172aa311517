package config

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/recloser-dev/recloser"
)

// Options is what overrules a file.
type Options struct {
	// Environ is the environment as [os.Environ] returns it; of a variable
	// that is in it twice, the last counts. [Load] fills it with that of the
	// process before optFns run. Defaults to no environment.
	Environ []string
	// Flags is what a command was given; of a key that is in it twice, the last
	// counts. Flags overrule the environment. Defaults to none.
	Flags []Flag
}

// Load reads the file of the given path, or if that is empty the one that
// RECLOSER_CONFIG names, or else [DefaultPath]. It reads the environment of the
// process, unless optFns change [Options.Environ].
//
// The error is [Errors] and matches [ErrInvalid], or it is the one of reading
// the file and matches those of package os, such as [fs.ErrNotExist].
func Load(path string, optFns ...func(*Options)) (*File, error) {
	o := Options{Environ: os.Environ()}
	for _, fn := range optFns {
		fn(&o)
	}
	path = cmp.Or(path, variable(o.Environ, EnvConfig), DefaultPath)
	text, err := read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("config: %w; write it with recloser init, or name another with %s", err, EnvConfig)
	case err != nil:
		return nil, fmt.Errorf("config: %w", err)
	}
	return Parse(path, text, func(p *Options) { *p = o })
}

// read returns the file, or so much of it as shows that it is too long.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // It was only read.
	return io.ReadAll(io.LimitReader(f, MaxSize+1))
}

func variable(environ []string, name string) string {
	for _, v := range slices.Backward(environ) {
		if value, found := strings.CutPrefix(v, name+"="); found {
			return value
		}
	}
	return ""
}

// Parse returns what text, the content of a recloser.yaml, says. The name is
// what errors call the file. It does no I/O and reads no environment but
// [Options.Environ]. The error is [Errors] and matches [ErrInvalid].
func Parse(name string, text []byte, optFns ...func(*Options)) (*File, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	var found problems
	root := document(name, text, &found)
	if root == nil && len(found.list) == 0 {
		found.add(&Error{File: name, Line: 1, Column: 1, Problem: "the file is empty; write version: 1, " +
			"store: { memory: {} } and circuits: { payments: {} }, or have recloser init write a sample"})
	}
	var f *File
	if root != nil {
		f = parseFile(name, root, o, &found)
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	return f, nil
}

// parseFile returns the file that root is the tree of, unless it adds a problem
// to found.
func parseFile(name string, root ast.Node, o Options, found *problems) *File {
	d := &decoder{name: name, found: found, whole: reflect.TypeFor[Circuit](), part: "a circuit"}
	f := &File{Defaults: DefaultCircuit(), Circuits: map[string]Circuit{}, origins: map[string]origins{"": {}}}
	top := spot{origins: f.origins[""]}
	parts := map[string]entry{}
	known := reflect.TypeFor[File]()
	for _, e := range d.entries(root, top) {
		if !hasKey(known, e.key) {
			d.fail(e.at, top.child(e.key), "%s", d.unknownKey(e.key, known))
			continue
		}
		parts[e.key] = e
	}
	if describe(root) != aMapping || !d.version(f, parts, root) {
		return nil
	}
	all := overrides(o, found)
	before := len(found.list)
	if e, ok := parts[keyStore]; ok {
		d.note(e.at, top.child(keyStore))
		d.value(e.value, reflect.ValueOf(&f.Store).Elem(), top.child(keyStore))
	}
	applyStore(f, all, found)
	if len(found.list) == before {
		d.checkStore(f, root)
	}
	d.circuits(f, parts, readable(all, found), root)
	return f
}

// version reads the version and reports whether it is known: a file of another
// may mean anything.
func (d *decoder) version(f *File, parts map[string]entry, root ast.Node) bool {
	s := spot{path: "version", origins: f.origins[""]}
	e, ok := parts["version"]
	if !ok {
		d.fail(start(root), s, "is missing; write version: %d", Version)
		return true
	}
	before := len(d.found.list)
	d.value(e.value, reflect.ValueOf(&f.Version).Elem(), s)
	if len(d.found.list) > before {
		return true
	}
	if f.Version != Version {
		d.found.list = nil
		d.fail(start(e.value), s, "%s", unknownVersion(f.Version))
		return false
	}
	return true
}

// circuits reads the defaults and the circuits, and checks what comes of them.
func (d *decoder) circuits(f *File, parts map[string]entry, rules []override, root ast.Node) {
	shared := origins{}
	before := len(d.found.list)
	if e, ok := parts["defaults"]; ok {
		d.value(e.value, reflect.ValueOf(&f.Defaults).Elem(), spot{within: "defaults", origins: shared})
	}
	sound := len(d.found.list) == before
	where, s := start(root), spot{path: "circuits"}
	e, ok := parts["circuits"]
	if !ok {
		d.fail(where, s, "is missing; write circuits: { payments: {} } with the names of what is called")
		return
	}
	list := d.entries(e.value, s)
	switch {
	case len(list) == 0 && len(d.found.list) == before:
		d.fail(e.at, s, "has no circuit; write payments: {} under it, with the name of what is called")
	case len(list) > MaxCircuits:
		d.fail(e.at, s, "has %d circuits, and may have %d; split the file by service", len(list), MaxCircuits)
		return
	}
	v := verdict{decoder: d, file: f, shared: shared}
	for _, e := range list {
		if _, err := recloser.Key(e.key, ""); err != nil {
			d.found.add(&Error{
				File: d.name, Line: e.at.Position.Line, Column: e.at.Position.Column, Circuit: e.key, Path: "circuits",
				Problem: strings.TrimPrefix(oneLine(err.Error()), "recloser: "), cause: err,
			})
		}
		c, from := f.Defaults.clone(), maps.Clone(shared)
		before := len(d.found.list)
		d.value(e.value, reflect.ValueOf(&c).Elem(), spot{within: join("circuits", shown(e.key)), circuit: e.key, origins: from})
		applyRules(&c, from, rules)
		f.Circuits[e.key], f.origins[e.key] = c, from
		v.judge(e, c, sound && len(d.found.list) == before)
	}
	v.tell()
}
