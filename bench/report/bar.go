package report

import (
	"github.com/recloser-dev/recloser/bench/bar"
	"github.com/recloser-dev/recloser/bench/peer"
)

// noAllocs is the figure below which a call allocates nothing: what the Go
// runtime allocates for itself while millions of calls are made is more than 0.
const noAllocs = 0.001

// Bars holds the rounds against every bar.
func Bars(rounds []Round) []bar.Bar {
	rows := Rows(rounds)
	return []bar.Bar{
		allocs(rows, "closed: allocations of a permit", peer.Closed),
		within(rounds, "closed: permit ÷ gobreaker rolling", 0.45, peer.RecloserPermit, peer.Closed, peer.GobreakerRolling),
		within(rounds, "closed: permit ÷ two time.Since", 1.3, peer.RecloserPermit, peer.Closed, peer.TimeSinceTwo),
		within(rounds, "closed: permit without slow rule ÷ time.Since", 1.6, peer.RecloserNoSlow, peer.Closed, peer.TimeSince),
		within(rounds, "errors: 1% errors ÷ none", 1.1, peer.RecloserPermit, peer.Errors, peer.RecloserPermit),
		allocs(rows, "open: allocations of a rejection", peer.Open),
		within(rounds, "open: rejection ÷ time.Since", 1.25, peer.RecloserPermit, peer.Open, peer.TimeSince),
		scaling(rows, "parallel: two goroutines ÷ one", 1.8),
	}
}

func within(rounds []Round, what string, limit float64, name string, c peer.Case, toClosed string) bar.Bar {
	b := bar.Bar{What: what, Limit: limit}
	b.Measured, b.Known = ratio(rounds, name, c, toClosed, peer.Closed)
	b.Pass = b.Known && b.Measured <= limit
	return b
}

func allocs(rows []Row, what string, c peer.Case) bar.Bar {
	b := bar.Bar{What: what}
	for _, r := range rows {
		if r.Peer == peer.RecloserPermit && r.Case == c {
			b.Measured, b.Known = r.Allocs, true
		}
	}
	b.Pass = b.Known && b.Measured < noAllocs
	return b
}

func scaling(rows []Row, what string, limit float64) bar.Bar {
	b := bar.Bar{What: what, Limit: limit, AtLeast: true}
	for _, r := range rows {
		if r.Peer == peer.RecloserPermit && r.Case == peer.Parallel {
			b.Measured, b.Known = r.Scaling, true
		}
	}
	b.Pass = b.Known && b.Measured >= limit
	return b
}
