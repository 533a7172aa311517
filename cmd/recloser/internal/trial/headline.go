package trial

import (
	"fmt"
	"math"
	"strings"

	"github.com/recloser-dev/recloser/simulator"
)

// Headline says in a sentence or two what came of a trial.
func (t *Trial) Headline() string {
	if len(t.Runs) == 0 {
		return "Nothing was played."
	}
	var said []string
	if n := t.median("laws_broken"); n > 0 {
		said = append(said, fmt.Sprintf("%s broken: this is a fault of Recloser; please report it with the scenario.", plural(n, "law was", "laws were")))
	}
	outage, ill := OutageOf(&t.Story.Scenario)
	switch {
	case !ill || outage.From >= t.Runs[0].Played:
		said = append(said, t.uneventful())
	case t.opened():
		said = append(said, t.outcome())
	default:
		said = append(said, t.unopened())
	}
	if n := len(t.Runs); n > 1 {
		said = append(said, fmt.Sprintf("These are medians of %d runs.", n))
	}
	return strings.Join(said, " ")
}

func (t *Trial) median(figure string) float64 { return t.Spread(figure).Median }

func (t *Trial) format(figure string) string {
	for _, f := range Figures() {
		if f.Name == figure {
			return f.Unit.Format(t.median(figure))
		}
	}
	return ""
}

// opened reports whether most runs have opened the circuit in the outage.
func (t *Trial) opened() bool {
	v := t.median("time_to_open")
	return !math.IsNaN(v) && !math.IsInf(v, 0)
}

func (t *Trial) uneventful() string {
	text := fmt.Sprintf("The dependency was well: %s of requests were served, and the store was asked %s.",
		t.format("availability"), plural(t.median("writes"), "write", "writes")+" and "+plural(t.median("reads"), "read", "reads"))
	if v := t.median("good_rejected"); v > 0 {
		text += fmt.Sprintf(" %s of good calls were rejected.", t.format("good_rejected"))
	}
	return text
}

// outcome tells of an outage that opened the circuit.
func (t *Trial) outcome() string {
	text := "The circuit opened after " + t.format("time_to_open")
	if wasted := t.median("wasted_share"); !math.IsNaN(wasted) {
		text += fmt.Sprintf(" and kept %s of the doomed calls away", UnitShare.Format(1-wasted))
	}
	switch v := t.median("served_again_after"); {
	case math.IsNaN(v):
		return text + "."
	case math.IsInf(v, 0):
		return text + "; its traffic had not come back when the story ended."
	}
	return text + fmt.Sprintf("; %s after the dependency was well, 9 of 10 calls were served again.", t.format("served_again_after"))
}

// unopened tells of one that did not, or of what has no circuit to open.
func (t *Trial) unopened() string {
	how := "With " + t.Story.Scenario.Protocol.Describe().Title
	switch protocol := t.Story.Scenario.Protocol; {
	case protocol == simulator.ProtocolNone:
		how = "Without a breaker"
	case protocol == simulator.ProtocolRecloser && t.Runs[0].Result.Rejected > 0:
		how = "The circuit stayed closed, but environments opened for themselves"
	case protocol == simulator.ProtocolRecloser:
		how = "The circuit stayed closed"
	}
	rejected := "no good call was rejected"
	if t.median("good_rejected") > 0 {
		rejected = t.format("good_rejected") + " of good calls were rejected"
	}
	return fmt.Sprintf("%s: %s of requests were served, %s reached a dependency that could not serve them, and %s.",
		how, t.format("availability"), plural(t.median("wasted"), "call", "calls"), rejected)
}

func plural(n float64, one, many string) string {
	if math.Round(n) == 1 {
		return "1 " + one
	}
	return UnitCount.Format(n) + " " + many
}
