package main

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
)

// bar is how far a simulation has come, on a terminal.
type bar struct {
	app   *app
	label string
	began time.Time
	drawn time.Time
}

const (
	barWidth = 40
	barEvery = 100 * time.Millisecond
)

var (
	barDone = lipgloss.NewStyle().Foreground(lipgloss.Blue)
	barRest = lipgloss.NewStyle().Foreground(lipgloss.BrightBlack)
)

// newBar returns the bar of one of n stories, or nil if nobody would see it.
func (a *app) newBar(i, n int) *bar {
	if !a.terminal(a.messages) {
		return nil
	}
	b := &bar{app: a, label: "simulating", began: time.Now()}
	if n > 1 {
		b.label = fmt.Sprintf("simulating %d of %d", i+1, n)
	}
	return b
}

// show draws the share that is done, ten times a second at most.
func (b *bar) show(share float64) {
	now := time.Now()
	if now.Sub(b.drawn) < barEvery {
		return
	}
	b.drawn = now
	done := int(share * barWidth)
	left := ""
	if passed := now.Sub(b.began); share > 0.02 && passed > time.Second {
		left = fmt.Sprintf(" %v left", time.Duration(float64(passed)*(1-share)/share).Round(time.Second))
	}
	// There is nobody to tell if this fails.
	_, _ = lipgloss.Fprint(b.app.messages, "\r"+b.label+" "+
		barDone.Render(strings.Repeat("━", done))+barRest.Render(strings.Repeat("─", barWidth-done))+
		fmt.Sprintf(" %3.0f%%", 100*share)+barRest.Render(left)+eraseLine)
}

// eraseLine erases what is right of the cursor.
const eraseLine = "\x1b[K"

// clear takes the bar away.
func (b *bar) clear() {
	if !b.drawn.IsZero() {
		_, _ = fmt.Fprint(b.app.messages, "\r"+eraseLine)
	}
}
