package trial

import (
	"fmt"
	"math"
)

// Row is a figure as it is shown in a table.
type Row struct {
	Figure Figure
	// Cells are its median and, of several runs, its bounds.
	Cells []string
}

// Rows returns the figures that the story has.
func (t *Trial) Rows() []Row {
	var rows []Row
	for _, f := range Figures() {
		s := t.Spread(f.Name)
		if math.IsNaN(s.Median) {
			continue
		}
		cells := []string{f.Unit.Format(s.Median)}
		if len(t.Runs) > 1 {
			cells = append(cells, f.Unit.Format(s.Low), f.Unit.Format(s.High))
		}
		rows = append(rows, Row{f, cells})
	}
	return rows
}

// Subject says what was played.
func (t *Trial) Subject() string {
	c := &t.Story.Scenario
	text := fmt.Sprintf("%s environments, %g requests/s, %v", Thousands(int64(c.Fleet.Environments)), c.Traffic.Rate, c.Duration)
	if len(t.Runs) == 1 {
		return text + fmt.Sprintf(" · seed %d", c.Seed)
	}
	return text + fmt.Sprintf(" · seeds %d to %d", c.Seed, c.Seed+uint64(max(len(t.Runs), 1)-1))
}
