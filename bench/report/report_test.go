package report_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/report"
	"github.com/recloser-dev/recloser/bench/sample"
)

// round returns a round in which every bar is met with room to spare. factor is
// how busy the machine was: it is the same for all, so no ratio may show it.
func round(factor float64) report.Round {
	of := func(name string, c peer.Case, ns float64) sample.Sample {
		return sample.Sample{Peer: name, Case: c, Calls: 1000, Nanoseconds: ns * factor}
	}
	r := report.Round{
		of(peer.TimeSince, peer.Closed, 20),
		of(peer.TimeSinceTwo, peer.Closed, 40),
		of(peer.GobreakerRolling, peer.Closed, 120),
		of(peer.RecloserPermit, peer.Closed, 48),
		of(peer.RecloserPermit, peer.Errors, 50),
		of(peer.RecloserPermit, peer.Open, 22),
		of(peer.RecloserNoSlow, peer.Closed, 30),
		of(peer.RecloserPermit, peer.Parallel, 25),
	}
	r[len(r)-1].Scaling = 1.9
	return r
}

func permit(t *testing.T, rows []report.Row, c peer.Case) report.Row {
	t.Helper()
	for _, r := range rows {
		if r.Peer == peer.RecloserPermit && r.Case == c {
			return r
		}
	}
	t.Fatalf("no row of %s:%s", peer.RecloserPermit, c)
	return report.Row{}
}

func TestRows(t *testing.T) {
	rows := report.Rows([]report.Round{round(1), round(3), round(2), round(10)})
	closed := permit(t, rows, peer.Closed)
	if closed.Rounds != 4 || closed.Min != 48 || closed.Median != 2.5*48 {
		t.Errorf("permit over factors 1, 3, 2 and 10 of 48 ns: %+v", closed)
	}
	if math.Abs(closed.ToGobreaker-0.4) > 1e-9 || math.Abs(closed.ToClocks-1.2) > 1e-9 {
		t.Errorf("ratios %v and %v depend on how busy the machine was; want 0.4 and 1.2", closed.ToGobreaker, closed.ToClocks)
	}
	if open := permit(t, rows, peer.Open); open.ToGobreaker != 0 || math.Abs(open.ToClocks-0.55) > 1e-9 {
		t.Errorf("open: %+v; want no ratio to a gobreaker that was not open, and 0.55 to two closed clock reads", open)
	}
	if rows[0].Peer != peer.TimeSince || rows[len(rows)-1].Case != peer.Parallel {
		t.Errorf("rows begin with %+v and end with %+v; want by case, the cheapest first", rows[0], rows[len(rows)-1])
	}
}

func TestRowsLeaveOutBusySamples(t *testing.T) {
	busy := round(1)
	busy[len(busy)-1] = sample.Sample{Peer: peer.RecloserPermit, Case: peer.Parallel, Busy: true}
	if r := permit(t, report.Rows([]report.Round{busy, round(1)}), peer.Parallel); r.Rounds != 1 || r.Scaling != 1.9 {
		t.Errorf("%+v; want the one sample that was taken", r)
	}
	reference := append(round(1), sample.Sample{Peer: peer.GobreakerRolling, Case: peer.Parallel, Busy: true})
	if r := permit(t, report.Rows([]report.Round{reference}), peer.Parallel); r.ToGobreaker != 0 {
		t.Errorf("%+v; want no ratio to what was not measured", r)
	}
	for _, b := range report.Bars([]report.Round{busy}) {
		if strings.Contains(b.What, "two goroutines") && (b.Known || b.Pass) {
			t.Errorf("%+v; want it not measured", b)
		}
	}
}

// Each bar fails when exactly its own figure is past the limit, and passes when
// it stands on it.
func TestBars(t *testing.T) {
	for _, b := range report.Bars([]report.Round{round(1), round(2)}) {
		if !b.Known || !b.Pass {
			t.Errorf("%+v; want it passed", b)
		}
	}
	tests := []struct {
		bar  string
		peer string
		c    peer.Case
		past func(*sample.Sample)
	}{
		{"allocations of a permit", peer.RecloserPermit, peer.Closed, func(s *sample.Sample) { s.Allocs = 1 }},
		{"gobreaker rolling", peer.GobreakerRolling, peer.Closed, func(s *sample.Sample) { s.Nanoseconds = 100 }},
		{"two time.Since", peer.TimeSinceTwo, peer.Closed, func(s *sample.Sample) { s.Nanoseconds = 36 }},
		{"without slow rule", peer.RecloserNoSlow, peer.Closed, func(s *sample.Sample) { s.Nanoseconds = 33 }},
		{"1% errors", peer.RecloserPermit, peer.Errors, func(s *sample.Sample) { s.Nanoseconds = 53 }},
		{"allocations of a rejection", peer.RecloserPermit, peer.Open, func(s *sample.Sample) { s.Allocs = 0.5 }},
		{"rejection ÷ time.Since", peer.RecloserPermit, peer.Open, func(s *sample.Sample) { s.Nanoseconds = 26 }},
		{"two goroutines", peer.RecloserPermit, peer.Parallel, func(s *sample.Sample) { s.Scaling = 1.79 }},
	}
	for _, test := range tests {
		r := round(1)
		for i := range r {
			if r[i].Peer == test.peer && r[i].Case == test.c {
				test.past(&r[i])
			}
		}
		found := false
		for _, b := range report.Bars([]report.Round{r}) {
			mine := strings.Contains(b.What, test.bar)
			found = found || mine
			if b.Pass == mine {
				t.Errorf("with %s:%s past the limit of %q: %+v", test.peer, test.c, test.bar, b)
			}
		}
		if !found {
			t.Errorf("there is no bar on %q", test.bar)
		}
	}
}

func TestBarsOnTheLimit(t *testing.T) {
	r := round(1)
	for i := range r {
		switch {
		case r[i].Peer == peer.RecloserPermit && r[i].Case == peer.Open:
			r[i].Nanoseconds = 25
		case r[i].Case == peer.Parallel:
			r[i].Scaling = 1.8
		}
	}
	for _, b := range report.Bars([]report.Round{r}) {
		if !b.Pass {
			t.Errorf("%+v; a bar is met on its limit", b)
		}
	}
}

func TestReport(t *testing.T) {
	r := report.New([]report.Round{round(1)}, 60*time.Millisecond)
	if !r.Passed() {
		t.Error("all bars are met, and the report has not passed")
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 rounds of 60 ms", "GOMAXPROCS", "GOGC", "recloser/permit", "0.40", "pass"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back report.Report
	if err := json.Unmarshal(encoded, &back); err != nil || len(back.Rows) != len(r.Rows) || len(back.Bars) != len(r.Bars) {
		t.Errorf("the report does not survive JSON: %v", err)
	}
	if none := report.New(nil, time.Second); none.Passed() {
		t.Error("a report of nothing has passed")
	}
}
