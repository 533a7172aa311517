package picture

import (
	"fmt"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/trial"
	"github.com/recloser-dev/recloser/simulator"
)

const (
	ribbon    = 20.0
	ribbonGap = 3.0
	ribbonAll = ribbon + ribbonGap
)

// weather draws what happens: to the dependency, to the circuit as the store has it,
// and whatever else goes wrong.
func (f *figure) weather() {
	s := &f.trial.Story.Scenario
	circuit := s.Protocol == simulator.ProtocolRecloser && s.Traffic.Partitions == 0
	lanes := 1 + len(s.Faults)
	if len(s.Orders) > 0 {
		lanes++
	}
	if circuit {
		lanes++
	}
	f.worded = len(f.tops)
	top, _ := f.panel("What happens", strings.TrimPrefix(f.seed(), ", "), float64(lanes)*ribbonAll-ribbonGap)
	f.lane(top, "dependency")
	usual := s.Dependency[0]
	for i := range s.Dependency {
		p := s.Dependency[i]
		until := s.Duration
		if i+1 < len(s.Dependency) {
			until = s.Dependency[i+1].From
		}
		class := "ill"
		if p.From = usual.From; p == usual {
			class = "closed"
		}
		f.stretch(class, s.Dependency[i].From, until, top, ailment(&p))
	}
	for i := range s.Faults {
		x := &s.Faults[i]
		until := x.Until
		if until == 0 || until > s.Duration {
			until = s.Duration
		}
		top += ribbonAll
		what, text := faultText(x)
		f.lane(top, what)
		f.stretch("fault", x.From, until, top, text)
	}
	if len(s.Orders) > 0 {
		top += ribbonAll
		f.lane(top, "operator")
	}
	for _, o := range s.Orders {
		if o.Mode != recloser.OverrideNone {
			f.stretch("probing", o.At, min(o.At+o.For, s.Duration), top, "forced "+string(o.Mode))
		}
	}
	if circuit {
		f.circuit(top + ribbonAll)
	}
	f.b.WriteString(f.notes.b.String())
}

// lane names a ribbon.
func (f *figure) lane(top float64, name string) { f.text("tick", "end", left-6, top+14, name) }

// circuit draws the state of the circuit, with when it opened and when it was closed.
// While it probes it is drawn as open: a probe is too short to be seen.
func (f *figure) circuit(top float64) {
	f.lane(top, "circuit")
	s := &f.trial.Story.Scenario
	o, ill := trial.OutageOf(s)
	from, open, text, more := time.Duration(0), false, "closed", ""
	until := func(at time.Duration) {
		class := "closed"
		if open {
			class = "opened"
		}
		f.stretch(class, from, at, top, text+more, text)
		from = at
	}
	for _, t := range f.trial.Runs[0].Result.Transitions {
		now := t.To != recloser.StateClosed
		if now == open {
			continue
		}
		until(t.At)
		more = ""
		switch open = now; {
		case open:
			text = "open"
			if ill && t.At >= o.From {
				more = ", after " + trial.UnitDuration.Format((t.At - o.From).Seconds())
			}
		default:
			text = "closed"
			if ill && o.Ends && t.At >= o.Until {
				more = ", " + trial.UnitDuration.Format((t.At - o.Until).Seconds()) + " after the dependency was well"
			}
		}
	}
	until(s.Duration)
}

// stretch draws a ribbon from one moment to another, and notes what to write on it:
// the first text that fits, or else one beside it.
func (f *figure) stretch(class string, from, until time.Duration, top float64, texts ...string) {
	x, w := f.at(from), f.at(until)-f.at(from)
	f.rect(class, x, top, w, ribbon)
	written := "on"
	switch class {
	case "closed":
		written = "plain"
	case "probing":
		written = "dark"
	}
	for _, text := range texts {
		if width(text)+12 <= w {
			f.notes.text(written, "middle", x+w/2, top+14, text)
			return
		}
	}
	text := texts[len(texts)-1]
	switch {
	case class == "closed" || class == "opened":
	case x+w+width(text)+12 <= right:
		f.notes.text("plain", "start", x+w+6, top+14, text)
	default:
		f.notes.text("plain", "end", x-6, top+14, text)
	}
}

// ailment says how a dependency behaves.
func ailment(p *simulator.Phase) string {
	var said []string
	add := func(is bool, format string, args ...any) {
		if is {
			said = append(said, fmt.Sprintf(format, args...))
		}
	}
	switch {
	case p.Failing >= 1:
		add(true, "every call fails")
	case p.Failing > 0:
		add(true, "%v of calls fail", p.Failing)
	}
	switch {
	case p.Hanging >= 1:
		add(true, "no call is answered")
	case p.Hanging > 0:
		add(true, "%v of calls hang", p.Hanging)
	}
	add(p.Dead == 1, "one partition is dead")
	add(p.Dead > 1, "%d partitions are dead", p.Dead)
	add(p.Capacity > 0, "serves %s calls/s", short(p.Capacity))
	add(p.RetryAfter > 0, "retry after %v", p.RetryAfter)
	add(len(said) == 0 && p.Tail < p.Latency, "calls take %v", p.Latency)
	add(len(said) == 0, "well")
	return strings.Join(said, ", ")
}

// faultText says what a fault strikes, and how.
func faultText(x *simulator.Fault) (what, text string) {
	name := strings.ReplaceAll(string(x.Kind), "_", " ")
	switch {
	case x.Every > 0:
		return "fleet", fmt.Sprintf("%s, one every %v", name, x.Every)
	case x.Kind == simulator.FaultHeldUp:
		return "calls", fmt.Sprintf("%v %s", x.Share, name)
	}
	return "store", fmt.Sprintf("%v of operations: %s", x.Share, name)
}
