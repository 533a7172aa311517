package workflow

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"
)

//go:embed expression/*.jsonata
var expressions embed.FS

var (
	comments = regexp.MustCompile(`(?s)/\*.*?\*/`)
	spaces   = regexp.MustCompile(`\s+`)
)

// writer writes expressions, with the numbers of one policy in them.
type writer struct {
	numbers numbers
	parts   *template.Template
	problem error
}

func newWriter(n numbers) (*writer, error) {
	parts, err := template.ParseFS(expressions, "expression/*.jsonata")
	if err != nil {
		return nil, fmt.Errorf("workflow: %w", err)
	}
	return &writer{numbers: n, parts: parts}, nil
}

// part returns one of the files as it is to be evaluated: with the numbers, and
// without comments and line ends.
func (w *writer) part(name string) (string, error) {
	var out strings.Builder
	if err := w.parts.ExecuteTemplate(&out, name+".jsonata", w.numbers); err != nil {
		return "", fmt.Errorf("workflow: %w", err)
	}
	text := comments.ReplaceAllString(out.String(), "")
	return strings.TrimSpace(spaces.ReplaceAllString(text, " ")), nil
}

// block returns the parts one after the other as one expression, after what is
// bound before them. The first error is kept.
func (w *writer) block(before string, names ...string) string {
	var all []string
	if before != "" {
		all = append(all, before)
	}
	for _, name := range names {
		text, err := w.part(name)
		if err != nil && w.problem == nil {
			w.problem = err
		}
		all = append(all, text)
	}
	return evaluate("( " + strings.Join(all, " ") + " )")
}

// evaluate writes an expression as a field has it.
func evaluate(expression string) string { return "{% " + expression + " %}" }

// text writes a text of an expression.
func text(s string) string {
	return "'" + strings.ReplaceAll(strings.ReplaceAll(s, `\`, `\\`), `'`, `\'`) + "'"
}

// list writes a list of texts of an expression.
func list(all []string) string {
	quoted := make([]string, len(all))
	for i, s := range all {
		quoted[i] = text(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
