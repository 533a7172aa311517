package recloser_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// rampingAt returns the view of a circuit that closed at noon.
func rampingAt(age, held time.Duration) recloser.View {
	v := recloser.Record{Since: noon, Cause: recloser.Cause{Rule: recloser.RuleRecovered}}.At(noon.Add(age))
	v.Held = held
	return v
}

// LAWS.md, R1.
func TestRamp(t *testing.T) {
	p := recloser.DefaultPolicy() // From 10% over 30s.
	for _, row := range []struct {
		age, held time.Duration
		share     recloser.Share
		left      time.Duration
	}{
		{0, 0, 0.1, 30 * time.Second},
		{10 * time.Second, 0, 0.4, 20 * time.Second},
		{10 * time.Second, 10 * time.Second, 0.4, 20 * time.Second},
		{29 * time.Second, 0, 0.97, time.Second},
		{30 * time.Second, 0, 1, 0},
		{time.Hour, 0, 1, 0},
		{-time.Hour, 0, 0.1, 30 * time.Second},                // The clock stepped back.
		{-time.Hour, 20 * time.Second, 0.7, 10 * time.Second}, // And that extends nothing.
		{0, time.Hour, 1, 0},
	} {
		v := rampingAt(row.age, row.held)
		share := p.RampShare(v)
		if math.Abs(float64(share-row.share)) > 1e-9 {
			t.Errorf("%v after, known for %v: the share is %v, want %v", row.age, row.held, share, row.share)
		}
		if got := p.AdmittedShare(v); got != share {
			t.Errorf("%v after, known for %v: %v are admitted, want %v", row.age, row.held, got, share)
		}
		below := math.Nextafter(float64(share), 0)
		if got := p.Admit(v, below); got != (recloser.Admission{Verdict: recloser.VerdictAdmit}) {
			t.Errorf("%v after, a coin below the share: got %+v", row.age, got)
		}
		want := recloser.Admission{Verdict: recloser.VerdictReject, Reason: recloser.ReasonRamp, RetryAfter: row.left}
		if share == 1 {
			want = recloser.Admission{Verdict: recloser.VerdictAdmit}
		}
		if got := p.Admit(v, min(float64(share), math.Nextafter(1, 0))); got != want {
			t.Errorf("%v after, a coin at the share: got %+v, want %+v", row.age, got, want)
		}
	}
}

// TestRampIsOfRecoveries: a circuit that is new, or closed by hand, admits all.
func TestRampIsOfRecoveries(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, rule := range []recloser.Rule{"", recloser.RuleReset, recloser.RuleFailureRate, recloser.RuleCooledDown} {
		v := rampingAt(0, 0)
		v.Cause.Rule = rule
		if got := p.RampShare(v); got != 1 {
			t.Errorf("closed by %q: the share is %v", rule, got)
		}
	}
	for _, state := range []recloser.State{recloser.StateOpen, recloser.StateHalfOpen} {
		v := rampingAt(0, 0)
		v.State = state
		if got := p.AdmittedShare(v); got != 0 {
			t.Errorf("%v: %v are admitted", state, got)
		}
	}
	p.Ramp.Over = 0
	if got := p.RampShare(rampingAt(0, 0)); got != 1 {
		t.Errorf("without a ramp, the share is %v", got)
	}
}

// TestRampOnlyGrows: with time, by either clock, and within its bounds.
func TestRampOnlyGrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPolicy.Draw(t, "policy")
		some := rapid.Int64Range(0, int64(25*time.Hour))
		age, held := time.Duration(some.Draw(t, "age")), time.Duration(some.Draw(t, "held"))
		later, longer := time.Duration(some.Draw(t, "later")), time.Duration(some.Draw(t, "longer"))
		share := p.RampShare(rampingAt(age, held))
		if share < p.Ramp.From && p.Ramp.Over > 0 || share > 1 {
			t.Fatalf("the share is %v", share)
		}
		if next := p.RampShare(rampingAt(age+later, held+longer)); next < share {
			t.Fatalf("the share was %v, and is %v", share, next)
		}
	})
}
