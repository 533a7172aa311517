package trial_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/story"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

// told returns the story of an outage of 20s that befalls twenty environments.
func told(t *testing.T, outage string) story.Story {
	t.Helper()
	for _, o := range story.Outages() {
		if o.Name == outage {
			s := simulator.DefaultScenario()
			s.Seed = 1
			s.Traffic.Rate = 50
			return story.New(s, o, story.Setting{At: 10 * time.Second, For: 20 * time.Second})
		}
	}
	t.Fatalf("no outage %s", outage)
	return story.Story{}
}

func played(t *testing.T, s story.Story, optFns ...func(*trial.Options)) *trial.Trial {
	t.Helper()
	p, err := trial.Play(t.Context(), s, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func seeds(n int) func(*trial.Options) { return func(o *trial.Options) { o.Seeds = n } }

// TestRunsAreTheSameOneByOne holds that many runs at once are what each is alone.
func TestRunsAreTheSameOneByOne(t *testing.T) {
	s := told(t, "dead")
	many := played(t, s, seeds(4))
	for i, run := range many.Runs {
		s.Scenario.Seed = uint64(1 + i)
		alone := played(t, s)
		if run.Seed != s.Scenario.Seed || !reflect.DeepEqual(run.Result, alone.Runs[0].Result) {
			t.Errorf("run %d of many has seed %d, and differs from it", i, run.Seed)
		}
	}
}

func TestProgress(t *testing.T) {
	var told []float64
	played(t, toldShort(t), seeds(3), func(o *trial.Options) { o.Progress = func(v float64) { told = append(told, v) } })
	for i, v := range told {
		if v < 0 || v > 1 || i > 0 && v < told[i-1] {
			t.Fatalf("after %d steps the progress is %v", i, told[max(i-1, 0):i+1])
		}
	}
	if n := len(told); n == 0 || told[n-1] < 0.999 {
		t.Errorf("it ends at %v", told)
	}
}

func toldShort(t *testing.T) story.Story {
	t.Helper()
	s := told(t, "none")
	s.Scenario.Duration = 5 * time.Second
	return s
}

func TestAnInterruptedTrialIsWhatWasPlayed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := told(t, "dead")
	p, err := trial.Play(ctx, s, func(o *trial.Options) {
		o.Progress = func(share float64) {
			if share > 0.5 {
				cancel()
			}
		}
	})
	if !errors.Is(err, context.Canceled) || p == nil || !p.Interrupted || len(p.Runs) != 1 {
		t.Fatalf("got %+v, %v", p, err)
	}
	run := &p.Runs[0]
	if run.Played <= s.Scenario.Duration/2 || run.Played >= s.Scenario.Duration || run.Result.Requests == 0 || run.Figure("time_to_open") > 2 {
		t.Errorf("played %v of %v: %+v", run.Played, s.Scenario.Duration, run.Result.Counts)
	}
	cancel()
	if p, err := trial.Play(ctx, s, seeds(3)); !errors.Is(err, context.Canceled) || len(p.Runs) != 0 || p.Headline() != "Nothing was played." {
		t.Errorf("under a context that has ended: %+v, %v", p, err)
	}
}

func TestSeedsAreBounded(t *testing.T) {
	for _, n := range []int{0, trial.MaxSeeds + 1} {
		if _, err := trial.Play(t.Context(), toldShort(t), seeds(n)); err == nil {
			t.Errorf("%d seeds were played", n)
		}
	}
}

func TestHeadlines(t *testing.T) {
	for outage, want := range map[string]string{
		"none":       "The dependency was well: 99.9",
		"store-gone": "The dependency was well: 99.9",
		"dead":       "The circuit opened after ",
		"flaky":      "The circuit stayed closed",
		"blind":      "The circuit stayed closed, but environments opened for themselves: ",
	} {
		p := played(t, told(t, outage))
		if got := p.Headline(); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", outage, got)
		}
		if n := len(p.Runs[0].Result.Violations); n > 0 {
			t.Errorf("%s: %d laws are broken: %+v", outage, n, p.Runs[0].Result.Violations[0])
		}
	}
	s := told(t, "dead")
	s.Scenario.Protocol = simulator.ProtocolNone
	if got := played(t, s, seeds(2)).Headline(); !strings.HasPrefix(got, "Without a breaker: ") || !strings.HasSuffix(got, "These are medians of 2 runs.") {
		t.Errorf("without a breaker: %s", got)
	}
}
