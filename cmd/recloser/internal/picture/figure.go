package picture

import (
	"fmt"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

// The measures of a figure, in pixels.
const (
	figureWidth = 960.0
	left        = 84.0
	right       = figureWidth - 16
	titleHeight = 24.0
	between     = 18.0
	footHeight  = 24.0
)

// figure is several panels above each other, which share the time of a story.
type figure struct {
	canvas

	trial *trial.Trial
	time  scale
	y     float64 // where the next panel begins
	// notes are written over what is drawn.
	notes canvas
	// guides are where lines go through all panels.
	guides []float64
	tops   []float64 // of what is drawn of each panel
	ends   []float64
	worded int // the panel that says in words where guides go; -1
}

func newFigure(t *trial.Trial) *figure {
	d := t.Story.Scenario.Duration.Seconds()
	return &figure{trial: t, time: scale{0, d, left, right}, y: 4, worded: -1}
}

func (f *figure) at(d time.Duration) float64 { return f.time.at(d.Seconds()) }

// panel begins a panel of a height under a title and a line that explains it, and
// returns where it is drawn.
func (f *figure) panel(title, explained string, height float64) (top, bottom float64) {
	f.title(left, f.y+14, title, explained)
	top = f.y + titleHeight
	bottom = top + height
	f.y = bottom + between
	f.tops, f.ends = append(f.tops, top), append(f.ends, bottom)
	return top, bottom
}

// seed says of which run something is that is shown of one only.
func (f *figure) seed() string {
	if len(f.trial.Runs) == 1 {
		return ""
	}
	return fmt.Sprintf(", seed %d", f.trial.Runs[0].Seed)
}

// outage shades when the dependency is ill.
func (f *figure) outage(top, bottom float64) {
	if o, found := trial.OutageOf(&f.trial.Story.Scenario); found {
		f.rect("outage", f.at(o.From), top, f.at(o.Until)-f.at(o.From), bottom-top)
	}
}

// level draws a line at a value, with its number.
func (f *figure) level(s scale, v float64, unit string) {
	y := s.at(v)
	class := "grid"
	if v == 0 {
		class = "axis"
	}
	f.line(class, left, y, right, y)
	f.text("tick", "end", left-6, y+4, short(v)+unit)
}

// levelled draws about n levels of a panel whose highest value is given, and returns
// its scale.
func (f *figure) levelled(highest, top, bottom float64, n int) scale {
	const air = 1.04
	s := scale{0, max(highest, 1) * air, bottom, top}
	for _, v := range values(highest, n) {
		if v <= s.to {
			f.level(s, v, "")
		}
	}
	return s
}

// finish draws the time, and what goes through all panels, and returns the height.
func (f *figure) finish() float64 {
	bottom := f.ends[len(f.ends)-1]
	for _, x := range f.guides {
		for i := range f.tops {
			if i != f.worded {
				f.line("guide", x, f.tops[i], x, f.ends[i])
			}
		}
	}
	const ticks = 12
	for _, t := range times(f.trial.Story.Scenario.Duration, ticks) {
		x := f.at(t)
		f.line("axis", x, bottom, x, bottom+4)
		anchor := "middle"
		if x > right-12 {
			anchor = "end"
		}
		f.text("tick", anchor, min(x, right), bottom+16, clock(t))
	}
	return bottom + footHeight
}
