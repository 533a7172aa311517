package picture

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/study"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// The measures of the panels of retries, in pixels.
const (
	retriesWidth = 972.0
	paneWidth    = 158.0
	paneHeight   = 170.0
	paneGap      = 18.0
	paneLeft     = 46.0
	paneRows     = 54.0
)

// pane is one small chart among several.
type pane struct{ x, y scale }

// Retries draws what each way to try again comes to: a column for each size of the
// fleet, with the share of requests served above, and the load below. It is an SVG of
// its own.
func Retries(r *study.Retries) []byte {
	f := new(canvas)
	rows := []struct {
		title, explained string
		of               func(*study.Way) [][]float64
		from, to         float64
		ticks            []float64
	}{
		{"Requests served", "of all, by the share of calls that fails", func(w *study.Way) [][]float64 { return w.Served }, 0.4, 1, []float64{0.4, 0.6, 0.8, 1}},
		{"Load on the server", "calls for each request, by the share of calls that fails", func(w *study.Way) [][]float64 { return w.Load }, 0.95, 2, []float64{1, 1.25, 1.5, 1.75, 2}},
	}
	y := 0.0
	most := r.Failing[len(r.Failing)-1]
	for i, row := range rows {
		f.title(paneLeft, y+18, row.title, row.explained)
		y += 44
		var last pane
		for column, clients := range r.Clients {
			left := paneLeft + float64(column)*(paneWidth+paneGap)
			p := pane{scale{0, most, left, left + paneWidth}, scale{row.from, row.to, y + paneHeight, y}}
			f.text("muted", "middle", left+paneWidth/2, y-8, trial.Thousands(int64(clients))+" clients")
			f.pane(p, row.ticks, column == 0, i == len(rows)-1)
			for i := range r.Ways {
				way := &r.Ways[i]
				f.path(wayClass(way.Protocol), p.curve(r.Failing, row.of(way)[column]))
			}
			last = p
		}
		f.endLabels(last, r, func(w *study.Way) float64 {
			series := row.of(w)[len(r.Clients)-1]
			return series[len(series)-1]
		})
		y += paneHeight + paneRows - 24
	}
	return f.svg(retriesWidth, y+8, "Requests served and load on the server, by the share of calls that fails, for five ways to try again and fleets of several sizes")
}

// pane draws the axes of a small chart.
func (c *canvas) pane(p pane, ticks []float64, labels, shares bool) {
	for _, v := range ticks {
		at := p.y.at(v)
		c.line("grid", p.x.x0, at, p.x.x1, at)
		if labels {
			c.text("tick", "end", p.x.x0-6, at+4, fmt.Sprintf("%.0f%%", 100*v))
		}
	}
	c.line("axis", p.x.x0, p.y.x0, p.x.x1, p.y.x0)
	for _, share := range [...]float64{0, 0.1, 0.2, 0.3, 0.4, 0.5} {
		if share > p.x.to {
			continue
		}
		at := p.x.at(share)
		c.line("axis", at, p.y.x0, at, p.y.x0+4)
		if shares && share < p.x.to { // Where the last one would be, the next chart begins.
			c.text("tick", "middle", at, p.y.x0+16, fmt.Sprintf("%.0f%%", 100*share))
		}
	}
}

func (p pane) curve(x, y []float64) *outline {
	o := new(outline)
	for i := range x {
		if i == 0 {
			o.move(p.x.at(x[i]), p.y.at(y[i]))
		} else {
			o.to(p.x.at(x[i]), p.y.at(y[i]))
		}
	}
	return o
}

// endLabels names the lines of a chart at their right end, and moves the names apart
// where lines come together.
func (c *canvas) endLabels(p pane, r *study.Retries, end func(*study.Way) float64) {
	const apart = 15.0
	type label struct {
		way   *study.Way
		at, y float64
	}
	var all []label
	for i := range r.Ways {
		at := p.y.at(end(&r.Ways[i]))
		all = append(all, label{&r.Ways[i], at, at})
	}
	slices.SortStableFunc(all, func(a, b label) int { return cmp.Compare(a.at, b.at) })
	for i := 1; i < len(all); i++ {
		all[i].y = max(all[i].y, all[i-1].y+apart)
	}
	if over := all[len(all)-1].y - p.y.x0; over > 0 {
		for i := len(all) - 1; i >= 0; i-- {
			limit := p.y.x0
			if i < len(all)-1 {
				limit = all[i+1].y - apart
			}
			all[i].y = min(all[i].y, limit)
		}
	}
	for _, l := range all {
		c.line("grid", p.x.x1+2, l.at, p.x.x1+14, l.y)
		name := l.way.Protocol.Describe().Title
		if l.way.Protocol == simulator.ProtocolNone {
			name = "no retries"
		}
		c.text(wayText(l.way.Protocol), "start", p.x.x1+18, l.y+4, name)
	}
}

func wayClass(p simulator.Protocol) string {
	switch p { //nolint:exhaustive // Others are no way to try again.
	case simulator.ProtocolRetryAlways:
		return "l l-failed"
	case simulator.ProtocolRetryTokens:
		return "l l-harmed"
	case simulator.ProtocolRetryBreaker:
		return "l l-other"
	case simulator.ProtocolRetryShared:
		return "l l-served l-thick"
	}
	return "l l-spared l-dashed"
}

func wayText(p simulator.Protocol) string {
	switch p { //nolint:exhaustive // Others are no way to try again.
	case simulator.ProtocolRetryAlways:
		return "t-failed"
	case simulator.ProtocolRetryTokens:
		return "t-harmed"
	case simulator.ProtocolRetryBreaker:
		return "t-other"
	case simulator.ProtocolRetryShared:
		return "t-served"
	}
	return "t-spared"
}
