package statelanguage_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/statelanguage"
)

// TestEvaluate: the reference engine and the one without promises come to the
// same, which is what the documentation of JSONata and of Step Functions says.
func TestEvaluate(t *testing.T) {
	variables := map[string]any{"states": map[string]any{"input": map[string]any{"a": []any{1, 2, 3}, "t": "x"}}, "n": 5}
	for _, row := range []struct {
		expression string
		want       any
	}{
		{`$n + 1`, 6.0},
		{`$states.input.a[1]`, 2.0},
		{`$sum($states.input.a)`, 6.0},
		{`$map($states.input.a, function($x) { $x * 2 })`, []any{2.0, 4.0, 6.0}},
		{`[$states.input.none]`, []any{}},
		{`$exists($states.input.none)`, false},
		{`$millis()`, 1_767_225_600_000.0},
		{`$now()`, "2026-01-01T00:00:00.000Z"},
		{`$toMillis('2026-01-01T00:00:00Z')`, 1_767_225_600_000.0},
		{`$parse('{"a": [1]}')`, map[string]any{"a": []any{1.0}}},
		{`$partition([1, 2, 3], 2)`, []any{[]any{1.0, 2.0}, []any{3.0}}},
		{`$range(0, 4, 2)`, []any{0.0, 2.0, 4.0}},
		{`$hash('', 'SHA-256')`, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{`$random()`, 0.25},
		{`$uuid()`, "u"},
		{`( $f := function($k) { $k > 0 ? $k + $f($k - 1) : 0 }; $f(3) )`, 6.0},
		{`$each({'b': 1, 'a': 2}, function($v, $k) { $k & $v })`, []any{"b1", "a2"}},
		{`$sort([3, 1, 2])`, []any{1.0, 2.0, 3.0}},
		{`$replace('a1b', /[0-9]/, 'x')`, "axb"},
		{`$merge([{'a': 1}, {'b': 2}])`, map[string]any{"a": 1.0, "b": 2.0}},
		{`null`, nil},
	} {
		for _, direct := range []bool{false, true} {
			e := engine(t, direct)
			e.Random, e.UUID = func() float64 { return 0.25 }, func() string { return "u" }
			if got, err := e.Evaluate(start, variables, row.expression); err != nil || !reflect.DeepEqual(got, []any{row.want}) {
				t.Errorf("%s is %v, %v; want %v (direct: %t)", row.expression, got, err, row.want, direct)
			}
		}
	}
}

// TestEvaluateFails: what has no value, and what Step Functions does not have.
func TestEvaluateFails(t *testing.T) {
	e := engine(t, true)
	for _, expression := range []string{
		`$none`, `$`, `$$`, `a`, `$eval('1')`, `1 +`, `'a' + 1`, `$parse('{')`, `$toMillis('soon')`, `function($x) { $x }`, `$error('x')`,
		`$hash('', 'CRC')`,
	} {
		_, err := e.Evaluate(start, nil, expression)
		failure, ok := errors.AsType[*statelanguage.Failure](err)
		if !ok || failure.Name != statelanguage.ErrQueryEvaluationError || !strings.Contains(failure.Cause, expression) {
			t.Errorf("%s: %v", expression, err)
		}
	}
}
