package trial

import (
	"math"
	"slices"
)

// Spread is how a figure came out over all runs: its median, and the bounds of nine
// runs in ten. Of one run all are the same.
type Spread struct{ Low, Median, High float64 }

// Spread returns how a figure came out.
func (t *Trial) Spread(figure string) Spread {
	values := t.values(figure)
	return Spread{Quantile(values, 0.05), Quantile(values, 0.5), Quantile(values, 0.95)}
}

// values returns a figure of all runs that have it, the least first.
func (t *Trial) values(figure string) []float64 {
	var all []float64
	for i := range t.Runs {
		if v, measured := t.Runs[i].figures[figure]; measured && !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

// Quantile returns the value below which a share of sorted values is, between the
// two that are nearest; not a number if there is none.
func Quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	above := min(below+1, len(sorted)-1)
	part := at - float64(below)
	if part == 0 || sorted[below] == sorted[above] {
		return sorted[below]
	}
	return sorted[below]*(1-part) + sorted[above]*part // Infinite if above is.
}
