package picture

import (
	"fmt"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

const (
	// mostColumns is how many moments a strip shows, each two pixels wide.
	mostColumns = 446
	probeLane   = 18.0
)

// strip draws how each environment stands, a row for each, as a chart recorder
// would; and below it the probes.
func (f *figure) strip() {
	r := f.trial.Runs[0].Recording
	s := &f.trial.Story.Scenario
	n := len(r.Places)
	row := max(1.6, min(160/float64(n), 12))
	title, explained := "What each environment knows", rowsText(s, n)+f.seed()
	if s.Traffic.Partitions > 0 {
		title = "How the circuits stand"
	}
	height := row * float64(n)
	top, bottom := f.panel(title, explained, height+probeLane)
	bottom -= probeLane
	f.rect("panel", left, top, right-left, height)
	drawn := make(map[byte]*outline)
	columns := thinned(r.Samples)
	for place := range n {
		y, h := top+float64(place)*row, row
		if row > 4 {
			h-- // There is room for a gap.
		}
		for i := 0; i < len(columns); {
			j := i + 1
			for j < len(columns) && columns[j].rows[place] == columns[i].rows[place] {
				j++
			}
			until := s.Duration
			if j < len(columns) {
				until = columns[j].at
			}
			c := columns[i].rows[place]
			if drawn[c] == nil {
				drawn[c] = new(outline)
			}
			x := f.at(columns[i].at)
			drawn[c].box(x, y, f.at(until)-x, h)
			i = j
		}
	}
	var kinds []keyed
	for _, kind := range standings {
		if d := drawn[kind.column]; d != nil {
			f.path(kind.class, d)
			kinds = append(kinds, keyed{kind.class, kind.text})
		}
	}
	f.key(top-10, kinds)
	f.probes(bottom)
}

// standings are how an environment can stand.
var standings = [...]struct {
	column      byte
	class, text string
}{
	{'.', "closed", "closed"}, {'~', "frozen", "frozen"}, {'-', "alone", "open for itself"}, {'#', "opened", "open"}, {'?', "probing", "half-open"},
}

func rowsText(s *simulator.Scenario, rows int) string {
	all, what := s.Fleet.Environments, "environments"
	if s.Traffic.Partitions > 0 {
		all, what = s.Traffic.Partitions, "partitions"
	}
	if rows == all {
		return fmt.Sprintf("%s %s, a row for each", trial.Thousands(int64(all)), what)
	}
	return fmt.Sprintf("%d of %s %s, a row for each", rows, trial.Thousands(int64(all)), what)
}

// column is how all rows stand from one moment on.
type column struct {
	at   time.Duration
	rows []byte
}

// thinned returns so many samples as can be seen. Of several together the last is
// shown, and whatever probes, for it is short and of interest.
func thinned(samples []simulator.Sample) []column {
	n := min(len(samples), mostColumns)
	all := make([]column, n)
	for i := range all {
		from, to := i*len(samples)/n, (i+1)*len(samples)/n
		all[i] = column{samples[from].At, []byte(samples[to-1].Rows)}
		for _, s := range samples[from:to] {
			for place := range len(s.Rows) {
				if s.Rows[place] == '?' {
					all[i].rows[place] = '?'
				}
			}
		}
	}
	return all
}

// probes marks when the circuit was half-open, and what came of it.
func (f *figure) probes(top float64) {
	transitions := f.trial.Runs[0].Result.Transitions
	if !strings.Contains(fmt.Sprint(transitions), recloser.StateHalfOpen.String()) {
		return
	}
	y := top + probeLane/2
	f.text("tick", "end", left-6, y+4, "probes")
	for i, t := range transitions {
		if t.To != recloser.StateHalfOpen {
			continue
		}
		class, told := "probe-bad", "half-open to the end"
		for _, next := range transitions[i+1:] {
			if next.Partition != t.Partition {
				continue
			}
			told = next.To.String() + " after " + (next.At - t.At).Round(time.Millisecond).String()
			if next.To == recloser.StateClosed {
				class = "probe-good"
			}
			break
		}
		f.circle(class, f.at(t.At), y, 4, "half-open at "+clock(t.At.Round(time.Millisecond))+", "+told)
	}
}
