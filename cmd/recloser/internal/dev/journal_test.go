package dev_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

// told is what environments tell and records show, and what is told of it.
type told struct {
	name string
	do   func(j *dev.Journal, made func(generation uint64))
	want string
}

func tales() []told {
	now := time.Now()
	at := func(second int) time.Time { return now.Add(time.Duration(second) * time.Second) }
	record := func(generation uint64, o recloser.Override) recloser.Record {
		r := recloser.Record{Generation: generation, State: recloser.StateOpen, Since: recloser.InstantOf(now), Override: o}
		if generation%2 == 0 {
			r.State = recloser.StateClosed
		}
		return r
	}
	none := recloser.Override{}
	word := recloser.Override{Mode: recloser.OverrideOpen, Until: recloser.InstantOf(at(3600)), Actor: "me@here"}
	return []told{
		{"what stood there", func(j *dev.Journal, _ func(uint64)) { j.Seen("payments", record(7, word), at(1), at(1)) }, ""},
		{"an environment, then the record", func(j *dev.Journal, made func(uint64)) {
			j.Seen("payments", record(0, none), at(1), at(1))
			made(1)
			j.Seen("payments", record(1, none), at(2), at(2))
		}, "opened 1"},
		{"the record, then an environment", func(j *dev.Journal, made func(uint64)) {
			j.Seen("payments", record(0, none), at(1), at(1))
			j.Seen("payments", record(1, none), at(2), at(2))
			made(1)
		}, "opened 1"},
		{"what others did between", func(j *dev.Journal, made func(uint64)) {
			j.Seen("payments", record(0, none), at(1), at(1))
			made(1)
			j.Seen("payments", record(4, none), at(2), at(2))
		}, "opened 1, gap 3, closed 4"},
		{"a record that was asked for before", func(j *dev.Journal, made func(uint64)) {
			j.Seen("payments", record(1, none), at(-9), at(-9))
			made(2)
			made(3)
			j.Seen("payments", record(2, none), at(-5), at(1))
		}, "opened 2, opened 3"},
		{"a word of this process, and a record from before", func(j *dev.Journal, _ func(uint64)) {
			j.Seen("payments", record(1, none), at(-9), at(-9))
			j.Overridden("payments", word, 1, now)
			j.Seen("payments", record(1, none), at(-5), at(1))
			j.Seen("payments", record(1, word), at(2), at(2))
		}, "overridden 1"},
		{"a word of somebody else, taken back", func(j *dev.Journal, _ func(uint64)) {
			j.Seen("payments", record(1, none), at(1), at(1))
			j.Seen("payments", record(1, word), at(2), at(2))
			j.Seen("payments", record(1, word), at(3), at(3))
			j.Seen("payments", record(1, none), at(4), at(4))
		}, "overridden 1, override_ended 1"},
		{"a word that ran out", func(j *dev.Journal, _ func(uint64)) {
			j.Seen("payments", record(1, none), at(1), at(1))
			j.Seen("payments", record(1, word), at(2), at(2))
			j.Seen("payments", record(1, word), at(3700), at(3700))
		}, "overridden 1, override_ended 1"},
		{"a reset of this process", func(j *dev.Journal, _ func(uint64)) {
			j.Seen("payments", record(1, none), at(1), at(1))
			j.Reset("payments", "me@here", "", 2)
			j.Seen("payments", record(2, none), at(2), at(2))
		}, "reset 2"},
	}
}

// TestJournalTellsOnce: of what environments tell and what the record shows, in
// whichever order they come.
func TestJournalTellsOnce(t *testing.T) {
	for _, row := range tales() {
		t.Run(row.name, func(t *testing.T) {
			j := dev.NewJournal()
			observer := j.Observer("env-001")
			row.do(j, func(generation uint64) {
				observer.Observe(recloser.Event{Kind: recloser.EventOpened, Circuit: "payments", Generation: generation, Made: true})
			})
			var lines []string
			for _, e := range j.After(t.Context(), 0, admin.MaxEvents, 0) {
				lines = append(lines, fmt.Sprint(e.Kind, " ", e.Generation))
			}
			if got := strings.Join(lines, ", "); got != row.want {
				t.Errorf("told %q, want %q", got, row.want)
			}
		})
	}
}
