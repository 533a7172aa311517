package picture

import (
	"fmt"
	"math"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// The measures of a contest, in pixels.
const (
	contestWidth = 1000.0
	rowHeight    = 58.0
	rowGap       = 30.0
	flowLeft     = 16.0
	flowRight    = 560.0
	scoreWidth   = 84.0
)

// Contest draws how each protocol fared in the same story, a row for each: what calls
// came to, and the figures that tell protocols apart. It is an SVG of its own.
func Contest(c *trial.Contest) []byte {
	f, height := contest(c)
	return f.svg(contestWidth, height, contestLabel(c))
}

func contestLabel(c *trial.Contest) string {
	return fmt.Sprintf("%d ways through the same story, %s: for each, what calls came to in each second", len(c.Entries), c.Story.Title)
}

// contestant is what is drawn of one protocol.
type contestant struct {
	bins   bins
	layers [][]float64
}

func contest(c *trial.Contest) (*canvas, float64) {
	f := new(canvas)
	d := c.Story.Scenario.Duration
	x := scale{0, d.Seconds(), flowLeft, flowRight}
	drawn := make([]contestant, len(c.Entries))
	for i, t := range c.Entries {
		b := binsOf(d, t.Runs[0].Result.Seconds)
		drawn[i] = contestant{b, stacked(b)}
	}
	// Calls that end late come in bursts, which are cut off.
	const room = 1.4
	highest := room * c.Story.Scenario.Traffic.Rate
	y := 26.0
	contestKey(f, y-8)
	for i, score := range trial.Scores() {
		for line, text := range score.Heading {
			f.text("tick", "end", scoreAt(i), y+float64(line)*13-4, text)
		}
	}
	y += 16
	contestWeather(f, c, x, y)
	y += ribbon + rowGap
	for i, t := range c.Entries {
		s := scale{0, highest, y + rowHeight, y}
		f.title(flowLeft, y-7, t.Title, t.Like)
		contestRow(f, drawn[i], s, x)
		for j, score := range trial.Scores() {
			v := t.Spread(score.Figure.Name).Median
			class := "figure"
			if math.IsNaN(v) {
				class = "muted"
			}
			f.text(class, "end", scoreAt(j), y+rowHeight/2+5, score.Figure.Unit.Format(v))
		}
		y += rowHeight + rowGap
	}
	bottom := y - rowGap
	for _, t := range times(d, 10) {
		at := x.at(t.Seconds())
		f.line("axis", at, bottom, at, bottom+4)
		f.text("tick", "middle", at, bottom+16, clock(t))
	}
	f.text("tick", "start", flowLeft, bottom+36, fmt.Sprintf("Calls per second, by what came of them; all rows have the same scale. %s", c.Entries[0].Subject()))
	return f, bottom + 48
}

func scoreAt(i int) float64 { return flowRight + scoreWidth*float64(i+1) }

// contestKey says what the colours mean, in the order in which they are stacked.
func contestKey(f *canvas, y float64) {
	fmt.Fprintf(&f.b, `<text x="%s" y="%s">`, num(flowLeft), num(y))
	for i, one := range fates {
		gap := ""
		if i > 0 {
			gap = ` dx="14"`
		}
		fmt.Fprintf(&f.b, `<tspan class="%s"%s>■</tspan><tspan dx="4">%s</tspan>`, one.class, gap, escape(one.text))
	}
	f.b.WriteString("</text>\n")
}

// contestWeather draws what happens to the dependency, above all rows.
func contestWeather(f *canvas, c *trial.Contest, x scale, y float64) {
	s := &c.Story.Scenario
	usual := s.Dependency[0]
	notes := new(canvas)
	for i := range s.Dependency {
		p := s.Dependency[i]
		until := s.Duration
		if i+1 < len(s.Dependency) {
			until = s.Dependency[i+1].From
		}
		from := x.at(p.From.Seconds())
		w := x.at(until.Seconds()) - from
		class, written := "ill", "on"
		if p.From = usual.From; p == usual {
			class, written = "closed", "plain"
		}
		f.rect(class, from, y, w, ribbon)
		const small = 0.8
		switch text := ailment(&p); {
		case width(text) <= w:
			notes.text(written, "middle", from+w/2, y+14, text)
		case small*width(brief(&p)) <= w:
			notes.text(written+" small", "middle", from+w/2, y+14, brief(&p))
		}
	}
	f.b.WriteString(notes.b.String())
}

// brief says how a dependency behaves where there is little room.
func brief(p *simulator.Phase) string {
	switch {
	case p.Failing >= 1:
		return "all fail"
	case p.Failing > 0:
		return p.Failing.String() + " fail"
	case p.Hanging >= 1:
		return "all hang"
	case p.Hanging > 0:
		return p.Hanging.String() + " hang"
	case p.Capacity > 0:
		return "overload"
	case p.Dead > 0:
		return "part dead"
	case p.Tail < p.Latency:
		return "slow"
	}
	return ""
}

func contestRow(f *canvas, one contestant, s, x scale) {
	f.rect("panel", flowLeft, s.x1, flowRight-flowLeft, s.x0-s.x1)
	at := func(i int) float64 { return min(x.at(float64(i)*one.bins.width.Seconds()), flowRight) }
	for i, kind := range fates {
		if !same(one.layers[i], one.layers[i+1]) {
			f.path(kind.class, area(s, clipped(one.layers[i], s.to), clipped(one.layers[i+1], s.to), at))
		}
	}
	f.line("axis", flowLeft, s.x0, flowRight, s.x0)
}

// clipped keeps a few bursts of late ends from making all rows low.
func clipped(series []float64, most float64) []float64 {
	all := make([]float64, len(series))
	for i, v := range series {
		all[i] = min(v, most)
	}
	return all
}
