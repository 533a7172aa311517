package recloser_test

import (
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
)

var states = [...]recloser.State{recloser.StateClosed, recloser.StateOpen, recloser.StateHalfOpen}

func TestStateText(t *testing.T) {
	for i, want := range []string{"closed", "open", "half_open"} {
		text, err := states[i].MarshalText()
		if err != nil || string(text) != want || states[i].String() != want {
			t.Errorf("state %d is written as %q with the error %v, and said as %q; want %q", i, text, err, states[i], want)
		}
		var s recloser.State
		if err := s.UnmarshalText(text); err != nil || s != states[i] {
			t.Errorf("%q is read as %v with the error %v", text, s, err)
		}
	}
	if text, err := recloser.State(3).MarshalText(); err == nil || text != nil {
		t.Errorf("a fourth state is written as %q with the error %v", text, err)
	}
	if got := recloser.State(3).String(); got != "state(3)" {
		t.Errorf("a fourth state is said as %q", got)
	}
}

func TestStateTextIsRefused(t *testing.T) {
	for _, text := range []string{"", "Closed", "half-open", "forced_open", "open ", "state(3)", strings.Repeat("x", 1000)} {
		s := recloser.StateOpen
		err := s.UnmarshalText([]byte(text))
		if err == nil || s != recloser.StateOpen || !strings.Contains(err.Error(), "closed, open or half_open") {
			t.Errorf("%q is read as %v with the error %v", text, s, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

func TestOutcomeText(t *testing.T) {
	for o, want := range map[recloser.Outcome]string{
		recloser.OutcomeSuccess: "success", recloser.OutcomeFailure: "failure",
		recloser.OutcomeSlow: "slow", recloser.OutcomeIgnored: "ignored", 4: "outcome(4)",
	} {
		text, err := o.MarshalText()
		if err != nil || string(text) != want || o.String() != want {
			t.Errorf("outcome %d is written as %q with the error %v, want %q", uint8(o), text, err, want)
		}
	}
}
