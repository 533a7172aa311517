package workflow_test

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// allAsked returns the executions of guard, recovery, hold and redrive that moto is
// asked about.
func allAsked() []asked {
	return append(askedOfGuard(), askedOfOthers()...)
}

// heardOf is a watched record that has counted so many calls and failures.
func heardOf(calls, failures int) recloser.Record {
	r := watched(6_000)
	r.Window = r.Window.Add(epoch.Add(-2*time.Second), recloser.Counts{Calls: calls, Failures: failures, Reports: 3})
	r.Voices = [recloser.MaxVoices]string{"a", "b", "c"}
	return r
}

func askedOfGuard() []asked {
	ok, fails, ignored := map[string]any{"n": 1}, map[string]any{"fails": "Failed"}, map[string]any{"fails": "Ignored"}
	status := map[string]any{"answers": map[string]any{"statusCode": 503, "headers": map[string]any{"Retry-After": "20"}}}
	inner := map[string]any{"answers": map[string]any{"errorType": "Inner", "errorMessage": "with 'quotes' and \"more\""}}
	as := func(payload map[string]any, whenOpen string) map[string]any {
		c := call(payload)
		if whenOpen != "" {
			c["when_open"] = whenOpen
		}
		return c
	}
	taken := halfOpen(0, 0)
	taken.Probes[0] = recloser.Lease{Token: "other", End: epoch + 2_000}
	expired := halfOpen(0, 0)
	expired.Probes[0] = recloser.Lease{Token: "other", End: epoch - 5_000}
	forced := func(mode recloser.OverrideMode, r recloser.Record) recloser.Record {
		r.Override = recloser.Override{Mode: mode, Until: epoch + 60_000, Actor: "ops", Reason: "a \"reason\""}
		return r
	}
	ramping := recloser.Record{Generation: 4, Since: epoch - 100, Cause: recloser.Cause{Rule: recloser.RuleRecovered}}
	newer := recloser.Record{Schema: recloser.Schema + 1, Generation: 9}
	list := []asked{
		{name: "healthy", input: as(ok, "")},
		{name: "first to fail", input: as(fails, "")},
		{name: "ignored", input: as(ignored, "")},
		{name: "status", input: as(status, "")},
		{name: "error with 200", input: as(inner, "")},
		{name: "open", record: shut(), input: as(ok, "")},
		{name: "open and parks", record: shut(), input: as(ok, "park")},
		{name: "open and falls back", record: shut(), input: as(ok, "fallback")},
		{name: "fallback fails", record: shut(), input: as(fails, "fallback")},
		{name: "open and waits", record: shut(), input: as(ok, "wait")},
		{name: "probe", record: open(), input: as(ok, "")},
		{name: "probe is ignored", record: open(), input: as(ignored, "")},
		{name: "another probe", record: halfOpen(1, 0), input: as(ok, "")},
		{name: "last probe", record: halfOpen(2, 0), input: as(ok, "")},
		{name: "slot is taken", record: taken, input: as(ok, "")},
		{name: "slot is taken over", record: expired, input: as(ok, "")},
		{name: "close is due", record: halfOpen(3, 0), input: as(ok, "")},
		{name: "watched", record: watched(1_000), input: as(ok, "")},
		{name: "watched and fails", record: watched(1_000), input: as(fails, "")},
		{name: "watched and not drawn", record: func() recloser.Record { r := watched(1_000); r.Share = 0.5; return r }(), input: as(fails, ""), coin: 0.9},
		{name: "watch ends", record: watched(20_000), input: as(ok, "")},
		{name: "watch of no evidence", record: heardOf(20, 8), input: as(fails, "")},
		{name: "ramp", record: ramping, input: as(ok, ""), coin: 0.9},
		{name: "ramp admits", record: ramping, input: as(ok, "")},
		{name: "forced open", record: forced(recloser.OverrideOpen, recloser.Record{}), input: as(ok, "")},
		{name: "forced closed", record: forced(recloser.OverrideClosed, shut()), input: as(fails, "")},
		{name: "newer", record: newer, input: as(ok, "")},
		{name: "unknown circuit", input: map[string]any{"circuit": "other", "task": map[string]any{"lambda": "f"}}},
		{name: "no task", input: map[string]any{"payload": 1}},
		{name: "no such wish", input: as(ok, "shout")},
	}
	for i := range list {
		list[i].machine = "guard"
	}
	return list
}

func askedOfOthers() []asked {
	ok, fails := call(map[string]any{"n": 1}), call(map[string]any{"fails": "Failed"})
	task := map[string]any{"lambda": "payments"}
	return []asked{
		// The opening starts the recovery, which waits, probes three times and closes.
		{name: "opens and recovers", machine: "guard", record: heardOf(20, 19), input: call(map[string]any{"fails": "Failed"})},
		{name: "relapses and recovers", machine: "guard", record: halfOpen(0, 0), input: call(map[string]any{"fails": "Failed"})},
		{name: "recovers", machine: "recover", record: open(), input: map[string]any{}},
		{name: "recovers from half-way", machine: "recover", record: halfOpen(2, 0), input: map[string]any{}},
		{name: "has recovered", machine: "recover", record: recloser.Record{Generation: 3}, input: map[string]any{}},
		{name: "is superseded", machine: "recover", record: func() recloser.Record { r := shut(); r.Generation = 7; return r }(), input: map[string]any{"generation": 1}},
		{name: "holds", machine: "hold", input: map[string]any{"task": task, "items": []any{map[string]any{"n": 1}, map[string]any{"fails": "Odd"}, map[string]any{"n": 3}}, "concurrency": 2, "results": true}},
		{name: "holds while it is open", machine: "hold", record: shut(), input: map[string]any{"task": task, "items": []any{map[string]any{"n": 1}}, "concurrency": 1}},
		{name: "holds nothing", machine: "hold", input: map[string]any{"task": task, "items": []any{}}},
		{name: "holds what is no list", machine: "hold", input: map[string]any{"task": task, "items": "none"}},
		{name: "redrives", machine: "redrive", input: map[string]any{}, messages: []map[string]any{ok}},
		{name: "redrives what fails", machine: "redrive", input: map[string]any{}, messages: []map[string]any{fails}},
	}
}
