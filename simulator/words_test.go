package simulator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"github.com/recloser-dev/recloser/simulator"
)

// TestWordsAreComplete holds the lists of words to the constants that there are.
func TestWordsAreComplete(t *testing.T) {
	for _, row := range []struct {
		file, kind string
		listed     []string
	}{
		{"fault.go", "FaultKind", texts(simulator.FaultKinds())},
		{"step.go", "StepKind", texts(simulator.StepKinds())},
		{"protocol.go", "Protocol", texts(simulator.Protocols())},
		{"scenario.go", "Protocol", texts(simulator.Protocols())},
		{"retrying.go", "Protocol", texts(simulator.RetryProtocols())},
	} {
		file, err := parser.ParseFile(token.NewFileSet(), row.file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != row.kind || len(spec.Values) != 1 {
				return true
			}
			literal, _ := spec.Values[0].(*ast.BasicLit)
			word, err := strconv.Unquote(literal.Value)
			if seen++; err != nil || !slices.Contains(row.listed, word) {
				t.Errorf("%s: %s is not listed", row.file, literal.Value)
			}
			return true
		})
		if seen == 0 {
			t.Errorf("%s has no %s", row.file, row.kind)
		}
	}
}

func texts[T ~string](words []T) []string {
	all := make([]string, len(words))
	for i, word := range words {
		all[i] = string(word)
	}
	return all
}
