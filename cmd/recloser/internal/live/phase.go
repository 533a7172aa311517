package live

import (
	"fmt"
	"image/color"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// phase is what the state of a circuit looks like. Each has a colour, a shape
// and a word, so that none of them is needed.
type phase uint8

const (
	phaseUnknown phase = iota
	phaseClosed
	phaseOpen
	phaseHalfOpen
	phaseRamping
	phaseIsolated
	phaseForcedOpen
	phaseForcedClosed
	phaseUnreadable
)

var phases = [...]struct {
	colour color.Color
	glyph  string
	word   string
	line   string // One second of it on the time line.
}{
	phaseUnknown:      {lipgloss.BrightBlack, " ", "", " "},
	phaseClosed:       {lipgloss.Green, "●", "closed", "─"},
	phaseOpen:         {lipgloss.Red, "○", "open", "━"},
	phaseHalfOpen:     {lipgloss.Yellow, "◐", "half-open", "╍"},
	phaseRamping:      {lipgloss.Cyan, "◕", "ramping", "═"},
	phaseIsolated:     {lipgloss.Yellow, "◒", "closed", "╌"},
	phaseForcedOpen:   {lipgloss.Magenta, "◇", "forced open", "┅"},
	phaseForcedClosed: {lipgloss.Magenta, "◆", "forced closed", "┄"},
	phaseUnreadable:   {lipgloss.Red, "?", "unreadable", " "},
}

func phaseOf(c admin.Circuit) phase {
	if c.Problem != "" {
		return phaseUnreadable
	}
	if c.Override != nil {
		if c.Override.Mode == recloser.OverrideOpen {
			return phaseForcedOpen
		}
		return phaseForcedClosed
	}
	switch c.State {
	case recloser.StateOpen:
		return phaseOpen
	case recloser.StateHalfOpen:
		return phaseHalfOpen
	case recloser.StateClosed:
	}
	if c.Ramping {
		return phaseRamping
	}
	if c.Isolated > 0 {
		return phaseIsolated
	}
	return phaseClosed
}

func (p phase) style() lipgloss.Style { return lipgloss.NewStyle().Foreground(phases[p].colour) }

// detail says in a few words how far a circuit has got in its phase.
func detail(c admin.Circuit, now time.Time) string {
	switch p := phaseOf(c); p {
	case phaseOpen:
		return fmt.Sprintf("probes in %v", seconds(c.OpenUntil.Sub(now)))
	case phaseHalfOpen:
		return fmt.Sprintf("%d/%d probes", c.Probes.Succeeded, c.Probes.Needed)
	case phaseRamping:
		return fmt.Sprintf("%.0f%% admitted", 100*float64(c.AdmittedShare))
	case phaseIsolated:
		return fmt.Sprintf("%d/%d isolated", c.Isolated, c.Environments)
	case phaseForcedOpen, phaseForcedClosed:
		return fmt.Sprintf("for %v", seconds(c.Override.Until.Sub(now)))
	case phaseUnknown, phaseClosed, phaseUnreadable:
	}
	return ""
}

// seconds rounds d to what one can read: tenths below ten seconds, whole
// seconds above.
func seconds(d time.Duration) time.Duration {
	d = max(d, 0)
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}

// states remembers the phase of each of the last seconds.
type states [dev.History]struct {
	second int64
	phase  phase
}

// note keeps the phase of a second. What was seen first stays if it is the more
// remarkable: a half-open moment must not vanish from the picture.
func (s *states) note(second int64, p phase) {
	slot := &s[second%dev.History]
	if slot.second != second || p == phaseHalfOpen || slot.phase != phaseHalfOpen {
		slot.second, slot.phase = second, p
	}
}

func (s *states) at(second int64) phase {
	if slot := s[second%dev.History]; slot.second == second {
		return slot.phase
	}
	return phaseUnknown
}
