package config_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
)

// read keeps the comments of the fields of all types in a folder, each as one
// line, and the values of its constants.
func (g *generator) read(folder string) {
	for _, name := range glob(g.t, filepath.Join(folder, "*.go")) {
		mode := parser.ParseComments | parser.SkipObjectResolution
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, mode)
		if err != nil {
			g.t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				return false
			case *ast.ValueSpec:
				for i, value := range n.Values {
					if text, ok := constant(value); ok {
						g.constants[n.Names[i].Name] = text
					}
				}
			case *ast.TypeSpec:
				group, ok := n.Type.(*ast.StructType)
				if !ok {
					return false
				}
				for _, field := range group.Fields.List {
					for _, ident := range field.Names {
						g.docs[n.Name.Name+"."+ident.Name] = strings.Join(strings.Fields(field.Doc.Text()), " ")
					}
				}
			}
			return true
		})
	}
}

// constant returns a number such as 8, or a duration such as 2 * time.Second, as
// a reader of YAML knows it.
func constant(value ast.Expr) (string, bool) {
	switch value := value.(type) {
	case *ast.BasicLit:
		return value.Value, value.Kind == token.INT
	case *ast.BinaryExpr:
		number, isNumber := constant(value.X)
		unit, isUnit := value.Y.(*ast.SelectorExpr)
		if isNumber && isUnit && value.Op == token.MUL {
			short := map[string]string{"Millisecond": "ms", "Second": "s", "Minute": "m", "Hour": "h"}[unit.Sel.Name]
			return number + short, short != ""
		}
	case *ast.SelectorExpr:
		return constant(&ast.BinaryExpr{X: &ast.BasicLit{Kind: token.INT, Value: "1"}, Op: token.MUL, Y: value})
	}
	return "", false
}
