package workflow_test

import (
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// counted is a closed, watched record: of a watch of an age, heard by some voices,
// with counts at a time from now.
func counted(age time.Duration, voices int, at time.Duration, c recloser.Counts) recloser.Record {
	r := recloser.Record{Generation: 2, WatchSince: epoch.Add(-age), Share: 1, Since: epoch.Add(-time.Hour), Cause: recloser.Cause{Rule: recloser.RuleReset}}
	for i := range voices {
		r.Voices[i] = string(rune('a' + i))
	}
	r.Window = r.Window.Add(epoch.Add(at), c)
	return r
}

// recovered makes it a record that has closed after probes, a time ago.
func recovered(ago time.Duration, r recloser.Record) recloser.Record {
	r.Since, r.Cause.Rule, r.Relapses = epoch.Add(-ago), recloser.RuleRecovered, 2
	return r
}

// half is a half-open record whose only slot may be taken.
func half(ok, failed int, token string, end time.Duration) recloser.Record {
	r := halfOpen(ok, failed)
	if token != "" {
		r.Probes[0] = recloser.Lease{Token: token, End: epoch.Add(end)}
	}
	return r
}

func opened(since, until time.Duration) recloser.Record {
	return recloser.Record{State: recloser.StateOpen, Generation: 3, Since: epoch.Add(since), OpenUntil: epoch.Add(until), Cause: recloser.Cause{Rule: recloser.RuleFailureRate}}
}

func forced(mode recloser.OverrideMode, until time.Duration, r recloser.Record) recloser.Record {
	r.Override = recloser.Override{Mode: mode, Until: epoch.Add(until), Actor: "ops", Reason: "r"}
	return r
}

// planted is a record in which one call is made.
type planted struct {
	record recloser.Record
	step   step
	coin   float64
	opens  bool // which the core must do, or not
}

func allPlanted() map[string]planted {
	dead := recloser.Counts{Calls: 20, Failures: 20, Reports: 2}
	fails, succeeds := step{verb: "fails"}, step{verb: "succeeds"}
	return map[string]planted{}
}

// TestPlanted: each condition of the core decides as it does there, in a record
// that differs from its neighbour by that alone. LAWS.md, W1.
func TestPlanted(t *testing.T) {
	engine := newEngine(t)
	policy := recloser.DefaultPolicy()
	policy.OpenWhen.Consecutive = 0
	for name, row := range allPlanted() {
		t.Run(name, func(t *testing.T) {
			p := newPair(t, engine, policy)
			p.coin, row.record.Schema = row.coin, recloser.Schema
			p.plant("payments", row.record)
			p.records.plant("payments", row.record)
			core, machine := p.call(row.step)
			if core != machine {
				t.Errorf("the core says %s, the machine %s", core, machine)
			}
			if diff := p.compare("payments"); diff != "" {
				t.Error(diff)
			}
			r := p.records.record("payments")
			if opens := r.State == recloser.StateOpen && r.Generation > row.record.Generation; opens != row.opens {
				t.Errorf("it opens: %t, by %s", opens, brief(r))
			}
		})
	}
}
