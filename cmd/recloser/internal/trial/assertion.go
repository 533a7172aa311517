package trial

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser/config"
)

// Assertion is something that a trial must come to: good_rejected<0.1%. It must
// hold in every run, unless it is of their median, 5% or 95%:
// p95(time_to_open)<1s.
type Assertion struct {
	text   string
	figure Figure
	of     string // of which runs: empty for all, or one of quantiles
	than   string
	value  float64
}

// Verdict is whether an assertion holds, and what was seen.
type Verdict struct {
	Assertion string `json:"assertion"`
	Holds     bool   `json:"holds"`
	Seen      string `json:"seen"`
}

func quantiles() map[string]float64 {
	return map[string]float64{"p5": 0.05, "median": 0.5, "p95": 0.95}
}

var assertionRegexp = regexp.MustCompile(`^\s*(?:(\w+)\s*\(\s*([\w-]+)\s*\)|([\w-]+))\s*(<=|>=|<|>|==|=|!=)\s*(.*?)\s*$`)

// ParseAssertion reads an assertion.
func ParseAssertion(text string) (Assertion, error) {
	parts := assertionRegexp.FindStringSubmatch(text)
	if parts == nil {
		return Assertion{}, fmt.Errorf("an assertion is a figure, one of < <= > >= == !=, and a value, such as good_rejected<0.1%%, not %.60q", text)
	}
	a := Assertion{text: strings.TrimSpace(text), of: parts[1], than: parts[4]}
	name := parts[2] + parts[3]
	if _, known := quantiles()[a.of]; a.of != "" && !known {
		return Assertion{}, fmt.Errorf("%.40q is none of median, p5 and p95; a figure alone stands for every run", a.of)
	}
	all := Figures()
	i := slices.IndexFunc(all, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return Assertion{}, unknownFigure(name, all)
	}
	a.figure = all[i]
	value, err := a.figure.Unit.Parse(parts[5])
	if err != nil {
		return Assertion{}, fmt.Errorf("%s: %w", name, err)
	}
	a.value = value
	return a, nil
}

func unknownFigure(name string, all []Figure) error {
	names := make([]string, len(all))
	for i, f := range all {
		names[i] = f.Name
	}
	if best, found := config.Closest(name, names); found {
		return fmt.Errorf("no figure is called %.40q; did you mean %s?", name, best)
	}
	return fmt.Errorf("no figure is called %.40q; there are %s", name, strings.Join(names, ", "))
}

// Check holds a trial to the assertion.
func (a Assertion) Check(t *Trial) Verdict {
	v := Verdict{Assertion: a.text}
	values := t.values(a.figure.Name)
	if len(values) == 0 {
		v.Seen = "nothing: the story has no " + a.figure.Title
		return v
	}
	if q, ok := quantiles()[a.of]; ok {
		seen := Quantile(values, q)
		v.Holds, v.Seen = a.holds(seen), a.figure.Unit.Format(seen)
		return v
	}
	wrong := slices.DeleteFunc(slices.Clone(values), a.holds)
	v.Holds = len(wrong) == 0
	switch {
	case len(values) == 1:
		v.Seen = a.figure.Unit.Format(values[0])
	case v.Holds:
		v.Seen = a.figure.Unit.Format(values[0]) + " … " + a.figure.Unit.Format(values[len(values)-1])
	default:
		v.Seen = fmt.Sprintf("not in %d of %d runs: %s … %s", len(wrong), len(values), a.figure.Unit.Format(wrong[0]), a.figure.Unit.Format(wrong[len(wrong)-1]))
	}
	return v
}

func (a Assertion) holds(v float64) bool {
	// What is written with a few digits is compared with what is measured.
	const near = 1e-9
	equal := math.Abs(v-a.value) <= near*math.Max(1, math.Abs(a.value))
	switch a.than {
	case "<":
		return v < a.value && !equal
	case "<=":
		return v < a.value || equal
	case ">":
		return v > a.value && !equal
	case ">=":
		return v > a.value || equal
	case "!=":
		return !equal
	}
	return equal
}
