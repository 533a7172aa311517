package notation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/notation"
)

// TestRecord: every attribute is read, and goes where it belongs.
func TestRecord(t *testing.T) {
	at := func(d time.Duration) recloser.Instant { return notation.Epoch.Add(d) }
	full := recloser.Record{
		Schema: 2, Generation: 1<<64 - 1, State: recloser.StateHalfOpen, Cause: recloser.Cause{Rule: recloser.RuleSlowRate},
		Since: at(time.Second), OpenUntil: at(time.Minute), Relapses: -3, WatchSince: at(-time.Second), Share: 0.5,
		Voices: [recloser.MaxVoices]string{"x", "y"}, ProbeOK: 4, ProbeFailed: 5,
	}
	full.Window = full.Window.Add(at(7*time.Second), recloser.Counts{Calls: 1, Failures: 2, Slow: 3})
	full.Window = full.Window.Add(at(9*time.Second), recloser.Counts{Calls: -1})
	full.Probes[recloser.MaxProbes-1] = recloser.Lease{Token: "mallory", End: at(time.Hour)}
	for words, want := range map[string]recloser.Record{
		"": {Schema: recloser.Schema},
		"schema=2 generation=18446744073709551615 state=half_open rule=slow_rate since=1s open_until=1m relapses=-3 watch_since=-1s share=50% " +
			"voices=x,y probe_ok=4 probe_failed=5 slot=7s:1:2:3 slot=9s:-1:0:0 probe=7:mallory:1h": full,
	} {
		if got, err := notation.Record(strings.Fields(words)...); err != nil || got != want {
			t.Errorf("%s\nis read as %+v, error %v\nwant       %+v", words, got, err, want)
		}
	}
}

// TestRecordIsChecked: nothing that is not known passes as an attribute.
func TestRecordIsChecked(t *testing.T) {
	for _, word := range []string{
		"", "state", "jitter=1", "schema=", "schema=one", "generation=-1", "state=ajar", "since=5", "open_until=", "relapses=1.5", "watch_since=now",
		"share=half", "voices=a,b,c,d", "probe_ok=x", "probe_failed=", "slot=1s:1:2", "slot=1s:1:2:3:4", "slot=1:1:2:3", "slot=1s::2:3",
		"slot=1s:1:x:3", "slot=1s:1:2:", "probe=0:a", "probe=8:a:1s", "probe=-1:a:1s", "probe=:a:1s", "probe=0:a:1", "probe=0:a:1s:2s",
	} {
		if r, err := notation.Record("generation=1", word); err == nil || !strings.HasPrefix(err.Error(), word+": ") {
			t.Errorf("%q is read as %+v, error %v", word, r, err)
		}
	}
}

// TestSetPolicy: a key is set by its path or the end of it.
func TestSetPolicy(t *testing.T) {
	p := recloser.DefaultPolicy()
	want := recloser.DefaultPolicy()
	want.OpenFor.Cooldown, want.OpenFor.Backoff, want.Ramp.Over = 11*time.Second, 1.5, 0
	want.OpenWhen.MinCalls, want.OpenWhen.FailureRate, want.WhenStoreFails = 7, 0.25, recloser.StoreFailureAllow
	err := notation.SetPolicy(&p, "open_for.cooldown=11s", "backoff=1.5", "over=0s", "min_calls=7", "failure_rate=25%", "when_store_fails=allow")
	if err != nil || p != want {
		t.Errorf("got %+v, error %v", p, err)
	}
}

// TestSetPolicyIsChecked: a misspelt key, half a name, a value that is none, and
// what makes no valid policy are errors.
func TestSetPolicyIsChecked(t *testing.T) {
	for _, word := range []string{
		"", "cooldwn=10s", "for.cooldown=10s", "cooldown=10", "min_calls=many", "backoff=twice", "failure_rate=half", "when_store_fails=sulk", "cooldown=1s",
	} {
		p := recloser.DefaultPolicy()
		if err := notation.SetPolicy(&p, word); err == nil {
			t.Errorf("%q was taken for a setting: %+v", word, p)
		}
	}
}
