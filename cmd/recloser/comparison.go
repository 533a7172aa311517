package main

import (
	"fmt"
	"io"
	"math"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// comparison is two trials beside each other.
type comparison struct {
	SchemaVersion int          `json:"schema_version"`
	Before        trial.Report `json:"before"`
	After         trial.Report `json:"after"`
	// Differences are after less before, of the figures that both have.
	Differences map[string]float64 `json:"differences"`
}

func (a *app) showComparison(before, after *trial.Trial, assertions []trial.Assertion) error {
	c := comparison{
		SchemaVersion: 1, Before: before.Report(assertions), After: after.Report(assertions),
		Differences: make(map[string]float64),
	}
	var rows [][]string
	for _, f := range trial.Figures() {
		x, y := before.Spread(f.Name), after.Spread(f.Name)
		if math.IsNaN(x.Median) && math.IsNaN(y.Median) {
			continue
		}
		if v, w := c.Before.Figures[f.Name].Median, c.After.Figures[f.Name].Median; v != nil && w != nil {
			c.Differences[f.Name] = *w - *v
		}
		rows = append(rows, []string{
			f.Title, spreadOf(f, x, len(before.Runs)), spreadOf(f, y, len(after.Runs)), f.Unit.Difference(x.Median, y.Median), verdict(f, x, y),
		})
	}
	return a.write(c, func(w io.Writer) error {
		if _, err := fmt.Fprintf(w, "before  %s\nafter   %s\n\n", subject(before), subject(after)); err != nil {
			return writing(err)
		}
		if err := writeRows(w, []string{"FIGURE", "BEFORE", "AFTER", "DIFFERENCE", ""}, rows); err != nil {
			return err
		}
		for _, half := range []struct {
			name     string
			verdicts []trial.Verdict
		}{{"BEFORE", c.Before.Assertions}, {"AFTER", c.After.Assertions}} {
			if len(half.verdicts) == 0 {
				continue
			}
			if _, err := fmt.Fprintf(w, "\n%s", half.name); err != nil {
				return writing(err)
			}
			if err := writeVerdicts(w, half.verdicts); err != nil {
				return err
			}
		}
		return nil
	})
}

// spreadOf writes a figure, with its bounds if there were several runs.
func spreadOf(f trial.Figure, s trial.Spread, runs int) string {
	text := f.Unit.Format(s.Median)
	if runs > 1 && !math.IsNaN(s.Median) && s.Low != s.High {
		text += fmt.Sprintf(" (%s … %s)", f.Unit.Format(s.Low), f.Unit.Format(s.High))
	}
	return text
}

// verdict says which of two is better, if that can be told: what lies within the
// bounds of the other may be chance.
func verdict(f trial.Figure, before, after trial.Spread) string {
	if f.Better == 0 || f.Unit.Format(before.Median) == f.Unit.Format(after.Median) || math.IsNaN(before.Median) || math.IsNaN(after.Median) {
		return ""
	}
	if before.Low != before.High && after.Median >= before.Low && after.Median <= before.High {
		return "may be chance"
	}
	if (after.Median > before.Median) == (f.Better > 0) {
		return "better"
	}
	return "worse"
}
