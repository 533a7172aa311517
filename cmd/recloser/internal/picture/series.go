package picture

import (
	"math"
	"slices"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// mostBins is into how many spans a story is divided, at most.
const mostBins = 300

// bins are the seconds of a run, some of them together in a longer story.
type bins struct {
	width time.Duration
	all   []simulator.Counts
}

func binsOf(duration time.Duration, seconds []simulator.Second) bins {
	b := bins{width: time.Second}
	if duration > mostBins*time.Second {
		b.width = (duration/mostBins + time.Second - 1).Truncate(time.Second)
	}
	per := int(b.width / time.Second)
	b.all = make([]simulator.Counts, int((duration+b.width-1)/b.width))
	for i := range seconds {
		if at := i / per; at < len(b.all) {
			add(&b.all[at], &seconds[i].Counts)
		}
	}
	return b
}

// add adds what is drawn.
func add(to, from *simulator.Counts) {
	to.Requests += from.Requests
	to.Admitted += from.Admitted
	to.Rejected += from.Rejected
	to.GoodRejected += from.GoodRejected
	to.Reached += from.Reached
	to.Wasted += from.Wasted
	to.Succeeded += from.Succeeded
	to.Failed += from.Failed
	to.Reads += from.Reads
	to.Writes += from.Writes
}

// rates returns something of each bin, by the second.
func (b bins) rates(of func(*simulator.Counts) int) []float64 {
	all := make([]float64, len(b.all))
	for i := range b.all {
		all[i] = float64(of(&b.all[i])) / b.width.Seconds()
	}
	return all
}

// band is a series of all runs: its median, and between which values nine runs in
// ten are.
type band struct{ low, median, high []float64 }

// bandOf returns the band of a series.
func bandOf(t *trial.Trial, of func(bins) []float64) band {
	series := make([][]float64, len(t.Runs))
	for i := range t.Runs {
		series[i] = of(binsOf(t.Story.Scenario.Duration, t.Runs[i].Result.Seconds))
	}
	var b band
	values := make([]float64, 0, len(series))
	for i := range series[0] {
		values = values[:0]
		for _, s := range series {
			if !math.IsNaN(s[i]) {
				values = append(values, s[i])
			}
		}
		slices.Sort(values)
		b.low = append(b.low, trial.Quantile(values, 0.05))
		b.median = append(b.median, trial.Quantile(values, 0.5))
		b.high = append(b.high, trial.Quantile(values, 0.95))
	}
	return b
}

// most returns the greatest number in several series.
func most(series ...[]float64) float64 {
	m := 0.0
	for _, s := range series {
		for _, v := range s {
			if !math.IsNaN(v) {
				m = max(m, v)
			}
		}
	}
	return m
}
