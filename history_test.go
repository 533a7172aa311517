package recloser_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestHistoryOf: what an operator would ask about at three in the morning is
// remembered, and what goes on all the time is not.
func TestHistoryOf(t *testing.T) {
	const now = recloser.Instant(1000)
	why := recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 9}
	reset := recloser.Cause{Rule: recloser.RuleReset, Actor: "ana", Reason: "it is back"}
	forced := recloser.Override{Mode: recloser.OverrideOpen, Until: 9000, Actor: "ana", Reason: "maintenance"}
	for _, row := range []struct {
		write recloser.Write
		want  recloser.HistoryEntry
	}{
		{
			recloser.Transition{Generation: 4, To: recloser.StateOpen, Since: 900, OpenUntil: 5000, Relapses: 2, Cause: why},
			recloser.HistoryEntry{Kind: recloser.EventOpened, At: 900, Generation: 5, Cause: why, OpenUntil: 5000, Relapses: 2},
		},
		{
			recloser.Transition{Generation: 4, To: recloser.StateClosed, Since: 900, Cause: reset},
			recloser.HistoryEntry{Kind: recloser.EventClosed, At: 900, Generation: 5, Cause: reset},
		},
		{
			recloser.Claim{Generation: 4, First: true, Since: 900, Lease: recloser.Lease{Token: "mine", End: 2000}},
			recloser.HistoryEntry{Kind: recloser.EventHalfOpened, At: 900, Generation: 5, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}},
		},
		{
			recloser.SetOverride{Generation: 4, Override: forced},
			recloser.HistoryEntry{Kind: recloser.EventOverridden, At: now, Generation: 4, Override: forced},
		},
		{recloser.SetOverride{Generation: 4}, recloser.HistoryEntry{Kind: recloser.EventOverrideEnded, At: now, Generation: 4}},
		{recloser.Claim{Generation: 4, Lease: recloser.Lease{Token: "mine", End: 2000}}, recloser.HistoryEntry{}},
		{recloser.Watch{Generation: 4, At: 900, Share: 1}, recloser.HistoryEntry{}},
		{recloser.Unwatch{Generation: 4}, recloser.HistoryEntry{}},
		{recloser.Report{Generation: 4, Share: 1}, recloser.HistoryEntry{}},
	} {
		r, made := recloser.Record{Generation: 4}.Apply(row.write)
		if !made {
			t.Errorf("%T %+v was not made", row.write, row.write)
		}
		got, ok := recloser.HistoryOf(row.write, r, now)
		if got != row.want || ok != (row.want != recloser.HistoryEntry{}) {
			t.Errorf("%T %+v leaves %+v, %t; want %+v", row.write, row.write, got, ok, row.want)
		}
	}
}

// TestMemoryHistoryIsBounded: the oldest go, whosever they are. LAWS.md, B6.
func TestMemoryHistoryIsBounded(t *testing.T) {
	clock := time.UnixMilli(0)
	s := recloser.MemoryStore{Now: func() time.Time { return clock }}
	for i := range recloser.MaxMemoryHistory + 10 {
		clock = time.UnixMilli(int64(i))
		if _, err := s.Apply(t.Context(), "circuit-"+strconv.Itoa(i%2), recloser.SetOverride{}); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.History(t.Context(), "circuit-0", 0, recloser.MaxMemoryHistory)
	if err != nil {
		t.Fatal(err)
	}
	newest, oldest := recloser.Instant(recloser.MaxMemoryHistory+8), recloser.Instant(10)
	if len(all) != recloser.MaxMemoryHistory/2 || all[0].At != newest || all[len(all)-1].At != oldest {
		t.Errorf("%d entries from %v to %v; want %d from %v to %v", len(all), all[0].At, all[len(all)-1].At, recloser.MaxMemoryHistory/2, newest, oldest)
	}
	if !slices.IsSortedFunc(all, func(a, b recloser.HistoryEntry) int { return int(b.At - a.At) }) {
		t.Error("the newest are not first")
	}
	recent, err := s.History(t.Context(), "circuit-0", newest-4, 2)
	if err != nil || len(recent) != 2 || recent[1].At != newest-2 {
		t.Errorf("the two newest are %+v, %v", recent, err)
	}
}
