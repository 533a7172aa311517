package trial_test

import (
	"math"
	"testing"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

func TestFormat(t *testing.T) {
	for _, row := range []struct {
		unit  trial.Unit
		value float64
		want  string
	}{
		{trial.UnitShare, 1, "100%"},
		{trial.UnitShare, 0, "0%"},
		{trial.UnitShare, 0.4567, "45.7%"},
		{trial.UnitShare, 0.99933, "99.933%"},
		{trial.UnitShare, 0.0123, "1.2%"},
		{trial.UnitShare, 0.00211, "0.21%"},
		{trial.UnitShare, 0.0000012, "0.0001%"},
		{trial.UnitDuration, 0.1371, "137ms"},
		{trial.UnitDuration, 1.234, "1.23s"},
		{trial.UnitDuration, 42.19, "42.2s"},
		{trial.UnitDuration, 128, "2m08s"},
		{trial.UnitDuration, 9000, "2h30m"},
		{trial.UnitDuration, trial.Never, "never"},
		{trial.UnitCount, 1234567, "1,234,567"},
		{trial.UnitCount, 123, "123"},
		{trial.UnitCount, math.NaN(), "–"},
		{trial.UnitDollars, 0.234, "$0.23"},
		{trial.UnitDollars, 0.01234, "$0.0123"},
		{trial.UnitDollars, 0, "$0.00"},
	} {
		if got := row.unit.Format(row.value); got != row.want {
			t.Errorf("%s of %v: got %s, want %s", row.unit, row.value, got, row.want)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, row := range []struct {
		unit trial.Unit
		a, b float64
		want string
	}{
		{trial.UnitShare, 0.5, 0.501, "+0.10 points"},
		{trial.UnitShare, 0.5, 0.4, "−10.0 points"},
		{trial.UnitShare, 0.5, 0.50001, ""},
		{trial.UnitDuration, 1, 0.5, "−500ms"},
		{trial.UnitDuration, 1, trial.Never, ""},
		{trial.UnitCount, 5, 1500, "+1,495"},
		{trial.UnitDollars, 0.5, 0.75, "+$0.25"},
	} {
		if got := row.unit.Difference(row.a, row.b); got != row.want {
			t.Errorf("%v to %v: got %q, want %q", row.a, row.b, got, row.want)
		}
	}
}

func TestQuantile(t *testing.T) {
	for _, row := range []struct {
		values []float64
		q      float64
		want   float64
	}{
		{[]float64{3}, 0.05, 3},
		{[]float64{1, 2, 3}, 0.5, 2},
		{[]float64{1, 2}, 0.5, 1.5},
		{[]float64{0, 10, 20}, 0.95, 19},
		{[]float64{1, 2, trial.Never}, 0.5, 2},
		{[]float64{1, trial.Never, trial.Never}, 0.5, trial.Never},
		{[]float64{1, trial.Never}, 0.5, trial.Never},
		{[]float64{trial.Never, trial.Never}, 0.3, trial.Never},
	} {
		if got := trial.Quantile(row.values, row.q); got != row.want {
			t.Errorf("%v of %v: got %v, want %v", row.q, row.values, got, row.want)
		}
	}
	if !math.IsNaN(trial.Quantile(nil, 0.5)) {
		t.Error("of nothing there is a quantile")
	}
}
