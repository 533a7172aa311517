package recloser_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/notation"
)

// scenarioWords are the words of a command that have not been read yet.
type scenarioWords struct{ left []string }

// splitCommand divides a command at its spaces; what is between quotes is one
// word.
func splitCommand(line string) (*scenarioWords, error) {
	var words []string
	for i, part := range strings.Split(line, `"`) {
		if i%2 == 1 {
			words = append(words, part)
		} else {
			words = append(words, strings.Fields(part)...)
		}
	}
	if strings.Count(line, `"`)%2 != 0 {
		return nil, errors.New("a quote is not closed")
	}
	return &scenarioWords{words}, nil
}

// next returns the next word, or nothing at the end.
func (w *scenarioWords) next() string {
	if len(w.left) == 0 {
		return ""
	}
	word := w.left[0]
	w.left = w.left[1:]
	return word
}

// take reads the next word if it is the one that is named.
func (w *scenarioWords) take(word string) bool {
	found := len(w.left) > 0 && w.left[0] == word
	if found {
		w.left = w.left[1:]
	}
	return found
}

// rest reads all words that are left.
func (w *scenarioWords) rest() []string {
	words := w.left
	w.left = nil
	return words
}

func (w *scenarioWords) duration() (time.Duration, error) { return time.ParseDuration(w.next()) }

func (w *scenarioWords) end() error {
	if len(w.left) > 0 {
		return fmt.Errorf("what does %q mean here?", strings.Join(w.left, " "))
	}
	return nil
}

// do carries out one command and returns what there is to answer.
func (s *scenario) do(line string) ([]string, error) {
	words, err := splitCommand(line)
	if err != nil {
		return nil, err
	}
	s.lines, s.terse = nil, false
	if words.take("at") {
		at, err := words.duration()
		if err != nil {
			return nil, err
		}
		if at < s.now {
			return nil, fmt.Errorf("it is %v already", s.now)
		}
		s.advance(at)
	}
	said, err := s.command(words)
	if err == nil {
		err = words.end()
	}
	var answers []string
	for _, l := range s.lines {
		answers = append(answers, l.String())
	}
	return append(answers, said...), err
}

// command carries out what stands after the time, and returns what is not said
// by an environment.
func (s *scenario) command(w *scenarioWords) ([]string, error) {
	switch word := w.next(); word {
	case "policy":
		return nil, notation.SetPolicy(&s.policy, w.rest()...)
	case "environment":
		return nil, s.newEnvironment(w)
	case "coin":
		return nil, s.setCoin(w)
	case "freeze", "step", "skew", "kill":
		return nil, s.disturb(word, w)
	case "store":
		return s.store.command(w)
	case "operator":
		return s.operate(w)
	case "record":
		if partition := w.next(); partition != "" {
			return describeRecord(s.store.raw("payments/" + partition)), nil
		}
		return describeRecord(s.store.raw("payments")), nil
	case "hostile":
		if !w.take("record") {
			return nil, fmt.Errorf("hostile is a record, not %q", w.next())
		}
		r, err := notation.Record(w.rest()...)
		s.store.plant("payments", r)
		return nil, err
	default:
		return s.behave(strings.Split(word, ","), w)
	}
}

func (s *scenario) newEnvironment(w *scenarioWords) error {
	name, partition, alone := w.next(), "", false
	if s.envs[name] != nil || name == "" {
		return fmt.Errorf("an environment needs a name of its own, not %q", name)
	}
	for word := w.next(); word != ""; word = w.next() {
		value, found := strings.CutPrefix(word, "partition=")
		switch {
		case found:
			partition = value
		case word == "alone":
			alone = true
		default:
			return fmt.Errorf("an environment has a partition=, or is alone, not %q", word)
		}
	}
	_, err := s.create(name, partition, alone)
	return err
}

func (s *scenario) setCoin(w *scenarioWords) error {
	target := &s.coin
	if len(w.left) > 1 {
		e, err := s.environment(w.next())
		if err != nil {
			return err
		}
		target = &e.coin
	}
	coin, err := strconv.ParseFloat(w.next(), 64)
	if err != nil || coin < 0 || coin >= 1 {
		return fmt.Errorf("a coin shows a number in [0, 1): %w", errors.Join(err, errors.ErrUnsupported))
	}
	*target = coin
	return nil
}

// disturb does to an environment what it cannot help.
func (s *scenario) disturb(how string, w *scenarioWords) error {
	e, err := s.environment(w.next())
	if err != nil {
		return err
	}
	if how == "kill" {
		s.say(e.name, fmt.Sprintf("is gone, with %d calls in flight", e.breaker.Status().InFlight))
		e.breaker.Close()
		e.timers = nil
		delete(s.envs, e.name)
		return nil
	}
	d, err := w.duration()
	switch {
	case err != nil:
		return err
	case how == "freeze":
		e.freeze(d)
	case how == "step":
		e.wall += d
	default:
		e.wall = d
	}
	return nil
}

func (s *scenarioStore) command(w *scenarioWords) ([]string, error) {
	switch word := w.next(); word {
	case "down":
		s.down = true
	case "up":
		s.down, s.takes = false, 0
	case "takes":
		d, err := w.duration()
		s.takes = d
		return nil, err
	case "loses-answer":
		s.fault = losesAnswer
	case "cuts-answer":
		s.fault = cutsAnswer
	case "loses-write":
		s.fault = losesWrite
	case "delays-write", "freezes-writer":
		d, err := w.duration()
		s.fault, s.delay = delaysWrite, d
		if word == "freezes-writer" {
			s.fault = freezesWriter
		}
		return nil, err
	case "counts":
		said := fmt.Sprintf("%d reads, %d writes, %d of them conflicts", s.reads, s.writes, s.conflicts)
		s.reads, s.writes, s.conflicts = 0, 0, 0
		return []string{said}, nil
	default:
		return nil, fmt.Errorf("a store is down, up, takes, loses-answer, cuts-answer, loses-write, delays-write, freezes-writer or counts, not %q", word)
	}
	return nil, nil
}

// operate is an operator's hand: read the record, write under its generation.
func (s *scenario) operate(w *scenarioWords) ([]string, error) {
	r := s.store.raw("payments")
	now := notation.Epoch.Add(s.now)
	var change recloser.Write
	verb := w.next()
	switch verb {
	case "opens", "closes":
		o := recloser.Override{Mode: recloser.OverrideOpen}
		if verb == "closes" {
			o.Mode = recloser.OverrideClosed
		}
		if !w.take("for") {
			return nil, errors.New("for how long?")
		}
		d, err := w.duration()
		if err != nil {
			return nil, err
		}
		o.Until, o.Reason = now.Add(d), w.next()
		if !w.take("by") {
			return nil, errors.New("by whom?")
		}
		o.Actor = w.next()
		if err := o.Validate(); err != nil {
			return nil, err
		}
		change = recloser.SetOverride{Generation: r.Generation, Override: o}
	case "releases":
		change = recloser.SetOverride{Generation: r.Generation}
	case "resets":
		cause := recloser.Cause{Rule: recloser.RuleReset, Reason: w.next()}
		if cause.Reason != "" && !w.take("by") {
			return nil, errors.New("by whom?")
		}
		cause.Actor = w.next()
		change = recloser.Transition{Generation: r.Generation, To: recloser.StateClosed, Since: now, Cause: cause}
	default:
		return nil, fmt.Errorf("an operator opens, closes, releases or resets, not %q", verb)
	}
	next, err := s.store.apply(s.tb.Context(), "payments", change)
	if verb == "opens" || verb == "closes" {
		return describeRecord(next)[1:2], err
	}
	return describeRecord(next)[:1], err
}
