package statelanguage

import (
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

// bindings are all variables that an expression sees.
func (v *visit) bindings(states map[string]any) map[string]any {
	all := v.visible()
	all["states"] = states
	return all
}

func (v *visit) fillWith(template any, bindings map[string]any) (any, *Failure) {
	switch t := template.(type) {
	case string:
		if !isExpression(t) {
			return t, nil
		}
		engine := v.execution.account.engine
		value, err := engine.Evaluate(strings.TrimSpace(t[2:len(t)-2]), v.execution.account.world.Now(), bindings)
		if err != nil {
			f := failureOf(err)
			f.Cause = "state " + v.name + ": " + f.Cause
			return nil, f
		}
		return value, nil
	case map[string]any:
		filled := make(map[string]any, len(t))
		for key, inner := range t {
			value, failure := v.fillWith(inner, bindings)
			if failure != nil {
				return nil, failure
			}
			filled[key] = value
		}
		return filled, nil
	case []any:
		filled := make([]any, len(t))
		for i, inner := range t {
			value, failure := v.fillWith(inner, bindings)
			if failure != nil {
				return nil, failure
			}
			filled[i] = value
		}
		return filled, nil
	default:
		return template, nil
	}
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
	bindings := v.bindings(states)
	result := plain
	if output != nil {
		filled, failure := v.fillWith(output, bindings)
		if failure != nil {
			return nil, failure
		}
		result = filled
	}
	if assign != nil {
		values := make(map[string]any, len(assign))
		for name, template := range assign {
			value, failure := v.fillWith(template, bindings)
			if failure != nil {
				return nil, failure
			}
			values[name] = value
		}
		if failure := v.assign(values); failure != nil {
			return nil, failure
		}
	}
	return result, nil
}
