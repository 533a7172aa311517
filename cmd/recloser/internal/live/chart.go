package live

import (
	"fmt"
	"math"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

const axisWidth = 6

var (
	admittedStyle = lipgloss.NewStyle().Foreground(lipgloss.Green)
	failedStyle   = lipgloss.NewStyle().Foreground(lipgloss.Red)
	rejectedStyle = lipgloss.NewStyle().Foreground(lipgloss.BrightBlack)
	faintStyle    = lipgloss.NewStyle().Foreground(lipgloss.BrightBlack)
	boldStyle     = lipgloss.NewStyle().Bold(true)
)

var eighths = []rune(" ▁▂▃▄▅▆▇█")

// chart draws calls a second as stacked bars, one column a second: admitted
// ones below, then failed ones, then those turned away.
func chart(history []dev.Tally, width, height int) []string {
	columns := max(width-axisWidth-1, 1)
	history = history[max(0, len(history)-columns):]
	most := 1
	for _, t := range history {
		most = max(most, t.Admitted+t.Rejected)
	}
	most = roundUp(most)
	lines := make([]string, height)
	for row := range height {
		var line strings.Builder
		label := ""
		switch row {
		case 0:
			label = fmt.Sprint(most)
		case height - 1:
			label = "0"
		}
		line.WriteString(faintStyle.Render(fmt.Sprintf("%*s ", axisWidth-1, label) + "│"))
		line.WriteString(strings.Repeat(" ", columns-len(history)))
		for _, t := range history {
			line.WriteString(cell(t, most, height, height-1-row))
		}
		lines[row] = line.String()
	}
	return lines
}

// cell draws one column's part of one row, counted from below. It shows the
// kind of call that takes most of it.
func cell(t dev.Tally, most, height, row int) string {
	scale := float64(height*8) / float64(most)
	good := float64(t.Admitted-t.Failed) * scale
	failed := float64(t.Admitted) * scale
	all := float64(t.Admitted+t.Rejected) * scale
	low, high := float64(row*8), float64(row*8+8)
	within := func(from, to float64) float64 { return max(0, min(to, high)-max(from, low)) }

	filled := within(0, all)
	if row == 0 && t.Admitted+t.Rejected > 0 {
		filled = max(filled, 1)
	}
	part := int(math.Round(filled))
	if part == 0 {
		return " "
	}
	switch g, f, r := within(0, good), within(good, failed), within(failed, all); {
	case r > g && r > f:
		if part < 4 {
			return rejectedStyle.Render("·")
		}
		return rejectedStyle.Render("░")
	case f > g:
		if part < 8 {
			return failedStyle.Render(string(eighths[part]))
		}
		return failedStyle.Render("▓")
	}
	return admittedStyle.Render(string(eighths[part]))
}

// roundUp returns the next number that reads well on an axis.
func roundUp(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, tenths := range []int{10, 12, 15, 20, 25, 30, 40, 50, 60, 80} {
			if step := tenths * unit / 10; step >= n {
				return step
			}
		}
	}
}

// timeline draws the phase of each second under the chart's columns.
func timeline(s *states, now int64, seconds, width int) string {
	columns := max(width-axisWidth-1, 1)
	seconds = min(seconds, columns)
	var line strings.Builder
	line.WriteString(faintStyle.Render(fmt.Sprintf("%*s ", axisWidth-1, "state") + "│"))
	line.WriteString(strings.Repeat(" ", columns-seconds))
	for i := range seconds {
		p := s.at(now - int64(seconds-i))
		line.WriteString(p.style().Render(phases[p].line))
	}
	return line.String()
}
