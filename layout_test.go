package recloser_test

import (
	"bytes"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/recloser-dev/recloser"

// TestImportDirections holds the architecture to one sentence: everything
// imports the root, the root imports only the standard library, and only
// programs import more than one package of this module.
func TestImportDirections(t *testing.T) {
	fset := token.NewFileSet()
	for _, name := range goFiles(t) {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		from := path.Join(module, path.Dir(name))
		for _, spec := range file.Imports {
			if to := importPath(spec); !mayImport(from, to) {
				t.Errorf("%s: %s must not import %s", fset.Position(spec.Pos()), from, to)
			}
		}
	}
}

func mayImport(from, to string) bool {
	own := to == module || strings.HasPrefix(to, module+"/")
	program := strings.HasPrefix(from, module+"/cmd/") || strings.HasPrefix(from, module+"/examples/")
	switch {
	case program:
		return true
	case from == module:
		first, _, _ := strings.Cut(to, "/")
		return !strings.Contains(first, ".") // Only the standard library has no domain.
	case own:
		part := strings.HasPrefix(to, from+"/")
		shared := strings.Contains(to, "/internal/") && !strings.HasPrefix(to, module+"/cmd/")
		return to == module || part || shared
	default:
		return true
	}
}

func TestMayImport(t *testing.T) {
	for _, row := range []struct {
		from, to string
		want     bool
	}{
		{"", "time", true},
		{"", "net/http", true},
		{"", "golang.org/x/sync/errgroup", false},
		{"", module + "/internal/item", false},
		{"/store/dynamostore", module, true},
		{"/store/dynamostore", module + "/internal/item", true},
		{"/store/dynamostore", "github.com/aws/aws-sdk-go-v2/aws", true},
		{"/store/dynamostore", module + "/store/valkeystore", false},
		{"/store/dynamostore", module + "/config", false},
		{"/mesh", module + "/mesh/internal/envoy", true},
		{"/mesh", module + "/cmd/recloser", false},
		{"/mesh", module + "/cmd/recloser/internal/screen", false},
		{"/cmd/recloser", module + "/config", true},
		{"/cmd/recloser/internal/screen", module + "/config", true},
		{"/examples/checkout", module + "/guard/httpguard", true},
	} {
		if got := mayImport(module+row.from, row.to); got != row.want {
			t.Errorf("mayImport(%q, %q) = %t, want %t", module+row.from, row.to, got, row.want)
		}
	}
}

// TestCoreIsPure holds the state machine to values in, values out. Its files
// type-check alone, so nothing impure reaches them through the rest of the
// package, and they neither import nor call what reads a clock or blocks.
func TestCoreIsPure(t *testing.T) {
	core := []string{
		"instant.go", "judge.go", "machine.go", "outcome.go", "policy.go", "record.go", "share.go",
		"state.go", "validate.go", "view.go", "watching.go", "window.go", "write.go",
	}
	imports := []string{"errors", "fmt", "math", "slices", "strconv", "strings", "time"}
	clock := []string{"After", "AfterFunc", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until"}

	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range core {
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
		for _, spec := range file.Imports {
			if to := importPath(spec); !slices.Contains(imports, to) || spec.Name != nil {
				t.Errorf("%s: the core must not import %s, nor rename what it imports", fset.Position(spec.Pos()), to)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt, *ast.ChanType, *ast.SelectStmt:
				t.Errorf("%s: the core must not be concurrent", fset.Position(n.Pos()))
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && slices.Contains(clock, n.Sel.Name) {
					t.Errorf("%s: the core must not read the clock", fset.Position(n.Pos()))
				}
			}
			return true
		})
	}
	check := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	if _, err := check.Check(module, fset, files, nil); err != nil {
		t.Errorf("the core must stand alone: %v", err)
	}
}

// TestFilesAreSmallAndNamed holds every file to a length that can be read in
// one sitting, and every name to saying what is inside.
func TestFilesAreSmallAndNamed(t *testing.T) {
	const longest, longestTest = 300, 400
	empty := []string{"common", "helper", "helpers", "manager", "misc", "models", "types", "util", "utils"}
	for _, name := range goFiles(t) {
		text, err := os.ReadFile(filepath.FromSlash(name))
		if err != nil {
			t.Fatal(err)
		}
		limit := longest
		if strings.HasSuffix(name, "_test.go") {
			limit = longestTest
		}
		generated := bytes.HasPrefix(text, []byte("// Code generated "))
		if lines := bytes.Count(text, []byte("\n")); lines > limit && !generated {
			t.Errorf("%s has %d lines, and may have %d; divide it by the nouns in it", name, lines, limit)
		}
		words := strings.FieldsFunc(strings.TrimSuffix(name, ".go"), func(r rune) bool { return r == '/' || r == '_' })
		for _, word := range words {
			if slices.Contains(empty, word) {
				t.Errorf("%s: %q says nothing about what is inside; name it for the noun it defines", name, word)
			}
		}
	}
}

// TestTestsDoNotWait holds tests to fake time: a file that sleeps does so in a
// bubble of testing/synctest.
func TestTestsDoNotWait(t *testing.T) {
	fset := token.NewFileSet()
	for _, name := range goFiles(t) {
		if !strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		fake := slices.ContainsFunc(file.Imports, func(s *ast.ImportSpec) bool { return importPath(s) == "testing/synctest" })
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.SelectorExpr)
			if !ok || fake || call.Sel.Name != "Sleep" {
				return true
			}
			if x, ok := call.X.(*ast.Ident); ok && x.Name == "time" {
				t.Errorf("%s: a test must not sleep; use testing/synctest, or wait for what it expects", fset.Position(n.Pos()))
			}
			return true
		})
	}
}

func importPath(spec *ast.ImportSpec) string {
	to, _ := strconv.Unquote(spec.Path.Value)
	return to
}

// goFiles returns the Go files of this module, by their slash-separated paths.
// Modules nested in it have rules of their own.
func goFiles(t *testing.T) []string {
	t.Helper()
	var names []string
	for name := range walk(t) {
		if strings.HasSuffix(name, ".go") {
			names = append(names, name)
		}
	}
	return names
}

// walk goes through the files of this module, without nested modules, hidden
// folders, and what tools install or tests keep as data.
func walk(t *testing.T) func(yield func(string) bool) {
	t.Helper()
	return func(yield func(string) bool) {
		err := filepath.WalkDir(".", func(name string, entry fs.DirEntry, err error) error {
			if err != nil || name == "." {
				return err
			}
			if !entry.IsDir() {
				if !yield(filepath.ToSlash(name)) {
					return filepath.SkipAll
				}
				return nil
			}
			base := entry.Name()
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if nested == nil || strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" {
				return filepath.SkipDir
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
