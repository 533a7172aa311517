package recloser_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// watchedSince returns the view, at noon, of a closed circuit that has been
// watched for so long.
func watchedSince(age time.Duration) recloser.View {
	r := recloser.Record{Generation: 4, WatchSince: noon.Add(-age), Share: 0.1}
	return r.At(noon)
}

func TestWatchStart(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, row := range []struct {
		name    string
		view    recloser.View
		alarmed bool
		share   recloser.Share // Of the watch that starts; 0 if none does.
	}{
		{"nobody watches", recloser.Record{}.At(noon), false, 0.25},
		{"nobody watches any more", recloser.Record{Share: 0.01}.At(noon), false, 0.01},
		{"alarmed, and nobody watches", recloser.Record{Share: 0.01}.At(noon), true, 0.25},
		{"alarmed, with a large share", recloser.Record{Share: 0.75}.At(noon), true, 0.75},
		{"somebody watches", watchedSince(time.Hour), false, 0},
		{"alarmed, and somebody has just begun", watchedSince(10 * time.Second), true, 0},
		{"alarmed, and somebody has watched for long", watchedSince(10001 * time.Millisecond), true, 0.25},
		{"alarmed, and somebody will watch", watchedSince(-time.Hour), true, 0.25},
		{"open", recordIn(recloser.StateOpen).At(noon), true, 0},
		{"half-open", recordIn(recloser.StateHalfOpen).At(noon), true, 0},
	} {
		w, ok := p.WatchStart(row.view, row.alarmed)
		want := recloser.Watch{}
		if row.share > 0 {
			want = recloser.Watch{Generation: row.view.Generation, Was: row.view.WatchSince, At: noon, Share: row.share}
		}
		if w != want || ok != (row.share > 0) {
			t.Errorf("%s: got %+v, %t; want %+v", row.name, w, ok, want)
		}
	}
}

func TestWatchEnd(t *testing.T) {
	p := recloser.DefaultPolicy() // Judges 10s.
	short := p
	short.OpenWhen.Window = time.Second // Too short for all to hear of a watch.
	with := func(v recloser.View, start recloser.Instant, c recloser.Counts) recloser.View {
		v.Window = v.Window.Add(start, c)
		return v
	}
	long := watchedSince(time.Hour)
	for _, row := range []struct {
		name   string
		policy recloser.Policy
		view   recloser.View
		want   bool
	}{
		{"nobody watches", p, recloser.Record{}.At(noon), false},
		{"a window without failures", p, watchedSince(10001 * time.Millisecond), true},
		{"not yet a window", p, watchedSince(10 * time.Second), false},
		{"a window too short to hear of it", short, watchedSince(6 * time.Second), false},
		{"time to hear of it", short, watchedSince(6001 * time.Millisecond), true},
		{"calls that did not fail", p, with(long, noon, recloser.Counts{Calls: 99, Reports: 3}), true},
		{"a failure", p, with(long, noon.Add(-10*time.Second), failing(1, 99)), false},
		{"a slow call", p, with(long, noon, recloser.Counts{Calls: 1, Slow: 1}), false},
		{"a failure by a clock that is ahead", p, with(long, noon.Add(3*time.Second), failing(1, 1)), false},
		{"a failure long ago", p, with(long, noon.Add(-11*time.Second), failing(9, 9)), true},
		{"open", p, recloser.Record{State: recloser.StateOpen, WatchSince: 1}.At(noon), false},
	} {
		w, ok := row.policy.WatchEnd(row.view)
		if ok != row.want || ok && w != (recloser.Unwatch{Generation: row.view.Generation, Was: row.view.WatchSince}) {
			t.Errorf("%s: got %+v, %t; want %t", row.name, w, ok, row.want)
		}
	}
}

// TestHeard: one environment may speak for the fleet only after all had the time
// to listen, or where three speak; in a ramp nobody needs persuading.
func TestHeard(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.OpenWhen.Window = 20 * time.Second
	for _, row := range []struct {
		name   string
		age    time.Duration
		voices [recloser.MaxVoices]string
		rule   recloser.Rule
		want   bool
	}{
		{"one, early", time.Second, [3]string{"a"}, "", false},
		{"two, early", time.Second, [3]string{"a", "b"}, "", false},
		{"three, early", time.Second, [3]string{"a", "b", "c"}, "", true},
		{"one, just before all have heard", recloser.RefreshInterval - 1, [3]string{"a"}, "", false},
		{"one, when all have heard", recloser.RefreshInterval, [3]string{"a"}, "", true},
		{"one, in a ramp", time.Second, [3]string{"a"}, recloser.RuleRecovered, true},
		{"none, when all have heard", recloser.RefreshInterval, [3]string{}, "", true},
	} {
		v := watchedSince(row.age.Truncate(time.Millisecond))
		if row.age%time.Millisecond != 0 {
			v = watchedSince(row.age.Truncate(time.Millisecond) - time.Millisecond)
		}
		v.Voices, v.Cause.Rule, v.Since = row.voices, row.rule, noon.Add(-2*time.Second)
		v.Window = v.Window.Add(noon, failing(20, 20))
		w, ok := p.Due(v, 0)
		if ok != row.want || ok && (w.To != recloser.StateOpen || w.Cause.Rule != recloser.RuleFailureRate) {
			t.Errorf("%s: got %+v, %t; want %t", row.name, w, ok, row.want)
		}
	}
	v := recloser.Record{}.At(noon)
	v.Window = v.Window.Add(noon, failing(20, 20))
	if w, ok := p.Due(v, 0); ok {
		t.Errorf("nobody watches, and %+v is due", w)
	}
}

func TestReport(t *testing.T) {
	p := recloser.DefaultPolicy()
	second := func(n int) recloser.Instant { return noon.Add(time.Duration(n) * time.Second) }
	v := watchedSince(8 * time.Second)
	v.Voices = [recloser.MaxVoices]string{"a"}
	for _, n := range []int{-13, -11, -4, 3, 4} {
		v.Window = v.Window.Add(second(n), failing(1, 1))
	}
	counted := []recloser.Slot{
		{Start: second(-11), Counts: failing(5, 5)},
		{Start: second(-1), Counts: failing(0, 3)},
		{Start: second(0), Counts: failing(2, 3)},
	}
	kept := slices.Clone(counted)
	got := p.Report(v, "b", counted)
	want := []recloser.Slot{counted[1], {Start: second(0), Counts: recloser.Counts{Calls: 3, Failures: 2, Reports: 1}}}
	switch {
	case !slices.Equal(counted, kept):
		t.Errorf("what was counted has become %+v", counted)
	case !slices.Equal(got.Counted, want):
		t.Errorf("counted %+v, want %+v", got.Counted, want)
	case !slices.Equal(got.Drop, []recloser.Instant{second(-13), second(4)}):
		t.Errorf("drops %v", got.Drop)
	case got.Generation != 4 || got.Watch != v.WatchSince || got.Voice != "b":
		t.Errorf("got %+v", got)
	}
	for name, voice := range map[string]string{"a": "", "b": "b"} {
		if got := p.Report(v, name, counted); got.Voice != voice {
			t.Errorf("%s speaks as %q, want %q", name, got.Voice, voice)
		}
	}
	if got := p.Report(v, "b", counted[1:2]); got.Voice != "" {
		t.Errorf("without failures, %q speaks", got.Voice)
	}
	v.Voices = [recloser.MaxVoices]string{"a", "c", "d"}
	if got := p.Report(v, "b", counted); got.Voice != "" {
		t.Errorf("with no room, %q speaks", got.Voice)
	}
	if got := p.Report(v, "b", nil); len(got.Counted) != 0 {
		t.Errorf("of nothing, got %+v", got.Counted)
	}
}

// TestReportsConverge: whether a fleet begins by counting one call a second or
// all, its reports come to the budget of 25 a second. LAWS.md, B2.
func TestReportsConverge(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, calls := range []int{100, 1000, 10_000, 100_000} { // Failing calls a second.
		for _, share := range []recloser.Share{1 / recloser.Share(calls), 0.25, 1} {
			t.Run(fmt.Sprintf("%d/%v", calls, share), func(t *testing.T) {
				r := recloser.Record{WatchSince: noon, Share: share}
				last := 0
				for second := range 20 {
					start := noon.Add(time.Duration(second) * time.Second)
					last = 0
					for i := range 1000 {
						v := r.At(start.Add(time.Duration(i) * time.Millisecond))
						due := float64(calls) / 1000 * float64(r.Share)
						// So many are due in this millisecond, on average.
						for n := int(due*float64(i+1)) - int(due*float64(i)); n > 0 && p.MayReport(v); n-- {
							w := p.Report(v, "a", []recloser.Slot{{Start: start, Counts: failing(1, 1)}})
							r, _ = r.Apply(w)
							v = r.At(v.Now)
							last++
						}
					}
				}
				if last > 25 || last < 12 {
					t.Errorf("at last, %d reports a second by a share of %v", last, r.Share)
				}
			})
		}
	}
}

// A report of old counts is a report of now: the budget sees it. LAWS.md, B2.
func TestReportOfOldCountsUsesTheBudget(t *testing.T) {
	p := recloser.DefaultPolicy()
	v := recloser.Record{WatchSince: noon.Add(-8 * time.Second), Share: 1}.At(noon)
	old := []recloser.Slot{{Start: noon.Add(-7 * time.Second), Counts: recloser.Counts{Calls: 2, Failures: 1}}}
	r := v.Record
	for range 25 {
		if v.Record = r; !p.MayReport(v) {
			break
		}
		var made bool
		if r, made = r.Apply(p.Report(v, "a", old)); !made {
			t.Fatal("the report was not made")
		}
	}
	v.Record = r
	if sum := r.Window.Sum(0, noon); p.MayReport(v) || sum.Reports != 25 || sum.Calls != 50 {
		t.Errorf("after %+v there is room for more", sum)
	}
}

// TestReportKeepsToARecord: of anything an environment could have counted, a
// report drops nothing that it counts, and asks for a share of calls.
func TestReportKeepsToARecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPolicy.Draw(t, "policy")
		v := watchedSince(time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "age")))
		v.Share = recloser.Share(rapid.Float64Range(0, 1).Draw(t, "share"))
		near := func(slots []recloser.Slot) []recloser.Slot {
			for i := range slots {
				slots[i].Start += noon - 20_000
			}
			return slots
		}
		v.Window = addAll(v.Window, near(drawnSlots.Draw(t, "window")))
		counted := addAll(recloser.Window{}, near(drawnSlots.Draw(t, "counted"))).Slots()
		got := p.Report(v, "a", counted)
		for _, s := range got.Counted {
			if slices.Contains(got.Drop, s.Start) {
				t.Errorf("%+v drops what it counts", got)
			}
		}
		if !(got.Share >= 0.0001 && got.Share <= 1) {
			t.Errorf("the share is %v", got.Share)
		}
		next, made := v.Apply(got)
		if !made || slices.ContainsFunc(got.Drop, func(start recloser.Instant) bool { return next.Window.Sum(start, start) != recloser.Counts{} }) {
			t.Errorf("%+v came to %+v, %t", got, next, made)
		}
	})
}
