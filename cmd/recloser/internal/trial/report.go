package trial

import (
	"math"

	"github.com/recloser-dev/recloser/simulator"
)

// Report is a trial for machines.
type Report struct {
	SchemaVersion int    `json:"schema_version"`
	Title         string `json:"title"`
	Headline      string `json:"headline"`
	Protocol      string `json:"protocol"`
	Interrupted   bool   `json:"interrupted"`
	// Seeds are those of the runs.
	Seeds []uint64 `json:"seeds"`
	// Figures are by their names. One that the story does not have is left out.
	Figures map[string]Value `json:"figures"`
	// Transitions are those of the first run.
	Transitions []Transition `json:"transitions"`
	// Violations are the laws that were broken, in all runs.
	Violations []Violation `json:"violations"`
	Assertions []Verdict   `json:"assertions"`
	Prices     Prices      `json:"prices"`
}

// Value is a figure of a trial. A moment that did not come is null.
type Value struct {
	Unit   Unit     `json:"unit"`
	Median *float64 `json:"median"`
	Low    *float64 `json:"p5"`
	High   *float64 `json:"p95"`
}

// Transition is a change of a circuit's state.
type Transition struct {
	At        float64 `json:"at"`
	Partition int     `json:"partition"`
	From      string  `json:"from"`
	To        string  `json:"to"`
	Cause     string  `json:"cause"`
}

// Violation is a law that was broken.
type Violation struct {
	Seed        uint64  `json:"seed"`
	Law         string  `json:"law"`
	At          float64 `json:"at"`
	Environment int     `json:"environment"`
	Text        string  `json:"text"`
}

// schemaVersion is of the format of a [Report].
const schemaVersion = 1

// Report returns the trial for machines, held to assertions.
func (t *Trial) Report(assertions []Assertion) Report {
	r := Report{
		SchemaVersion: schemaVersion, Title: t.Story.Title, Headline: t.Headline(),
		Protocol: string(t.Story.Scenario.Protocol), Interrupted: t.Interrupted,
		Seeds: []uint64{}, Figures: make(map[string]Value), Transitions: []Transition{},
		Violations: []Violation{}, Assertions: []Verdict{}, Prices: CurrentPrices(),
	}
	for i := range t.Runs {
		run := &t.Runs[i]
		r.Seeds = append(r.Seeds, run.Seed)
		for _, v := range run.Result.Violations {
			r.Violations = append(r.Violations, Violation{run.Seed, v.Law, v.At.Seconds(), v.Environment, v.Text})
		}
		if i == 0 {
			r.Transitions = append(r.Transitions, transitionsOf(&run.Result)...)
		}
	}
	for _, f := range Figures() {
		if s := t.Spread(f.Name); !math.IsNaN(s.Median) {
			r.Figures[f.Name] = Value{f.Unit, finite(s.Median), finite(s.Low), finite(s.High)}
		}
	}
	for _, a := range assertions {
		r.Assertions = append(r.Assertions, a.Check(t))
	}
	return r
}

func transitionsOf(result *simulator.Result) []Transition {
	var all []Transition
	for _, t := range result.Transitions {
		all = append(all, Transition{t.At.Seconds(), t.Partition, t.From.String(), t.To.String(), t.Cause.String()})
	}
	return all
}

// finite returns v rounded to what is worth reading, or nil if it is infinite.
func finite(v float64) *float64 {
	if math.IsInf(v, 0) || math.IsNaN(v) {
		return nil
	}
	const digits = 1e6
	v = math.Round(v*digits) / digits
	return &v
}
