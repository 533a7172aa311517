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
	while := func(verb string, meanwhile func(*recloser.Record)) step {
		return step{verb: verb, took: 80 * time.Millisecond, meanwhile: meanwhile}
	}
	late := func(faults ...storeFault) step {
		return step{verb: "succeeds", lag: 400 * time.Millisecond, faults: faults}
	}
	lessShare := func(r *recloser.Record) { r.Share /= 10 }
	one := counted(time.Second, 0, 0, recloser.Counts{Calls: 1})
	return map[string]planted{
		"heard by three voices":     {counted(time.Second, 3, -time.Second, dead), succeeds, 0, true},
		"not heard":                 {counted(time.Second, 2, -time.Second, dead), succeeds, 0, false},
		"heard by age":              {counted(6*time.Second, 0, -time.Second, dead), succeeds, 0, true},
		"heard in a ramp":           {recovered(3*time.Second, counted(time.Second, 0, -time.Second, dead)), succeeds, 0, true},
		"not heard after a ramp":    {recovered(31*time.Second, counted(time.Second, 0, -time.Second, dead)), succeeds, 0, false},
		"a relapse":                 {recovered(35*time.Second, counted(6*time.Second, 0, -time.Second, dead)), succeeds, 0, true},
		"no relapse":                {recovered(41*time.Second, counted(6*time.Second, 0, -time.Second, dead)), succeeds, 0, true},
		"too few calls":             {counted(6*time.Second, 3, -time.Second, recloser.Counts{Calls: 8, Failures: 8}), fails, 0.999, false},
		"no confidence":             {counted(6*time.Second, 3, -time.Second, recloser.Counts{Calls: 11, Failures: 6}), succeeds, 0, false},
		"before the watch":          {counted(2*time.Second, 3, -4*time.Second, dead), succeeds, 0, false},
		"slow":                      {counted(6*time.Second, 3, -time.Second, recloser.Counts{Calls: 60, Slow: 60}), succeeds, 0, true},
		"far ahead":                 {counted(6*time.Second, 3, 10*time.Second, dead), succeeds, 0, false},
		"more failures than calls":  {counted(6*time.Second, 3, -time.Second, recloser.Counts{Calls: 10, Failures: 30}), succeeds, 0, true},
		"a watch that ends":         {counted(11*time.Second, 0, -11*time.Second, recloser.Counts{Calls: 3}), succeeds, 0, false},
		"a watch that is not over":  {counted(9*time.Second, 0, -9*time.Second, recloser.Counts{Calls: 3}), succeeds, 0.999, false},
		"a watch with a slow call":  {counted(30*time.Second, 0, -5*time.Second, recloser.Counts{Calls: 3, Slow: 1}), succeeds, 0.999, false},
		"a budget that is spent":    {counted(time.Second, 1, 0, recloser.Counts{Calls: 30, Failures: 2, Reports: 25}), fails, 0, false},
		"a calm budget":             {counted(7*time.Second, 1, 0, recloser.Counts{Calls: 100, Failures: 1, Reports: 4}), succeeds, 0, false},
		"a budget of what is wrong": {counted(7*time.Second, 1, 0, recloser.Counts{Calls: 100, Failures: 30, Reports: 4}), succeeds, 0, false},
		"a share that fell": {func() recloser.Record {
			r := counted(time.Second, 0, 0, recloser.Counts{Calls: 1})
			r.Share = 0.3
			return r
		}(), succeeds, 0.29, false},
		"a share that falls":          {one, while("succeeds", lessShare), 0.5, false},
		"a share that falls less":     {one, while("succeeds", lessShare), 0.05, false},
		"a watch that has ended":      {one, while("succeeds", func(r *recloser.Record) { r.WatchSince, r.Window = 0, recloser.Window{} }), 0, false},
		"another watch":               {one, while("succeeds", func(r *recloser.Record) { r.WatchSince++ }), 0, false},
		"another generation":          {one, while("fails", func(r *recloser.Record) { r.Generation++ }), 0, false},
		"a lease within the margin":   {half(0, 0, "other", -2*time.Second), succeeds, 0, false},
		"a lease beyond the margin":   {half(0, 0, "other", -4*time.Second), succeeds, 0, false},
		"a lease without end":         {half(0, 0, "other", time.Hour), succeeds, 0, false},
		"one that failed too often":   {half(0, 1, "", 0), succeeds, 0, true},
		"enough have succeeded":       {half(3, 0, "", 0), succeeds, 0, false},
		"the last probe":              {half(2, 0, "", 0), succeeds, 0, false},
		"a probe that fails":          {half(2, 0, "", 0), step{verb: "fails", asked: 400 * time.Second}, 0, true},
		"an open time beyond longest": {opened(-time.Second, 24*time.Hour), succeeds, 0, false},
		"an open time to come":        {opened(time.Hour, 2*time.Hour), succeeds, 0, false},
		"spread":                      {opened(-10*time.Second, 0), succeeds, 0.5, false},
		"no spread is left":           {opened(-11*time.Second, -time.Second), succeeds, 0.5, false},
		"closed alone, late":          {half(3, 0, "", 0), late(storeWell, storeDown), 0.3, false},
		"opened alone, late":          {half(0, 1, "", 0), late(storeWell, storeDown), 0.3, false},
		"closed by a lost answer":     {half(3, 0, "", 0), late(storeWell, storeLost), 0.3, false},
		"opened by a lost answer":     {half(0, 1, "", 0), late(storeWell, storeLost), 0.3, true},
		"forced open, alone":          {forced(recloser.OverrideOpen, 20*time.Second, half(0, 1, "", 0)), late(storeWell, storeDown), 0, false},
		"forced closed, alone":        {forced(recloser.OverrideClosed, 20*time.Second, half(0, 1, "", 0)), late(storeWell, storeDown), 0.9, false},
		"alone in an open time":       {opened(-time.Second, 9*time.Second), late(storeDown), 0, false},
		"alone in a ramp":             {recovered(15*time.Second, recloser.Record{Generation: 2}), late(storeDown), 0.9, false},
		"forced open":                 {forced(recloser.OverrideOpen, time.Second, recloser.Record{}), succeeds, 0, false},
		"forced open until now":       {forced(recloser.OverrideOpen, 0, recloser.Record{}), succeeds, 0, false},
		"forced closed":               {forced(recloser.OverrideClosed, time.Second, counted(time.Second, 1, 0, recloser.Counts{Calls: 1})), fails, 0, false},
		"forced closed until now":     {forced(recloser.OverrideClosed, 0, opened(-time.Second, 9*time.Second)), succeeds, 0, false},
		"half of a ramp":              {recovered(15*time.Second, recloser.Record{Generation: 2}), succeeds, 0.54, false},
		"less than half of it":        {recovered(15*time.Second, recloser.Record{Generation: 2}), succeeds, 0.56, false},
	}
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
