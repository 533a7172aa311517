package recloser_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestRecordBegins: the zero record is that of a circuit nobody has written.
func TestRecordBegins(t *testing.T) {
	p := recloser.DefaultPolicy()
	v := recloser.Record{}.At(noon)
	if got := p.Admit(v, 0.999999); got != (recloser.Admission{}) {
		t.Errorf("got %+v", got)
	}
	if got := p.StateOf(v); got != recloser.StateClosed {
		t.Errorf("the state is %v", got)
	}
	if err := v.Check(); err != nil {
		t.Error(err)
	}
	if got := v.Cause.String(); got != "new" {
		t.Errorf("the cause is %q", got)
	}
}

func TestRecordCheck(t *testing.T) {
	for schema, want := range map[int]bool{-1: true, 0: true, recloser.Schema: true, recloser.Schema + 1: false, 1 << 40: false} {
		err := recloser.Record{Schema: schema}.Check()
		if (err == nil) != want || (err != nil && !errors.Is(err, recloser.ErrSchema)) {
			t.Errorf("schema %d: got %v", schema, err)
		}
		if err != nil && !strings.Contains(err.Error(), "this version knows 1; upgrade it, or roll the writer back") {
			t.Errorf("schema %d: the error %q does not say what to do", schema, err)
		}
	}
}

func TestCauseString(t *testing.T) {
	for _, row := range []struct {
		cause recloser.Cause
		want  string
	}{
		{recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Span: 2 * time.Second}, "failure_rate: 12 of 14 calls failed, 0 were slow in 2s"},
		{recloser.Cause{Rule: recloser.RuleSlowRate, Calls: 20, Failures: 1, Slow: 18, Span: 10 * time.Second}, "slow_rate: 1 of 20 calls failed, 18 were slow in 10s"},
		{recloser.Cause{Rule: recloser.RuleConsecutive, Failures: 5}, "consecutive: 5 failures in a row"},
		{recloser.Cause{Rule: recloser.RuleProbeFailed, Calls: 3, Failures: 1}, "probe_failed: 1 of 3 probes failed"},
		{recloser.Cause{Rule: recloser.RuleRecovered, Calls: 3}, "recovered: 0 of 3 probes failed"},
		{recloser.Cause{Rule: recloser.RuleCooledDown}, "cooled_down"},
		{recloser.Cause{Rule: recloser.RuleReset}, "reset"},
		{recloser.Cause{Rule: "of a later version"}, "of a later version"},
	} {
		if got := row.cause.String(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

// TestVoicesAreASet: whoever comes first, the same are named, and each once.
func TestVoicesAreASet(t *testing.T) {
	names := []string{"d", "b", "a", "c", "b", "", "a"}
	want := [recloser.MaxVoices]string{"a", "b", "c"}
	for turn := range names {
		r := recloser.Record{WatchSince: noon}
		for i := range names {
			next, made := r.Apply(recloser.Report{Watch: noon, Voice: names[(turn+i)%len(names)]})
			if !made {
				t.Fatalf("%+v takes no report", r)
			}
			r = next
		}
		if r.Voices != want {
			t.Errorf("beginning with the name %d: got %q, want %q", turn, r.Voices, want)
		}
	}
}
