package trial_test

import (
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
)

func TestParseAssertionRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "an assertion is a figure, one of < <= > >= == !=, and a value"},
		{"good_rejected", "an assertion is a figure"},
		{"good_rejected<", "it is a share, written as a percentage such as 0.1%, not \"\""},
		{"good_rejected<0.1", "good_rejected: it is a share, written as a percentage such as 0.1%, not \"0.1\""},
		{"good_rejected<101%", "it is a share"},
		{"good_rejeted<1%", `no figure is called "good_rejeted"; did you mean good_rejected?`},
		{"beauty>1", `no figure is called "beauty"; there are availability, good_rejected, wasted,`},
		{"mean(wasted)<1", `"mean" is none of median, p5 and p95`},
		{"time_to_open<1", "time_to_open: it is a time, written with its unit such as 500ms or 2m, not \"1\""},
		{"time_to_open<-1s", "it is a time"},
		{"wasted<5%", "wasted: it is a number such as 100, not \"5%\""},
		{"wasted<NaN", "it is a number"},
		{"wasted<Inf", "it is a number"},
		{"cost<0.2", "cost: it is an amount of dollars such as $0.20, not \"0.2\""},
		{"cost<$NaN", "it is an amount"},
	} {
		if _, err := trial.ParseAssertion(row.text); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %s", row.text, err, row.want)
		}
	}
}

// TestAssertions are of three runs, which wasted 10, 20 and 40 calls.
func TestAssertions(t *testing.T) {
	played := trial.WithFigures(
		map[string]float64{"wasted": 20, "time_to_open": 0.5, "availability": 0.9, "cost": 0.2},
		map[string]float64{"wasted": 10, "time_to_open": trial.Never, "availability": 0.8, "cost": 0.2},
		map[string]float64{"wasted": 40, "time_to_open": 1, "availability": 0.7, "cost": 0.2},
	)
	for _, row := range []struct {
		text  string
		holds bool
		seen  string
	}{
		{"wasted<41", true, "10 … 40"},
		{"wasted<40", false, "not in 1 of 3 runs: 40 … 40"},
		{"wasted<=40", true, "10 … 40"},
		{"median(wasted)<21", true, "20"},
		{"median( wasted ) < 20", false, "20"},
		{"p95(wasted)<38.1", true, "38"},
		{"p5(wasted)>=11", true, "11"},
		{"wasted!=15", true, "10 … 40"},
		{"wasted=10", false, "not in 2 of 3 runs: 20 … 40"},
		{"time_to_open<2s", false, "not in 1 of 3 runs: never … never"},
		{"median(time_to_open)<2s", true, "1.00s"},
		{"p95(time_to_open)<1h", false, "never"},
		{"availability>=70%", true, "70.0% … 90.0%"},
		{"cost==$0.20", true, "$0.20 … $0.20"},
		{"probes<5", false, "nothing: the story has no probes"},
	} {
		a, err := trial.ParseAssertion(row.text)
		if err != nil {
			t.Fatal(err)
		}
		if v := a.Check(played); v.Holds != row.holds || v.Seen != row.seen || v.Assertion != row.text {
			t.Errorf("%s: got %+v, want %t, %s", row.text, v, row.holds, row.seen)
		}
	}
}
