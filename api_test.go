package recloser_test

import (
	"bytes"
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -run=^TestAPI$ . -rewrite

// TestAPI holds the exported API of every package of this module that others
// can import, a line per symbol, so that no change of it goes unseen.
func TestAPI(t *testing.T) {
	const golden = "api.txt"
	var got bytes.Buffer
	for _, pkg := range importable(t) {
		api := printer{w: &got, pkg: pkg}
		api.line("package %s\n", pkg.Path())
		for _, name := range pkg.Scope().Names() {
			if obj := pkg.Scope().Lookup(name); obj.Exported() {
				api.print(obj)
			}
		}
		api.line("")
	}
	if *rewrite {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := lineDiff(string(want), got.String()); diff != "" {
		t.Errorf("the exported API is not what %s says; if it should be: go test -run TestAPI . -rewrite\n%s", golden, diff)
	}
}

// importable returns the packages of this module that another module can
// import, by their paths. They are read from what the compiler exports, so that
// the types are those that users get.
func importable(t *testing.T) []*types.Package {
	t.Helper()
	var paths []string
	for line := range goList(t, "-f", "{{.ImportPath}} {{.Name}}", "./...") {
		path, name, _ := strings.Cut(line, " ")
		if internal := slices.Contains(strings.Split(path, "/"), "internal"); name != "main" && !internal {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	exports := make(map[string]string)
	for line := range goList(t, append([]string{"-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, paths...)...) {
		path, file, _ := strings.Cut(line, " ")
		exports[path] = file
	}
	compiled := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		return os.Open(exports[path])
	})
	pkgs := make([]*types.Package, len(paths))
	for i, path := range paths {
		pkg, err := compiled.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		pkgs[i] = pkg
	}
	return pkgs
}

func goList(t *testing.T, args ...string) iter.Seq[string] {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	var stderr strings.Builder
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	return strings.SplitSeq(strings.TrimSpace(string(out)), "\n")
}

// printer writes the exported symbols of one package.
type printer struct {
	w   *bytes.Buffer
	pkg *types.Package
}

func (p printer) print(obj types.Object) {
	switch obj := obj.(type) {
	case *types.Const:
		typ := ""
		if basic, ok := obj.Type().(*types.Basic); !ok || basic.Info()&types.IsUntyped == 0 {
			typ = " " + p.typ(obj.Type())
		}
		p.line("const %s%s = %s", obj.Name(), typ, obj.Val().ExactString())
	case *types.TypeName:
		p.printType(obj)
	case *types.Var:
		p.line("var %s %s", obj.Name(), p.typ(obj.Type()))
	default:
		p.line("%s", types.ObjectString(obj, p.qualify))
	}
}

func (p printer) printType(obj *types.TypeName) {
	if obj.IsAlias() {
		p.line("%s", types.ObjectString(obj, p.qualify))
		// Of what users can name by no other name they see the inside.
		if named, ok := types.Unalias(obj.Type()).(*types.Named); ok && strings.Contains(named.Obj().Pkg().Path(), "/internal/") {
			p.promoted(obj.Name(), named)
		}
		return
	}
	name := obj.Name()
	named := obj.Type().(*types.Named)
	head := p.typ(named) // With its type parameters.
	switch under := named.Underlying().(type) {
	case *types.Struct:
		p.line("type %s struct", head)
		p.fields(name, under)
	case *types.Interface:
		p.line("type %s interface", head)
		p.methods(name, under)
		return
	default:
		p.line("type %s %s", head, p.typ(under))
	}
	methods := slices.SortedFunc(named.Methods(), func(a, b *types.Func) int { return strings.Compare(a.Name(), b.Name()) })
	for _, method := range methods {
		if method.Exported() {
			p.method(name, method)
		}
	}
}

// fields writes the fields that users see, those promoted from an embedded
// type that they cannot name included.
func (p printer) fields(name string, s *types.Struct) {
	for i := range s.NumFields() {
		field := s.Field(i)
		tag := ""
		if s.Tag(i) != "" {
			tag = " `" + s.Tag(i) + "`"
		}
		switch {
		case field.Exported() && field.Embedded():
			p.line("\tfield %s embeds %s%s", name, p.typ(field.Type()), tag)
		case field.Exported():
			p.line("\tfield %s.%s %s%s", name, field.Name(), p.typ(field.Type()), tag)
		case field.Embedded():
			p.promoted(name, field.Type())
		}
	}
}

func (p printer) promoted(name string, hidden types.Type) {
	if pointer, ok := hidden.(*types.Pointer); ok {
		hidden = pointer.Elem()
	}
	if s, ok := hidden.Underlying().(*types.Struct); ok {
		p.fields(name, s)
	}
	for selection := range types.NewMethodSet(types.NewPointer(hidden)).Methods() {
		if method := selection.Obj(); method.Exported() && len(selection.Index()) == 1 {
			p.line("\tmethod %s.%s", name, p.signature(method))
		}
	}
}

func (p printer) methods(name string, i *types.Interface) {
	for method := range i.Methods() {
		if method.Exported() {
			p.line("\tmethod %s.%s", name, p.signature(method))
		} else {
			p.line("\tmethod %s: only this package can implement it", name)
		}
	}
	for embedded := range i.EmbeddedTypes() {
		if _, union := embedded.(*types.Union); union {
			p.line("\tunion %s %s", name, p.typ(embedded))
		}
	}
}

func (p printer) method(name string, method *types.Func) {
	receiver := name
	if _, ok := method.Signature().Recv().Type().(*types.Pointer); ok {
		receiver = "(*" + name + ")"
	}
	p.line("\tmethod %s.%s", receiver, p.signature(method))
}

func (p printer) signature(method types.Object) string {
	return method.Name() + strings.TrimPrefix(p.typ(method.Type()), "func")
}

func (p printer) typ(t types.Type) string { return types.TypeString(t, p.qualify) }

func (p printer) qualify(other *types.Package) string {
	if other == p.pkg {
		return ""
	}
	return other.Name()
}

func (p printer) line(format string, args ...any) {
	fmt.Fprintf(p.w, format+"\n", args...)
}

// lineDiff returns the lines of which want has more than got, and the other
// way round, in order.
func lineDiff(want, got string) string {
	var diff strings.Builder
	only := func(sign, text, other string) {
		left := make(map[string]int)
		for line := range strings.Lines(other) {
			left[line]++
		}
		for line := range strings.Lines(text) {
			if left[line]--; left[line] < 0 {
				diff.WriteString(sign + line)
			}
		}
	}
	only("- ", want, got)
	only("+ ", got, want)
	if diff.Len() == 0 && want != got {
		return "the same lines in another order"
	}
	return diff.String()
}
