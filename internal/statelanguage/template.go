package statelanguage

import (
	"maps"
	"slices"
	"strings"
)

// isExpression reports whether a text is one to be evaluated.
func isExpression(text string) bool {
	return len(text) >= 4 && strings.HasPrefix(text, "{%") && strings.HasSuffix(text, "%}")
}

// fill returns a template with its expressions evaluated.
func (v *visit) fill(template any, states map[string]any) (any, *Failure) {
	return v.fillWith(template, v.bindings(states))
}

// expressionsOf appends the expressions of a template to a list, in an order that
// is always the same.
func expressionsOf(template any, list []string) []string {
	switch t := template.(type) {
	case string:
		if isExpression(t) {
			list = append(list, strings.TrimSpace(t[2:len(t)-2]))
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(t)) {
			list = expressionsOf(t[key], list)
		}
	case []any:
		for _, inner := range t {
			list = expressionsOf(inner, list)
		}
	}
	return list
}

// put returns a template with values in the place of its expressions, and the
// values that are left.
func put(template any, values []any) (filled any, left []any) {
	switch t := template.(type) {
	case string:
		if isExpression(t) {
			return values[0], values[1:]
		}
		return t, values
	case map[string]any:
		m := make(map[string]any, len(t))
		for _, key := range slices.Sorted(maps.Keys(t)) {
			m[key], values = put(t[key], values)
		}
		return m, values
	case []any:
		list := make([]any, len(t))
		for i, inner := range t {
			list[i], values = put(inner, values)
		}
		return list, values
	default:
		return template, values
	}
}

// evaluate returns what expressions come to, until one that fails.
func (v *visit) evaluate(expressions []string, bindings map[string]any) ([]any, *Failure) {
	values, err := v.execution.account.engine.Evaluate(v.execution.account.world.Now(), bindings, expressions...)
	if err != nil {
		f := failureOf(err)
		f.Cause = "state " + v.name + ": " + f.Cause
		return values, f
	}
	return values, nil
}

// bindings are all variables that an expression sees.
func (v *visit) bindings(states map[string]any) map[string]any {
	all := v.visible()
	all["states"] = states
	return all
}

func (v *visit) fillWith(template any, bindings map[string]any) (any, *Failure) {
	values, failure := v.evaluate(expressionsOf(template, nil), bindings)
	if failure != nil {
		return nil, failure
	}
	filled, _ := put(template, values)
	return filled, nil
}

// whole returns a template that must come to a whole number that is not
// negative.
func (v *visit) whole(template any, states map[string]any, what string) (int, *Failure) {
	value, failure := v.fill(template, states)
	if failure != nil {
		return 0, failure
	}
	n, ok := value.(float64)
	if !ok || n < 0 || n != float64(int(n)) || n > 99_999_999 {
		return 0, failf(ErrQueryEvaluationError, "state %s: %s is %v, and must be a whole number from 0 to 99999999", v.name, what, value)
	}
	return int(n), nil
}

// leave evaluates what a state, a rule or a catcher assigns and puts out, both
// over the variables as they were.
func (v *visit) leave(assign map[string]any, output any, states map[string]any, plain any) (any, *Failure) {
	var all []any
	if output != nil {
		all = append(all, output)
	}
	if assign != nil {
		all = append(all, assign)
	}
	filled, failure := v.fill(all, states)
	if failure != nil {
		return nil, failure
	}
	list, _ := filled.([]any)
	result := plain
	if output != nil {
		result, list = list[0], list[1:]
	}
	if assign != nil {
		values, _ := list[0].(map[string]any)
		if failure := v.assign(values); failure != nil {
			return nil, failure
		}
	}
	return result, nil
}
