package simulator_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// deadStory is a story of a minute in which the dependency is dead from 10s to 20s.
func deadStory() simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Seed = 7
	well := s.Dependency[0]
	ill, again := well, well
	ill.From, ill.Failing, again.From = 10*time.Second, 1, 20*time.Second
	s.Dependency = []simulator.Phase{well, ill, again}
	return s
}

func run(t *testing.T, s simulator.Scenario, observers ...simulator.Observer) simulator.Result {
	t.Helper()
	r, err := simulator.Run(t.Context(), s, observers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecordingChangesNothing(t *testing.T) {
	var r simulator.Recording
	alone, recorded := run(t, deadStory()), run(t, deadStory(), &r)
	if !reflect.DeepEqual(alone, recorded) {
		t.Errorf("a recorded run differs:\n%+v\n%+v", alone.Counts, recorded.Counts)
	}
	last := r.Samples[len(r.Samples)-1]
	if last.At != time.Minute || last.Counts != recorded.Counts {
		t.Errorf("the last sample is of %v, with %+v; the result is %+v", last.At, last.Counts, recorded.Counts)
	}
}

func TestRecordingShowsTheFleet(t *testing.T) {
	r := simulator.Recording{Every: time.Second}
	seen := 0
	r.Progress = func(simulator.Sample) { seen++ }
	run(t, deadStory(), &r)
	if len(r.Samples) != 61 || seen != 61 {
		t.Fatalf("%d samples, of which %d were told", len(r.Samples), seen)
	}
	for _, row := range []struct {
		at   int
		rows string
		open int
	}{{0, strings.Repeat(" ", 20), 0}, {9, strings.Repeat(".", 20), 0}, {19, strings.Repeat("#", 20), 20}, {60, strings.Repeat(".", 20), 0}} {
		s := r.Samples[row.at]
		if s.At != time.Duration(row.at)*time.Second || s.Rows != row.rows || s.Open != row.open {
			t.Errorf("at %v: %q, %d open; want %q, %d open", s.At, s.Rows, s.Open, row.rows, row.open)
		}
	}
}

func TestRecordingIsBounded(t *testing.T) {
	s := deadStory()
	s.Fleet.Environments = 230
	s.Traffic.Rate = 1
	s.Duration = 2 * time.Hour
	var r simulator.Recording
	run(t, s, &r)
	if len(r.Samples) > 2001 || r.Every != 3600*time.Millisecond {
		t.Errorf("%d samples, one every %v", len(r.Samples), r.Every)
	}
	if len(r.Places) != 100 || r.Places[0] != 0 || r.Places[99] != 227 || len(r.Samples[5].Rows) != 100 {
		t.Errorf("rows show %v", r.Places)
	}
}

func TestRecordingOfPartitionsShowsTheStore(t *testing.T) {
	s := simulator.DefaultScenario()
	s.Traffic.Partitions = 10
	s.Dependency[0].Dead = 1
	r := simulator.Recording{Every: 5 * time.Second}
	run(t, s, &r)
	if got := r.Samples[2].Rows; got != "#........." {
		t.Errorf("got %q, want the first of ten open", got)
	}
}
