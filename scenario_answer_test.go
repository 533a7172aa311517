package recloser_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/notation"
)

// scenarioLine is one answer. Answers that follow each other and say the same
// are one line.
type scenarioLine struct {
	from, to time.Duration
	envs     []string
	text     string
	times    int
}

func (l scenarioLine) String() string {
	s := l.from.String()
	if l.to != l.from {
		s += ".." + l.to.String()
	}
	if len(l.envs) > 0 {
		s += " " + strings.Join(l.envs, ",")
	}
	s += " " + l.text
	if l.times > 1 {
		s += fmt.Sprintf(" x%d", l.times)
	}
	return s
}

// say puts down what an environment answers, or sees.
func (s *scenario) say(env, text string) {
	if n := len(s.lines); n > 0 && s.lines[n-1].text == text {
		last := &s.lines[n-1]
		last.to = s.now
		last.times++
		if !slices.Contains(last.envs, env) {
			last.envs = append(last.envs, env)
		}
		return
	}
	l := scenarioLine{from: s.now, to: s.now, text: text, times: 1}
	if env != "" {
		l.envs = []string{env}
	}
	s.lines = append(s.lines, l)
}

// observe puts down an event.
func (e *scenarioEnvironment) observe(event recloser.Event) {
	text := string(event.Kind)
	switch event.Kind {
	case recloser.EventOpened, recloser.EventIsolated:
		text += fmt.Sprintf(" generation %d until %s, relapses %d (%v)",
			event.Generation, since0(event.OpenUntil), event.Relapses, event.Cause)
	case recloser.EventHalfOpened, recloser.EventClosed:
		text += fmt.Sprintf(" generation %d (%v)", event.Generation, event.Cause)
	case recloser.EventProbeSettled:
		text += fmt.Sprintf(": %v", event.Outcome)
	case recloser.EventOverridden:
		text += fmt.Sprintf(" %s until %s by %s: %s",
			event.Override.Mode, since0(event.Override.Until), event.Override.Actor, event.Override.Reason)
	case recloser.EventStoreFailed:
		text += fmt.Sprintf(" (%v)", event.Err)
	case recloser.EventWatched, recloser.EventUnwatched, recloser.EventProbeClaimed, recloser.EventOverrideEnded,
		recloser.EventStoreBack, recloser.EventPermitExpired, recloser.EventRejoined:
	}
	shared := []recloser.EventKind{
		recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed, recloser.EventWatched, recloser.EventUnwatched,
	}
	if !event.Made && slices.Contains(shared, event.Kind) {
		text = "learned: " + text
	}
	e.world.say(e.name, "* "+text)
}

// since0 says an instant as the time since the scenario began.
func since0(i recloser.Instant) string {
	if i == 0 {
		return "never"
	}
	return i.Sub(notation.Epoch).String()
}

// describeRecord says what the store holds.
func describeRecord(r recloser.Record) []string {
	if r == (recloser.Record{}) {
		return []string{"no record"}
	}
	head := fmt.Sprintf("%v since %s, generation %d, relapses %d (%v)",
		r.State, since0(r.Since), r.Generation, r.Relapses, r.Cause)
	if r.State == recloser.StateOpen {
		head += ", until " + since0(r.OpenUntil)
	}
	lines := []string{head}
	if o := r.Override; o.Mode != recloser.OverrideNone {
		lines = append(lines, fmt.Sprintf("override %s until %s by %s: %s", o.Mode, since0(o.Until), o.Actor, o.Reason))
	}
	if r.WatchSince != 0 || r.Share != 0 {
		line := fmt.Sprintf("watch since %s, share %v", since0(r.WatchSince), r.Share)
		if voices := slices.DeleteFunc(r.Voices[:], func(v string) bool { return v == "" }); len(voices) > 0 {
			slices.Sort(voices)
			line += ", voices " + strings.Join(voices, " ")
		}
		lines = append(lines, line)
	}
	for _, slot := range r.Window.Slots() {
		lines = append(lines, fmt.Sprintf("slot %s: %s, %d reports", since0(slot.Start), describeCounts(slot.Counts), slot.Reports))
	}
	for i, lease := range r.Probes {
		if lease.Token != "" {
			lines = append(lines, fmt.Sprintf("probe %d: %s until %s", i, lease.Token, since0(lease.End)))
		}
	}
	if r.ProbeOK+r.ProbeFailed > 0 {
		lines = append(lines, fmt.Sprintf("probes: %d ok, %d failed", r.ProbeOK, r.ProbeFailed))
	}
	return lines
}

func describeCounts(c recloser.Counts) string {
	return fmt.Sprintf("%d calls, %d failed, %d slow", c.Calls, c.Failures, c.Slow)
}

// describeStatus says what an environment knows, without asking the store.
func describeStatus(s recloser.Status) []string {
	head := fmt.Sprintf("%v, generation %d (%v), admits %v", s.State, s.Generation, s.Cause, s.Share)
	if s.Watched {
		head += ", watched"
	}
	if s.Override.Mode != recloser.OverrideNone {
		head += fmt.Sprintf(", forced %s until %s", s.Override.Mode, since0(s.Override.Until))
	}
	if s.Isolated {
		head += ", isolated"
	}
	if s.Detached {
		head += ", detached"
	}
	return []string{
		head,
		fmt.Sprintf("window: %s; in flight %d; admitted %d, rejected %d", describeCounts(s.Window), s.InFlight, s.Admitted, s.Rejected),
	}
}
