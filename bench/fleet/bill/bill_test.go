package bill_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/bar"
	"github.com/recloser-dev/recloser/bench/fleet/arrival"
	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// did returns what a fleet did in a phase in which it read and wrote so often,
// counted alike wherever it is counted.
func did(peer circuit.Peer, name phase.Name, seconds float64, reads, writes int) bill.Phase {
	t := tally.Tally{
		Calls:     tally.Calls{Due: 1000, Reached: 1000},
		Asked:     tally.Operations{Reads: reads, Writes: writes},
		MostReads: (reads + 19) / 20,
	}
	commands := arrival.Commands{"evalsha_ro": reads, "evalsha": writes}
	if peer == circuit.RecloserDynamoDB {
		commands = nil
		t.Requests = tally.Requests{GetItem: reads, UpdateItem: writes, ReadUnits: float64(reads), WriteUnits: float64(writes)}
	}
	if name == phase.Outage {
		t.Openings, t.OpenedAfter = 1, time.Second
	}
	return bill.NewPhase(name, time.Duration(seconds*float64(time.Second)), t, commands)
}

// good returns runs in which every bar is met, and each stands on its limit
// where it can.
func good() []bill.Run {
	var runs []bill.Run
	for _, peer := range []circuit.Peer{circuit.RecloserDynamoDB, circuit.RecloserValkey} {
		runs = append(runs, bill.Run{Fleet: bill.Fleet{Peer: peer, Size: 20, Apart: true}, Phases: []bill.Phase{
			did(peer, phase.Healthy, 10, 60, 0),
			did(peer, phase.Background, 10, 100, 100),
			did(peer, phase.Flaky, 10, 500, 250),
			did(peer, phase.Outage, 1, 100, 62),
			did(peer, phase.Open, 8, 20, 163),
			did(peer, phase.Probing, 2, 20, 8),
			did(peer, phase.Ramp, 10, 40, 0),
			did(peer, phase.Again, 10, 40, 0),
			did(peer, phase.Slow, 10, 300, 200),
		}})
	}
	return append(runs, bill.Run{Fleet: bill.Fleet{Peer: circuit.GobreakerValkey, Size: 200}, Phases: []bill.Phase{
		bill.NewPhase(phase.Healthy, time.Second, tally.Tally{Openings: 7, Asked: tally.Operations{Writes: 600}}, arrival.Commands{"get": 200, "set": 400, "del": 200}),
	}})
}

func find(t *testing.T, r bill.Run, name phase.Name) *bill.Phase {
	t.Helper()
	for i := range r.Phases {
		if r.Phases[i].Phase == name {
			return &r.Phases[i]
		}
	}
	t.Fatalf("no phase %q", name)
	return nil
}

// Each bar fails when exactly its own figure is past the limit, on either store.
func TestBars(t *testing.T) {
	for _, b := range bill.Bars(good()) {
		if !b.Known || !b.Pass {
			t.Errorf("%+v; want it passed", b)
		}
	}
	tests := []struct {
		bar   string
		phase phase.Name
		past  func(*bill.Phase)
	}{
		{"healthy: writes", phase.Healthy, func(p *bill.Phase) { p.Writes, p.Asked.Writes = 1, 1 }},
		{"healthy: writes", phase.Again, func(p *bill.Phase) { p.Writes, p.Asked.Writes = 1, 1 }},
		{"healthy: reads", phase.Healthy, func(p *bill.Phase) { p.Reads, p.Asked.Reads = 61, 61 }},
		{"healthy: reads", phase.Again, func(p *bill.Phase) { p.MostReads = 4 }},
		{"errors: openings", phase.Background, func(p *bill.Phase) { p.Openings = 1 }},
		{"errors: openings", phase.Flaky, func(p *bill.Phase) { p.Openings = 1 }},
		{"outage: fleets that opened", phase.Outage, func(p *bill.Phase) { p.Openings = 0 }},
		{"outage, to its end", phase.Open, func(p *bill.Phase) { p.Writes, p.Asked.Writes = 164, 164 }},
		{"writes ÷ 25", phase.Outage, func(p *bill.Phase) { p.Writes, p.Asked.Writes, p.Seconds = 63, 63, 0.9 }},
		{"writes ÷ 25", phase.Flaky, func(p *bill.Phase) { p.Writes, p.Asked.Writes = 344, 344 }},
		{"operations that arrived", phase.Flaky, func(p *bill.Phase) { p.Reads += 300 }},
		{"operations that arrived", phase.Flaky, func(p *bill.Phase) { p.Reads -= 300 }},
	}
	for store := range 2 {
		for _, test := range tests {
			runs := good()
			test.past(find(t, runs[store], test.phase))
			if test.phase == phase.Outage { // The mean of the whole outage stays where it was.
				find(t, runs[store], phase.Open).Writes--
				find(t, runs[store], phase.Open).Seconds++
			}
			expect(t, bill.Bars(runs), string(runs[store].Peer), test.bar)
		}
	}
	runs := good()
	find(t, runs[0], phase.Slow).Requests.WriteUnits += 2
	expect(t, bill.Bars(runs), string(circuit.RecloserDynamoDB), "capacity units")
}

// expect expects all bars to pass but that one.
func expect(t *testing.T, bars []bar.Bar, store, what string) {
	t.Helper()
	found := false
	for _, b := range bars {
		mine := strings.HasPrefix(b.What, store) && strings.Contains(b.What, what)
		found = found || mine
		if b.Pass == mine || !b.Known {
			t.Errorf("with %s past the limit of %q: %+v", store, what, b)
		}
	}
	if !found {
		t.Errorf("there is no bar on %q", what)
	}
}

// A machine that was busy shows nothing, neither good nor bad.
func TestBusyPhasesAreLeftOut(t *testing.T) {
	for name, busy := range map[string]func(*bill.Phase){
		"late":            func(p *bill.Phase) { p.Late = 251 * time.Millisecond },
		"store lost":      func(p *bill.Phase) { p.Outages = 1 },
		"store not heard": func(p *bill.Phase) { p.Asked.Faults = 1 },
	} {
		runs := good()
		for _, which := range []phase.Name{phase.Healthy, phase.Again} {
			p := find(t, runs[1], which)
			p.Writes = 1000
			if busy(p); !p.Busy() {
				t.Errorf("%s: not busy", name)
			}
		}
		for _, b := range bill.Bars(runs) {
			mine := strings.HasPrefix(b.What, string(circuit.RecloserValkey)+", healthy")
			if b.Known == mine || b.Pass == mine {
				t.Errorf("%s: %+v; want exactly what was healthy not measured", name, b)
			}
		}
		again := append(runs, good()...)
		for _, b := range bill.Bars(again) {
			if !b.Pass {
				t.Errorf("%s: %+v; want another fleet measured", name, b)
			}
		}
	}
}

// Nothing measured is nothing passed.
func TestBarsOfNothing(t *testing.T) {
	if r := bill.New(nil, false); r.Passed() || len(r.Bars) == 0 {
		t.Errorf("%+v", r.Bars)
	}
	runs := good()
	for _, b := range bill.Bars(runs[1:]) {
		if strings.HasPrefix(b.What, string(circuit.RecloserValkey)) != b.Known {
			t.Errorf("%+v of no fleet on DynamoDB", b)
		}
	}
}

func TestDollars(t *testing.T) {
	p := did(circuit.RecloserDynamoDB, phase.Flaky, 10, 400, 100)
	p.Requests.Refused, p.Requests.WriteUnits = 20, 80
	p.Calls.Due, p.Calls.Skipped = 2500, 500
	price := bill.Price{ReadUnit: 0.5, WriteUnit: 2}
	if got, want := p.Dollars(price), (400*0.5+100*2)/2000.0; math.Abs(got-want) > 1e-12 {
		t.Errorf("$%v for a million calls, want %v: what is refused costs as much", got, want)
	}
	if got := (bill.Phase{}).Dollars(price); got != 0 {
		t.Errorf("$%v for no call", got)
	}
	if p := bill.Prices(); p.ReadUnit <= 0 || p.WriteUnit <= p.ReadUnit || p.Region == "" {
		t.Errorf("%+v", p)
	} else if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		t.Error(err)
	}
}

func TestNewPhase(t *testing.T) {
	p := bill.NewPhase(phase.Slow, 1500*time.Millisecond, tally.Tally{Requests: tally.Requests{GetItem: 9}}, arrival.Commands{"evalsha_ro": 5, "eval_ro": 1, "evalsha": 3, "eval": 2, "hget": 70})
	if p.Seconds != 1.5 || p.Reads != 6 || p.Writes != 5 || p.Texts != 3 {
		t.Errorf("%+v; want what the server says", p)
	}
	if p = bill.NewPhase(phase.Slow, time.Second, tally.Tally{Requests: tally.Requests{GetItem: 9, UpdateItem: 4}}, nil); p.Reads != 9 || p.Writes != 4 {
		t.Errorf("%+v; want what was sent to DynamoDB", p)
	}
}

func TestReport(t *testing.T) {
	r := bill.New(good(), true)
	if !r.Passed() {
		t.Error("all bars are met, and the report has not passed")
	}
	find(t, r.Runs[1], phase.Slow).Late = time.Second
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"60 calls/s of each fleet", "$0.125", "us-east-1", "recloser/dynamodb:20:apart", "gobreaker/valkey:200",
		"healthy: every call succeeds", "1.0 s", "1000 ms busy", "pass",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, text.String())
		}
	}
	encoded, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back bill.Report
	if err := json.Unmarshal(encoded, &back); err != nil || !reflect.DeepEqual(back, r) {
		t.Errorf("the report does not survive JSON: %v", err)
	}
}

func TestFleet(t *testing.T) {
	if got := (bill.Fleet{Peer: circuit.RecloserValkey, Size: 20, Apart: true}).String(); got != "recloser/valkey:20:apart" {
		t.Error(got)
	}
	if got := (bill.Fleet{Peer: circuit.GobreakerValkey, Size: 1}).String(); got != "gobreaker/valkey:1" {
		t.Error(got)
	}
}
