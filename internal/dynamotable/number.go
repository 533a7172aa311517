package dynamotable

import (
	"math/big"
	"slices"
	"strings"
)

// compares reports whether an operator holds between two values.
func compares(a, b Value, operator string) bool {
	if x, ok := number(a); ok {
		y, ok := number(b)
		return ok && ordered(x.Cmp(y), operator) || !ok && operator == "<>"
	}
	s, okA := a["S"].(string)
	t, okB := b["S"].(string)
	if okA && okB {
		return ordered(strings.Compare(s, t), operator)
	}
	return operator == "<>"
}

func ordered(sign int, operator string) bool {
	switch operator {
	case "=":
		return sign == 0
	case "<>":
		return sign != 0
	case "<":
		return sign < 0
	case "<=":
		return sign <= 0
	case ">":
		return sign > 0
	}
	return sign >= 0
}

func number(v Value) (*big.Rat, bool) {
	text, ok := v["N"].(string)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(text)
}

// decimal writes a number as DynamoDB does: without an exponent, and without
// zeros at its end.
func decimal(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	const most = 150 // The smallest number that DynamoDB keeps has 130 places.
	return strings.TrimRight(r.FloatString(most), "0")
}

// canonical returns v with its numbers as DynamoDB keeps them.
func canonical(v Value) (Value, error) {
	if _, is := v["N"]; is {
		n, ok := number(v)
		if !ok {
			return nil, invalid("The parameter cannot be converted to a numeric value: %v", v["N"])
		}
		return Value{"N": decimal(n)}, nil
	}
	inner, is := v["M"].(map[string]any)
	if !is {
		return v, nil
	}
	kept := make(map[string]any, len(inner))
	for name, each := range inner {
		value, _ := each.(map[string]any)
		c, err := canonical(value)
		if err != nil {
			return nil, err
		}
		kept[name] = c
	}
	return Value{"M": kept}, nil
}

// added is what ADD makes of an attribute.
func added(old, more Value) (Value, error) {
	if names, ok := more["SS"].([]any); ok {
		set, _ := old["SS"].([]any)
		if old != nil && set == nil {
			return nil, invalid("An operand in the update expression has an incorrect data type")
		}
		set = slices.Clone(set)
		for _, name := range names {
			if !slices.Contains(set, name) {
				set = append(set, name)
			}
		}
		return Value{"SS": set}, nil
	}
	n, ok := number(more)
	if !ok {
		return nil, invalid("Incorrect operand type for operator or function; operator: ADD")
	}
	if old == nil {
		return Value{"N": decimal(n)}, nil
	}
	before, ok := number(old)
	if !ok {
		return nil, invalid("An operand in the update expression has an incorrect data type")
	}
	return Value{"N": decimal(new(big.Rat).Add(before, n))}, nil
}
