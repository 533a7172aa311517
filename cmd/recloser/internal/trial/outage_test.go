package trial_test

import (
	"math"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

const second = time.Second

func phases(p ...simulator.Phase) *simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Dependency = p
	return &s
}

// measure measures a run that was made by hand: it returns its figures.
func measure(s *simulator.Scenario, samples []simulator.Sample, result simulator.Result) map[string]float64 {
	made := trial.Of(story.Story{Scenario: *s}, trial.Run{
		Result: result, Recording: &simulator.Recording{Every: second / 10, Samples: samples}, Played: samples[len(samples)-1].At,
	})
	figures := make(map[string]float64)
	for _, f := range trial.Figures() {
		figures[f.Name] = made.Runs[0].Figure(f.Name)
	}
	return figures
}

func TestOutageOf(t *testing.T) {
	for _, row := range []struct {
		name  string
		s     *simulator.Scenario
		want  trial.Outage
		found bool
	}{
		{"well", phases(simulator.Phase{}), trial.Outage{From: -1, Until: time.Minute}, false},
		{"dead from the middle on", phases(simulator.Phase{}, simulator.Phase{From: 9 * second, Failing: 1}), trial.Outage{From: 9 * second, Until: time.Minute}, true},
		{
			"dead for a while", phases(simulator.Phase{}, simulator.Phase{From: 9 * second, Failing: 1}, simulator.Phase{From: 19 * second}),
			trial.Outage{From: 9 * second, Until: 19 * second, Ends: true},
			true,
		},
		{
			"errors at all times", phases(simulator.Phase{Failing: 0.01}, simulator.Phase{From: 9 * second, Failing: 1}, simulator.Phase{From: 19 * second, Failing: 0.01}),
			trial.Outage{From: 9 * second, Until: 19 * second, Ends: true},
			true,
		},
		{
			"two outages are one", phases(simulator.Phase{}, simulator.Phase{From: 9 * second, Failing: 1}, simulator.Phase{From: 12 * second},
				simulator.Phase{From: 15 * second, Hanging: 1}, simulator.Phase{From: 19 * second}),
			trial.Outage{From: 9 * second, Until: 19 * second, Ends: true},
			true,
		},
		{"dead at first", phases(simulator.Phase{Failing: 1}, simulator.Phase{From: 9 * second}), trial.Outage{Until: 9 * second, Ends: true}, true},
	} {
		got, found := trial.OutageOf(row.s)
		if found != row.found || got != row.want {
			t.Errorf("%s: got %+v, %t; want %+v, %t", row.name, got, found, row.want, row.found)
		}
	}
}

// TestMoments measures a run in which ten calls come in each tenth of a second. The
// outage is from 10s to 20s; calls are wasted until 11.5s, and rejected until 23.5s.
func TestMoments(t *testing.T) {
	s := phases(simulator.Phase{}, simulator.Phase{From: 10 * second, Failing: 1}, simulator.Phase{From: 20 * second})
	s.Duration = 30 * second
	var c simulator.Counts
	var samples []simulator.Sample
	for at := time.Duration(0); at <= s.Duration; at += second / 10 {
		samples = append(samples, simulator.Sample{At: at, Counts: c})
		c.Requests += 10
		switch {
		case at < 10*second:
			c.Succeeded += 10
		case at < 11500*time.Millisecond:
			c.Failed, c.Wasted = c.Failed+10, c.Wasted+10
		case at < 20*second:
			c.Rejected += 10
		case at < 23500*time.Millisecond:
			c.Rejected, c.GoodRejected = c.Rejected+10, c.GoodRejected+10
		default:
			c.Succeeded += 10
		}
	}
	result := simulator.Result{Counts: c, Transitions: []simulator.Transition{
		{At: 5 * second, To: recloser.StateOpen},
		{At: 6 * second, To: recloser.StateClosed},
		{At: 11 * second, To: recloser.StateOpen},
		{At: 21 * second, To: recloser.StateHalfOpen},
		{At: 22 * second, To: recloser.StateClosed},
	}}
	want := map[string]float64{
		// A second that begins at 11.4s wastes 10 of 100 calls, which is not more
		// than a tenth; the last that is worse begins at 11.3s.
		"held_back_after": 1.3, "served_again_after": 3.3, "time_to_open": 1, "time_to_recover": 2,
		"wasted": 150, "wasted_share": 150.0 / 1000,
	}
	got := measure(s, samples, result)
	for name, v := range want {
		if math.Abs(got[name]-v) > 1e-9 {
			t.Errorf("%s is %v, want %v", name, got[name], v)
		}
	}
	// Cut short before the end of the outage there is no recovery to speak of.
	got = measure(s, samples[:150], simulator.Result{Counts: samples[149].Counts, Transitions: result.Transitions[:3]})
	if !math.IsNaN(got["served_again_after"]) || !math.IsNaN(got["time_to_recover"]) || got["held_back_after"] != 1.3 {
		t.Errorf("of half a run: %v", got)
	}
	// A circuit that is still open at the end has not recovered.
	result.Transitions = result.Transitions[:4]
	if got = measure(s, samples, result); !math.IsInf(got["time_to_recover"], 1) {
		t.Errorf("of a circuit that stays half-open: recovered after %v", got["time_to_recover"])
	}
}

// TestMomentsThatDoNotCome measures a run in which calls are wasted to the end of the
// outage, and those after it rejected.
func TestMomentsThatDoNotCome(t *testing.T) {
	s := phases(simulator.Phase{}, simulator.Phase{From: 10 * second, Failing: 1}, simulator.Phase{From: 20 * second})
	s.Duration = 30 * second
	var c simulator.Counts
	var samples []simulator.Sample
	for at := time.Duration(0); at <= s.Duration; at += second / 10 {
		samples = append(samples, simulator.Sample{At: at, Counts: c})
		switch {
		case at < 10*second:
			c.Succeeded += 10
		case at < 20*second:
			c.Failed, c.Wasted = c.Failed+10, c.Wasted+10
		default:
			c.Rejected, c.GoodRejected = c.Rejected+10, c.GoodRejected+10
		}
	}
	c.Requests = 3000
	got := measure(s, samples, simulator.Result{Counts: c})
	for _, name := range []string{"held_back_after", "served_again_after", "time_to_open"} {
		if !math.IsInf(got[name], 1) {
			t.Errorf("%s is %v, and never came", name, got[name])
		}
	}
	if !math.IsNaN(got["time_to_recover"]) {
		t.Errorf("what did not open has recovered after %v", got["time_to_recover"])
	}
}
