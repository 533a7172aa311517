package operator_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
)

// at is a moment of these tests, in seconds from their beginning.
func at(seconds int) recloser.Instant { return recloser.Instant(1_800_000_000_000 + seconds*1000) }

func opened(second int, generation uint64) recloser.HistoryEntry {
	return recloser.HistoryEntry{
		Kind: recloser.EventOpened, At: at(second), Generation: generation, OpenUntil: at(second + 10),
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 9, Span: 2 * time.Second},
	}
}

func halfOpened(second int, generation uint64) recloser.HistoryEntry {
	return recloser.HistoryEntry{Kind: recloser.EventHalfOpened, At: at(second), Generation: generation, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}}
}

func closed(second int, generation uint64) recloser.HistoryEntry {
	return recloser.HistoryEntry{Kind: recloser.EventClosed, At: at(second), Generation: generation, Cause: recloser.Cause{Rule: recloser.RuleRecovered, Calls: 3}}
}

func word(until int) recloser.Override {
	return recloser.Override{Mode: recloser.OverrideOpen, Until: at(until), Actor: "me@here", Reason: "drill"}
}

func said(second int, generation uint64, o recloser.Override) recloser.HistoryEntry {
	return recloser.HistoryEntry{Kind: recloser.EventOverridden, At: at(second), Generation: generation, Override: o}
}

func unsaid(second int, generation uint64) recloser.HistoryEntry {
	return recloser.HistoryEntry{Kind: recloser.EventOverrideEnded, At: at(second), Generation: generation}
}

// record is one whose last transition is e.
func record(e recloser.HistoryEntry, o recloser.Override) recloser.Record {
	r := recloser.Record{Schema: 1, Generation: e.Generation, Since: e.At, OpenUntil: e.OpenUntil, Cause: e.Cause, Override: o}
	if e.Kind == recloser.EventOpened {
		r.State = recloser.StateOpen
	}
	if e.Kind == recloser.EventHalfOpened {
		r.State = recloser.StateHalfOpen
	}
	return r
}

// history is a record with what is remembered of it, and what was known before.
type history struct {
	name    string
	record  recloser.Record
	entries []recloser.HistoryEntry // Oldest first.
	from    operator.Position
	want    string
}

func histories() []history {
	none := recloser.Override{}
	known := func(generation uint64) operator.Position {
		return operator.Position{Generation: generation, Known: true}
	}
	reset := closed(30, 3)
	reset.Cause = recloser.Cause{Rule: recloser.RuleReset, Actor: "me@here", Reason: "is back"}
	return []history{
		{"a circuit that nobody wrote", recloser.Record{}, nil, operator.Position{}, ""},
		{
			"all is remembered", record(closed(20, 3), none),
			[]recloser.HistoryEntry{opened(0, 1), halfOpened(10, 2), closed(20, 3)},
			operator.Position{},
			"0 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s | 10 half_opened 2: cooled_down | 20 closed 3: recovered: 0 of 3 probes failed",
		},
		{"older ones are too old", record(closed(20, 57), none), []recloser.HistoryEntry{halfOpened(10, 56), closed(20, 57)}, operator.Position{}, "10 half_opened 56: cooled_down | 20 closed 57: recovered: 0 of 3 probes failed"},
		{"a gap", record(closed(20, 5), none), []recloser.HistoryEntry{halfOpened(0, 2), closed(20, 5)}, operator.Position{}, "0 half_opened 2: cooled_down | 20 gap 4: 2 transitions were not remembered | 20 closed 5: recovered: 0 of 3 probes failed"},
		{"the last is not noted", record(halfOpened(10, 2), none), []recloser.HistoryEntry{opened(0, 1)}, operator.Position{}, "0 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s | 10 half_opened 2: cooled_down"},
		{"nor the one before", record(closed(20, 4), none), []recloser.HistoryEntry{halfOpened(0, 2)}, operator.Position{}, "0 half_opened 2: cooled_down | 20 gap 3: a transition was not remembered | 20 closed 4: recovered: 0 of 3 probes failed"},
		{"nothing is remembered", record(halfOpened(10, 2), none), nil, operator.Position{}, "10 half_opened 2: cooled_down"},
		{
			"a reset", record(reset, none),
			[]recloser.HistoryEntry{halfOpened(10, 2), reset},
			operator.Position{},
			"10 half_opened 2: cooled_down | 30 reset 3: closed by me@here: is back",
		},
		{
			"words", record(opened(5, 1), none),
			[]recloser.HistoryEntry{said(0, 0, word(60)), opened(5, 1), unsaid(30, 1)},
			operator.Position{},
			"0 overridden 0: forced open by me@here until 08:01:00: drill | 5 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s | 30 override_ended 1: an operator took it back; the state holds again",
		},
		{
			"a word that ran out", record(opened(70, 1), word(60)),
			[]recloser.HistoryEntry{said(0, 0, word(60)), opened(70, 1)},
			operator.Position{},
			"0 overridden 0: forced open by me@here until 08:01:00: drill | 60 override_ended 0: it has run out; the state holds again | 70 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s",
		},
		{
			"a word that shows a gap", record(halfOpened(10, 2), word(200)),
			[]recloser.HistoryEntry{opened(0, 1), said(20, 2, word(200))},
			operator.Position{},
			"0 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s | 20 gap 1: a transition was not remembered | 20 overridden 2: forced open by me@here until 08:03:20: drill",
		},
		{"a word that nobody noted", record(opened(0, 1), word(200)), nil, known(1), "100 overridden 1: forced open by me@here until 08:03:20: drill"},
		{"one that was taken back unnoted", record(opened(0, 1), none), nil, operator.Position{Generation: 1, Known: true, Override: word(200), SaidAt: at(0)}, "100 override_ended 1: an operator took it back; the state holds again"},
		{"going on, nothing is new", record(opened(0, 1), none), []recloser.HistoryEntry{opened(0, 1)}, known(1), ""},
		{"going on", record(closed(20, 3), none), []recloser.HistoryEntry{opened(0, 1), halfOpened(10, 2), closed(20, 3)}, known(2), "20 closed 3: recovered: 0 of 3 probes failed"},
		{"going on over a gap", record(closed(20, 3), none), nil, known(1), "20 gap 2: a transition was not remembered | 20 closed 3: recovered: 0 of 3 probes failed"},
		{"a word is told once", record(opened(0, 1), word(200)), []recloser.HistoryEntry{said(50, 1, word(200))}, operator.Position{Generation: 1, Known: true, Override: word(200), SaidAt: at(51)}, ""},
		{"the record began anew", record(opened(0, 1), none), []recloser.HistoryEntry{opened(0, 1)}, known(57), "0 opened 1: failure_rate: 9 of 10 calls failed, 0 were slow in 2s, for 10s"},
		{"what steers a terminal", record(closed(20, 1), none), []recloser.HistoryEntry{{
			Kind: recloser.EventOverridden, At: at(0), Generation: 1,
			Override: recloser.Override{Mode: "\x1b[2J", Until: math.MaxInt64, Actor: "\x1b]0;x\a", Reason: strings.Repeat("x", 1024)},
		}}, operator.Position{}, "0 overridden 1: forced \ufffd[2J by \ufffd]0;x\ufffd until 00:00:00: " + strings.Repeat("x", 256) + "… | 100 override_ended 1: an operator took it back; the state holds again"},
	}
}

func TestTimeline(t *testing.T) {
	for _, row := range histories() {
		t.Run(row.name, func(t *testing.T) {
			entries := slices.Clone(row.entries)
			slices.Reverse(entries)
			events, next := operator.Timeline("payments", row.record, entries, row.from, at(100))
			var got []string
			for _, e := range events {
				if e.Circuit != "payments" {
					t.Errorf("of circuit %s", e.Circuit)
				}
				got = append(got, fmt.Sprintf("%d %s %d: %s", (e.At.UnixMilli()-int64(at(0)))/1000, e.Kind, e.Generation, e.Text))
			}
			if text := strings.Join(got, " | "); text != row.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.ReplaceAll(row.want, " | ", "\n"))
			}
			again, last := operator.Timeline("payments", row.record, entries, next, at(100))
			if len(again) > 0 || last != next {
				t.Errorf("told again: %+v", again)
			}
		})
	}
}
