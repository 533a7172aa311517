package live

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// Sizes of the picture.
const (
	leastWidth   = 40
	leastHeight  = 10
	mostListed   = 8
	chartHeight  = 5
	tallHeight   = 34 // From here on there is room for a taller chart.
	tallChart    = 9
	roomForChart = 18
	wideWidth    = 110
	narrowWidth  = 76
)

// Render returns the picture: at most as many lines as the terminal has, none
// wider than it.
func (m *Model) Render() string {
	if m.width < leastWidth || m.height < leastHeight {
		return fit([]string{"recloser dev", "this terminal is too small;", "q quits"}, m.width, m.height)
	}
	if m.help {
		return fit(m.helpLines(), m.width, m.height)
	}
	lines := m.heading()
	lines = append(lines, m.table()...)
	if c, ok := m.circuit(); ok {
		lines = append(lines, "")
		lines = append(lines, m.details(c)...)
	}
	foot := m.foot()
	if room := m.height - len(lines) - len(foot); room >= 3 {
		lines = append(lines, "")
		lines = append(lines, m.events(room-1)...)
	}
	for len(lines)+len(foot) < m.height {
		lines = append(lines, "")
	}
	lines = lines[:max(0, min(len(lines), m.height-len(foot)))]
	return fit(append(lines, foot...), m.width, m.height)
}

// fit cuts lines to the size of the terminal.
func fit(lines []string, width, height int) string {
	lines = lines[:min(len(lines), max(height, 0))]
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, max(width, 0), "…")
	}
	return strings.Join(lines, "\n")
}

func (m *Model) heading() []string {
	s := m.snapshot
	left := boldStyle.Render(" recloser dev") + faintStyle.Render("  http://"+s.Address)
	if s.Store != "" {
		left += "  " + s.Store
	}
	up := s.At.Sub(s.Started).Round(time.Second)
	fleet := "the fleet is idle"
	if s.Environments > 0 && s.Rate > 0 {
		fleet = count(s.Environments, "environment")
		if s.Frozen > 0 {
			fleet += fmt.Sprintf(" (%d frozen)", s.Frozen)
		}
		fleet = fmt.Sprintf("%s · %g calls/s", fleet, s.Rate)
	}
	right := fmt.Sprintf("%s · %s ", fleet, up)
	return []string{spread(left, faintStyle.Render(right), m.width), faintStyle.Render(strings.Repeat("─", m.width))}
}

// spread puts left and right at the edges of a line.
func spread(left, right string, width int) string {
	gap := width - lipgloss.Width(left) - lipgloss.Width(right)
	if gap < 1 {
		return left // What is at the right tells less.
	}
	return left + strings.Repeat(" ", gap) + right
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// table lists the circuits, those around the selected one if there are many.
func (m *Model) table() []string {
	const state = 24
	name := m.nameWidth(7, 40)
	row := func(mark, circuit, state, rate, admitted, rejected, fault string) string {
		if m.width < narrowWidth {
			return fmt.Sprintf(" %s %s %s %8s %8s", mark, circuit, state, admitted, rejected)
		}
		return fmt.Sprintf(" %s %s %s %7s %8s %8s  %s", mark, circuit, state, rate, admitted, rejected, fault)
	}
	lines := []string{faintStyle.Render(row(" ", pad("CIRCUIT", name), pad("STATE", state), "CALLS/S", "ADMITTED", "REJECTED", "UPSTREAM"))}
	from, to := m.listed()
	for _, c := range m.snapshot.Circuits[from:to] {
		p := phaseOf(c.Circuit)
		word := phases[p].glyph + " " + phases[p].word
		cell := p.style().Render(word) + pad(" "+detail(c.Circuit, m.snapshot.At), state-lipgloss.Width(word))
		mark, label := " ", pad(c.Name, name)
		if c.Name == m.selected {
			mark, label = "▸", boldStyle.Render(label)
		}
		lines = append(lines, row(mark, label, cell, rate(c.Calls.Rate), rate(c.Calls.AdmittedRate), rate(c.Calls.RejectedRate), faultCell(c)))
	}
	if hidden := len(m.snapshot.Circuits) - (to - from); hidden > 0 {
		lines = append(lines, faintStyle.Render(fmt.Sprintf("   and %d more; ↑ ↓ move", hidden)))
	}
	return lines
}

// nameWidth returns how wide a column of circuits' names must be, and may be in
// this terminal.
func (m *Model) nameWidth(least, most int) int {
	width := least
	for _, c := range m.snapshot.Circuits {
		width = max(width, lipgloss.Width(c.Name))
	}
	room := m.width - 67
	if m.width < narrowWidth {
		room = m.width - 45
	}
	return min(width, most, max(least, room))
}

func (m *Model) listed() (from, to int) {
	all := len(m.snapshot.Circuits)
	most := max(1, min(mostListed, m.height-20))
	if all == most+1 {
		most = all // It takes no more room than the line that would say so.
	}
	for i, c := range m.snapshot.Circuits {
		if c.Name == m.selected {
			from = max(0, min(i-most/2, all-most))
		}
	}
	return from, min(from+most, all)
}

func faultCell(c dev.CircuitSnapshot) string {
	switch {
	case !c.Sample:
		return faintStyle.Render(c.Upstream)
	case c.Fault == dev.Fault{}:
		return faintStyle.Render("healthy")
	}
	return failedStyle.Render(c.Fault.String())
}

func rate(r float64) string {
	if r > 0 && r < 9.95 {
		return fmt.Sprintf("%.1f", r)
	}
	return fmt.Sprintf("%.0f", r)
}

func pad(s string, width int) string {
	s = ansi.Truncate(s, max(width, 0), "…")
	return s + strings.Repeat(" ", max(0, width-lipgloss.Width(s)))
}

// details is the selected circuit: why it is in its state, and its calls of the
// last seconds.
func (m *Model) details(c dev.CircuitSnapshot) []string {
	p := phaseOf(c.Circuit)
	title := " " + boldStyle.Render(c.Name) + " is " + p.style().Bold(true).Render(phases[p].word)
	if !c.Since.IsZero() && c.Override == nil {
		title += fmt.Sprintf(" for %v", seconds(m.snapshot.At.Sub(c.Since)))
	}
	lines := []string{title + faintStyle.Render("  "+because(c.Circuit))}
	if m.height < roomForChart {
		return lines
	}
	height := chartHeight
	if m.height >= tallHeight {
		height = tallChart
	}
	lines = append(lines, chart(c.History, m.width-1, height)...)
	lines = append(lines, timeline(m.states[c.Name], m.snapshot.At.Unix(), len(c.History), m.width-1))
	legend := strings.Repeat(" ", axisWidth+1) + admittedStyle.Render("█") + faintStyle.Render(" served  ") +
		failedStyle.Render("▓") + faintStyle.Render(" failed  ") +
		rejectedStyle.Render("░ rejected at once")
	return append(lines, spread(legend, faintStyle.Render("calls/s until now "), m.width))
}

// because says why the circuit is in its state.
func because(c admin.Circuit) string {
	if text := c.Because(); text != (recloser.Cause{}).String() {
		return text
	}
	return "as it has always been"
}

// events lists the latest, newest first. What many environments tell in a row is
// one line.
func (m *Model) events(room int) []string {
	if room < 1 {
		return nil
	}
	lines := []string{faintStyle.Render(" EVENTS")}
	name := m.nameWidth(6, 24)
	all := m.snapshot.Events
	for i := len(all) - 1; i >= 0 && len(lines) < room; i-- {
		e := all[i]
		if e.Kind == string(recloser.EventProbeClaimed) && m.width < wideWidth {
			continue // Its settlement tells as much.
		}
		same := 1
		for ; i > 0 && alike(all[i-1], e); i-- {
			same++
		}
		text := e.Text
		switch {
		case same > 1:
			text = fmt.Sprintf("%d environments; the last: %s", same, text)
		case e.Environment != "":
			text = strings.TrimPrefix(text+"  "+faintStyle.Render(e.Environment), "  ")
		}
		lines = append(lines, fmt.Sprintf(" %s  %s %s %s", faintStyle.Render(e.At.Local().Format(time.TimeOnly)),
			pad(e.Circuit, name), eventStyle(e).Render(pad(e.Kind, 13)), text))
	}
	if len(all) == 0 {
		lines = append(lines, faintStyle.Render(" nothing yet"))
	}
	return lines
}

// alike reports whether two events are what each environment tells for itself.
func alike(a, b admin.Event) bool {
	switch a.Kind {
	case string(recloser.EventIsolated), string(recloser.EventRejoined), string(recloser.EventStoreFailed), string(recloser.EventStoreBack):
		return a.Kind == b.Kind && a.Circuit == b.Circuit
	}
	return false
}

func eventStyle(e admin.Event) lipgloss.Style {
	switch e.Kind {
	case "opened", "isolated", "store_failed":
		return phaseOpen.style()
	case "half_opened", "probe_claimed", "probe_settled":
		return phaseHalfOpen.style()
	case "closed", "ramped_up", "store_back", "rejoined", "reset":
		return phaseClosed.style()
	case "overridden", "override_ended":
		return phaseForcedOpen.style()
	case "fault":
		return boldStyle
	}
	return faintStyle
}
