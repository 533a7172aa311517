package recloser_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// forcing returns an override that ends an hour after noon.
func forcing(mode recloser.OverrideMode) recloser.Override {
	if mode == recloser.OverrideNone {
		return recloser.Override{}
	}
	return recloser.Override{Mode: mode, Until: noon.Add(time.Hour), Actor: "ops", Reason: "drill"}
}

func TestOverrideValidate(t *testing.T) {
	for _, row := range []struct {
		name  string
		spoil func(*recloser.Override)
		says  string
	}{
		{"sound", func(*recloser.Override) {}, ""},
		{"taken back", func(o *recloser.Override) { *o = recloser.Override{} }, ""},
		{"no reason", func(o *recloser.Override) { o.Reason = "" }, ""},
		{"longest", func(o *recloser.Override) { o.Actor, o.Reason = strings.Repeat("é", 64), strings.Repeat("é", 128) }, ""},
		{"another mode", func(o *recloser.Override) { o.Mode = "half_open" }, `is open or closed, not "half_open"`},
		{"a long mode", func(o *recloser.Override) { o.Mode = recloser.OverrideMode(strings.Repeat("x", 1<<20)) }, "is open or closed, not"},
		{"no end", func(o *recloser.Override) { o.Until = 0 }, "needs an end"},
		{"an end before all", func(o *recloser.Override) { o.Until = math.MinInt64 }, "needs an end"},
		{"no actor", func(o *recloser.Override) { o.Actor = "" }, "an actor of 1 to 128 bytes, not 0"},
		{"a long actor", func(o *recloser.Override) { o.Actor = strings.Repeat("a", 129) }, "an actor of 1 to 128 bytes, not 129"},
		{"a long reason", func(o *recloser.Override) { o.Reason = strings.Repeat("a", 257) }, "at most 256 bytes, not 257"},
		{"an actor that is no text", func(o *recloser.Override) { o.Actor = "ops\xff" }, "UTF-8"},
		{"a reason that is no text", func(o *recloser.Override) { o.Reason = "\xc3" }, "UTF-8"},
	} {
		o := forcing(recloser.OverrideOpen)
		row.spoil(&o)
		err := o.Validate()
		if (err == nil) != (row.says == "") {
			t.Errorf("%s: got the error %v", row.name, err)
		}
		if err != nil && (!strings.Contains(err.Error(), row.says) || len(err.Error()) > 200) {
			t.Errorf("%s: the error %q does not say %q", row.name, err, row.says)
		}
	}
}

// recordIn returns a record that is in the state at noon, and stays in it.
func recordIn(state recloser.State) recloser.Record {
	r := recloser.Record{Schema: recloser.Schema, Generation: 8, State: state, Since: noon.Add(-time.Second)}
	switch state {
	case recloser.StateOpen:
		r.OpenUntil = noon.Add(5 * time.Second)
	case recloser.StateHalfOpen:
		r.Probes[0] = recloser.Lease{Token: "mine", End: noon.Add(4 * time.Second)}
	case recloser.StateClosed:
	}
	return r
}

// TestOverrideDecides: in every state, until its end and not a moment longer,
// and whatever the record's own times say. LAWS.md, S7 and S9.
func TestOverrideDecides(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, state := range states {
		for _, mode := range []recloser.OverrideMode{recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed, "sideways"} {
			for _, left := range []time.Duration{time.Hour, time.Millisecond, 0, -time.Millisecond} {
				t.Run(fmt.Sprintf("%v/%q/%v", state, mode, left), func(t *testing.T) {
					v := recordIn(state).At(noon)
					plain, share, below := p.Admit(v, 0.5), p.AdmittedShare(v), p.StateOf(v)
					v.Override = recloser.Override{Mode: mode, Until: noon.Add(left), Actor: "ops"}
					switch {
					case left <= 0:
					case mode == recloser.OverrideOpen:
						plain, share = recloser.Admission{Verdict: recloser.VerdictReject, Reason: recloser.ReasonForcedOpen, RetryAfter: left}, 0
					case mode == recloser.OverrideClosed:
						plain, share = recloser.Admission{Verdict: recloser.VerdictAdmit}, 1
					}
					if got := p.Admit(v, 0.5); got != plain {
						t.Errorf("got %+v, want %+v", got, plain)
					}
					if got := p.AdmittedShare(v); got != share {
						t.Errorf("the share admitted is %v, want %v", got, share)
					}
					// The state goes on underneath.
					if got := p.StateOf(v); got != below {
						t.Errorf("the state is %v, want %v", got, below)
					}
				})
			}
		}
	}
}

// TestNoStepTakesAnOverrideBack: every automatic step leaves it alone.
// LAWS.md, S9.
func TestNoStepTakesAnOverrideBack(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, mode := range []recloser.OverrideMode{recloser.OverrideOpen, recloser.OverrideClosed} {
		r := recloser.Record{Override: forcing(mode)}
		step := func(w recloser.Write, ok bool) {
			t.Helper()
			next, made := r.Apply(w)
			if !ok || !made || next.Override != r.Override {
				t.Fatalf("%+v: due is %t, made is %t, and the override is %+v", w, ok, made, next.Override)
			}
			r = next
		}
		watch, ok := p.WatchStart(r.At(noon), false)
		step(watch, ok)
		v := r.At(noon.Add(6 * time.Second))
		step(p.Report(v, "a", []recloser.Slot{{Start: noon.Add(5 * time.Second), Counts: failing(20, 20)}}), true)
		trip, ok := p.Due(r.At(v.Now), 0)
		step(trip, ok)
		v = r.At(v.Now.Add(p.OpenFor.Cooldown))
		step(p.Claim(v, 0, "token"), true)
		step(recloser.Settle{Generation: r.Generation, Token: "token"}, true)
		r.ProbeOK = p.HalfOpen.Successes
		closing, ok := p.Due(r.At(v.Now), 0)
		step(closing, ok)
		if r.Generation != 3 || r.State != recloser.StateClosed {
			t.Errorf("the circuit has come to %+v", r)
		}
	}
}
