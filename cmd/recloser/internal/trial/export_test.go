package trial

import "math"

// Never is the moment that does not come.
var Never = math.Inf(1)

// WithFigures returns a trial of which nothing but figures is known.
func WithFigures(runs ...map[string]float64) *Trial {
	t := new(Trial)
	for _, figures := range runs {
		t.Runs = append(t.Runs, Run{figures: figures})
	}
	return t
}

// Figure returns a figure of a run.
func (r *Run) Figure(name string) float64 { return r.figures[name] }
