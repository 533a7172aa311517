// Package report turns the samples of a campaign into figures, ratios and a
// verdict on the bars that Recloser is held to.
package report

import (
	"cmp"
	"slices"

	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/sample"
)

// Row is what a campaign found out about one peer in one case.
type Row struct {
	Peer string    `json:"peer"`
	Case peer.Case `json:"case"`
	// Rounds is how many samples there are.
	Rounds int `json:"rounds"`
	// Min and Median are the cost of a call in nanoseconds, over the rounds.
	Min    float64 `json:"ns_min"`
	Median float64 `json:"ns_median"`
	// Allocs and Bytes are the most that a call allocated in any round. The
	// parallel case does not measure them.
	Allocs float64 `json:"allocs"`
	Bytes  float64 `json:"bytes"`
	// Scaling and Waited are medians, of the parallel case only.
	Scaling float64 `json:"scaling,omitempty"`
	Waited  float64 `json:"waited,omitempty"`
	// ToGobreaker and ToClocks are the cost relative to gobreaker's rolling
	// window in the same case and to two time.Since: medians of the ratios
	// within a round. They are 0 if there is nothing to relate to.
	ToGobreaker float64 `json:"to_gobreaker_rolling,omitempty"`
	ToClocks    float64 `json:"to_two_time_since,omitempty"`
}

// Round is the samples of one round, taken one after the other.
type Round []sample.Sample

func (r Round) find(name string, c peer.Case) (sample.Sample, bool) {
	for _, s := range r {
		if s.Peer == name && s.Case == c && !s.Busy {
			return s, true
		}
	}
	return sample.Sample{}, false
}

// Rows returns a row for each peer and case of the rounds: by case, the cheapest
// first.
func Rows(rounds []Round) []Row {
	type key struct {
		peer string
		c    peer.Case
	}
	samples := make(map[key][]sample.Sample)
	for _, round := range rounds {
		for _, s := range round {
			if !s.Busy {
				samples[key{s.Peer, s.Case}] = append(samples[key{s.Peer, s.Case}], s)
			}
		}
	}
	var rows []Row
	for k, all := range samples {
		rows = append(rows, row(k.peer, k.c, all, rounds))
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(slices.Index(peer.Cases[:], a.Case), slices.Index(peer.Cases[:], b.Case)),
			cmp.Compare(a.Median, b.Median),
			cmp.Compare(a.Peer, b.Peer),
		)
	})
	return rows
}

func row(name string, c peer.Case, all []sample.Sample, rounds []Round) Row {
	r := Row{Peer: name, Case: c, Rounds: len(all)}
	costs := each(all, func(s sample.Sample) float64 { return s.Nanoseconds })
	r.Min, r.Median = slices.Min(costs), median(costs)
	r.Allocs = slices.Max(each(all, func(s sample.Sample) float64 { return s.Allocs }))
	r.Bytes = slices.Max(each(all, func(s sample.Sample) float64 { return s.Bytes }))
	r.Scaling = median(each(all, func(s sample.Sample) float64 { return s.Scaling }))
	r.Waited = median(each(all, func(s sample.Sample) float64 { return s.Waited }))
	r.ToGobreaker, _ = ratio(rounds, name, c, peer.GobreakerRolling, c)
	clocks := peer.Closed
	if c == peer.Parallel {
		clocks = peer.Parallel
	}
	r.ToClocks, _ = ratio(rounds, name, c, peer.TimeSinceTwo, clocks)
	return r
}

// ratio returns the median, over the rounds that have both, of the cost of a
// peer in a case to that of another, and whether there is any.
func ratio(rounds []Round, name string, c peer.Case, toName string, toCase peer.Case) (float64, bool) {
	var ratios []float64
	for _, round := range rounds {
		a, okA := round.find(name, c)
		b, okB := round.find(toName, toCase)
		if okA && okB {
			ratios = append(ratios, a.Nanoseconds/b.Nanoseconds)
		}
	}
	if len(ratios) == 0 {
		return 0, false
	}
	return median(ratios), true
}

func each(all []sample.Sample, figure func(sample.Sample) float64) []float64 {
	figures := make([]float64, len(all))
	for i, s := range all {
		figures[i] = figure(s)
	}
	return figures
}

// median returns the middle of figures, of which there is at least one.
func median(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
