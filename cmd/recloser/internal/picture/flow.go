package picture

import (
	"math"
	"slices"

	"github.com/recloser-dev/recloser/simulator"
)

const flowHeight = 170.0

// fate is something that calls come to.
type fate struct {
	class   string
	written string // the class of what is written on it
	text    string
	of      func(*simulator.Counts) int
}

// fates are what calls come to, as they are stacked. What is bad stands out.
var fates = [...]fate{
	{"served", "on", "served", func(c *simulator.Counts) int { return c.Succeeded }},
	{"failed", "on", "failed", func(c *simulator.Counts) int { return c.Failed }},
	{"harmed", "dark", "good calls turned away", func(c *simulator.Counts) int { return c.GoodRejected }},
	{"spared", "plain", "doomed calls turned away", func(c *simulator.Counts) int { return c.Rejected - c.GoodRejected }},
}

// flow draws what calls came to: of one run all of them on each other, of many runs
// each for itself.
func (f *figure) flow() {
	top, bottom := f.panel("Calls per second", "by what came of them", flowHeight)
	f.outage(top, bottom)
	if len(f.trial.Runs) > 1 {
		f.flows(top, bottom)
		return
	}
	b := binsOf(f.trial.Story.Scenario.Duration, f.trial.Runs[0].Result.Seconds)
	layers := stacked(b)
	s := f.levelled(most(layers[len(layers)-1]), top, bottom, 4)
	x := func(i int) float64 { return min(f.time.at(float64(i)*b.width.Seconds()), right) }
	var kinds []keyed
	for i, one := range fates {
		if same(layers[i], layers[i+1]) {
			continue
		}
		f.path(one.class, area(s, layers[i], layers[i+1], x))
		if at, y, fits := spacious(s, layers[i], layers[i+1], x, width(one.text)+8); fits {
			f.text(one.written, "middle", at, y+4, one.text)
		} else {
			kinds = append(kinds, keyed{one.class, one.text})
		}
	}
	f.key(top-10, kinds)
	f.line("axis", left, bottom, right, bottom)
}

// spacious returns the middle of where an area has room for a text of some width, if
// it has: of the places that have about as much as any, the one in the middle.
func spacious(s scale, below, above []float64, x func(int) float64, need float64) (at, y float64, fits bool) {
	const least, enough = 18.0, 0.9
	type place struct{ at, y, room float64 }
	var places []place
	best := least
	n := len(above)
	for i, j := 0, 0; i < n; i++ {
		for j < n && x(j)-x(i) < need {
			j++
		}
		if x(j)-x(i) < need {
			break
		}
		top, bottom := math.Inf(-1), math.Inf(1) // as far down, and up, as the edges come
		for k := i; k < j; k++ {
			top, bottom = max(top, s.at(above[k])), min(bottom, s.at(below[k]))
		}
		if room := bottom - top; room >= least {
			places = append(places, place{(x(i) + x(j)) / 2, (top + bottom) / 2, room})
			best = max(best, room)
		}
	}
	places = slices.DeleteFunc(places, func(p place) bool { return p.room < enough*best })
	if len(places) == 0 {
		return 0, 0, false
	}
	p := places[len(places)/2]
	return p.at, p.y, true
}

// stacked returns the lower bound of each fate and the upper one of the last.
func stacked(b bins) [][]float64 {
	layers := [][]float64{make([]float64, len(b.all))}
	for _, one := range fates {
		below := layers[len(layers)-1]
		above := b.rates(one.of)
		for i := range above {
			above[i] += below[i]
		}
		layers = append(layers, above)
	}
	return layers
}

func same(a, b []float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-9 {
			return false
		}
	}
	return true
}

// area draws what is between two series, in steps.
func area(s scale, below, above []float64, x func(int) float64) *outline {
	o := new(outline)
	n := len(above)
	for i := 0; i < n; {
		if above[i] <= below[i] {
			i++
			continue
		}
		j := i
		for j < n && above[j] > below[j] {
			j++
		}
		o.move(x(i), s.at(above[i]))
		for k := i; k < j; k++ {
			if k > i {
				o.down(s.at(above[k]))
			}
			o.across(x(k + 1))
		}
		for k := j - 1; k >= i; k-- {
			o.down(s.at(below[k]))
			o.across(x(k))
		}
		o.close()
		i = j
	}
	return o
}

// flows draws each fate as a line within its band.
func (f *figure) flows(top, bottom float64) {
	bands := make([]band, len(fates))
	highest := 0.0
	for i, one := range fates {
		bands[i] = bandOf(f.trial, func(b bins) []float64 { return b.rates(one.of) })
		highest = max(highest, most(bands[i].high))
	}
	s := f.levelled(highest, top, bottom, 4)
	var kinds []keyed
	for i, one := range fates {
		if most(bands[i].high) == 0 {
			continue
		}
		f.band(s, bands[i], one.class)
		kinds = append(kinds, keyed{one.class, one.text})
	}
	f.key(top-10, kinds)
}

// band draws a median within the bounds of nine runs in ten.
func (f *figure) band(s scale, b band, class string) {
	width := binsOf(f.trial.Story.Scenario.Duration, nil).width.Seconds()
	x := func(i int) float64 { return min(f.time.at((float64(i)+0.5)*width), right) }
	o, line := new(outline), new(outline)
	drawing := false
	for i := range b.median {
		if math.IsNaN(b.median[i]) {
			drawing = false
			continue
		}
		if !drawing {
			line.move(x(i), s.at(b.median[i]))
		} else {
			line.to(x(i), s.at(b.median[i]))
			o.move(x(i-1), s.at(b.high[i-1]))
			o.to(x(i), s.at(b.high[i]))
			o.to(x(i), s.at(b.low[i]))
			o.to(x(i-1), s.at(b.low[i-1]))
			o.close()
		}
		drawing = true
	}
	f.path("b-"+class, o)
	f.path("l l-"+class, line)
}
