package dynamotable

import (
	"regexp"
	"slices"
	"strings"
)

var tokens = regexp.MustCompile(`\s*(#\w+|:\w+|\w+|<=|>=|<>|[=<>()+,.-])`)

// parser reads one expression.
type parser struct {
	left  []string
	known *placeholders
	err   error
}

func newParser(text string, p *placeholders) *parser {
	r := &parser{known: p}
	rest := text
	for strings.TrimSpace(rest) != "" {
		m := tokens.FindStringSubmatchIndex(rest)
		if m == nil || m[0] != 0 {
			r.fail("Syntax error near %.40q", rest)
			return r
		}
		r.left = append(r.left, rest[m[2]:m[3]])
		rest = rest[m[1]:]
	}
	return r
}

func (r *parser) fail(format string, args ...any) {
	if r.err == nil {
		r.err = invalid("Invalid expression: "+format, args...)
	}
	r.left = nil
}

func (r *parser) peek() string {
	if len(r.left) == 0 {
		return ""
	}
	return r.left[0]
}

func (r *parser) next() string {
	token := r.peek()
	if token == "" {
		r.fail("it ends too early")
		return ""
	}
	r.left = r.left[1:]
	return token
}

func (r *parser) take(token string) bool {
	found := strings.EqualFold(r.peek(), token)
	if found {
		r.left = r.left[1:]
	}
	return found
}

func (r *parser) expect(token string) {
	if !r.take(token) {
		r.fail("%q where %q should be", r.peek(), token)
	}
}

// path is the way to an attribute, or to an entry of a map.
type path []string

func (r *parser) path() path {
	var p path
	for {
		token := r.next()
		switch {
		case strings.HasPrefix(token, "#"):
			name, ok := r.known.names[token].(string)
			if !ok {
				r.fail("An expression attribute name used in the document path is not defined; attribute name: %s", token)
			}
			r.known.used[token] = true
			p = append(p, name)
		case strings.HasPrefix(token, ":") || token == "":
			r.fail("%q is no path", token)
		default:
			p = append(p, token)
		}
		if r.err != nil || !r.take(".") {
			return p
		}
	}
}

// get returns what stands at the end of the path.
func (p path) get(item Item) (Value, bool) {
	at := item
	for i, name := range p {
		v, ok := at[name].(map[string]any)
		if !ok {
			return nil, false
		}
		if i == len(p)-1 {
			return v, true
		}
		if at, ok = v["M"].(map[string]any); !ok {
			return nil, false
		}
	}
	return nil, false
}

// overlaps reports whether one path is the other or leads to it.
func (p path) overlaps(q path) bool {
	n := min(len(p), len(q))
	return slices.Equal(p[:n], q[:n])
}

// operand is a path, a value, or what a function makes of them.
type operand struct {
	path     path
	value    Value
	fallback *operand // of if_not_exists
}

func (r *parser) operand() *operand {
	token := r.peek()
	switch {
	case strings.HasPrefix(token, ":"):
		return &operand{value: r.value()}
	case strings.EqualFold(token, "if_not_exists"):
		r.next()
		r.expect("(")
		o := &operand{path: r.path()}
		r.expect(",")
		o.fallback = r.operand()
		r.expect(")")
		return o
	}
	return &operand{path: r.path()}
}

func (r *parser) value() Value {
	token := r.next()
	v, ok := r.known.values[token].(map[string]any)
	if !ok {
		r.fail("An expression attribute value used in expression is not defined; attribute value: %s", token)
		return nil
	}
	r.known.used[token] = true
	return v
}

func (o *operand) of(item Item) (Value, bool) {
	if o.value != nil {
		return o.value, true
	}
	v, ok := o.path.get(item)
	if !ok && o.fallback != nil {
		return o.fallback.of(item)
	}
	return v, ok
}

// condition is what may hold of an item.
type condition interface{ holds(Item) bool }

type either []condition

func (c either) holds(item Item) bool {
	return slices.ContainsFunc(c, func(each condition) bool { return each.holds(item) })
}

type all []condition

func (c all) holds(item Item) bool {
	return !slices.ContainsFunc(c, func(each condition) bool { return !each.holds(item) })
}

// existence is attribute_exists, or attribute_not_exists.
type existence struct {
	path path
	want bool
}

func (c existence) holds(item Item) bool {
	_, there := c.path.get(item)
	return there == c.want
}

type comparison struct {
	left, right *operand
	operator    string
}

func (c comparison) holds(item Item) bool {
	a, okA := c.left.of(item)
	b, okB := c.right.of(item)
	return okA && okB && compares(a, b, c.operator)
}

func parseCondition(text string, p *placeholders) (condition, error) {
	r := newParser(text, p)
	c := r.either()
	if r.err == nil && len(r.left) > 0 {
		r.fail("%q is left over", r.peek())
	}
	return c, r.err
}

func (r *parser) either() condition {
	c := either{r.all()}
	for r.err == nil && r.take("OR") {
		c = append(c, r.all())
	}
	return c
}

func (r *parser) all() condition {
	c := all{r.term()}
	for r.err == nil && r.take("AND") {
		c = append(c, r.term())
	}
	return c
}

func (r *parser) term() condition {
	for _, function := range []string{"attribute_exists", "attribute_not_exists"} {
		if r.take(function) {
			r.expect("(")
			p := r.path()
			r.expect(")")
			return existence{p, function == "attribute_exists"}
		}
	}
	if r.take("(") {
		c := r.either()
		r.expect(")")
		return c
	}
	c := comparison{left: r.operand()}
	c.operator = r.next()
	c.right = r.operand()
	if r.err == nil && !slices.Contains([]string{"=", "<>", "<", "<=", ">", ">="}, c.operator) {
		r.fail("%q is no comparison", c.operator)
	}
	return c
}
