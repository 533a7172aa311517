package item_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/internal/item"
)

// entries returns an entry of each kind.
func entries() []recloser.HistoryEntry {
	return []recloser.HistoryEntry{
		{
			Kind: recloser.EventOpened, At: epoch, Generation: 1, OpenUntil: epoch + 10_000, Relapses: 3,
			Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 1, Span: 2 * time.Second},
		},
		{Kind: recloser.EventHalfOpened, At: epoch + 10_000, Generation: 2, Relapses: 3, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}},
		{
			Kind: recloser.EventOverridden, At: epoch + 11_000, Generation: 2,
			Override: recloser.Override{Mode: recloser.OverrideClosed, Until: epoch.Add(time.Hour), Actor: "ops@example", Reason: "planned work"},
		},
		{Kind: recloser.EventOverrideEnded, At: epoch + 12_000, Generation: 2},
		{
			Kind: recloser.EventClosed, At: epoch + 13_000, Generation: math.MaxUint64,
			Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "ana@example", Reason: "it is back"},
		},
	}
}

// write returns the item that an entry's update makes of nothing.
func write(tb testing.TB, circuit string, e recloser.HistoryEntry, expires recloser.Instant) item.Map {
	tb.Helper()
	m, u, err := item.Entry(circuit, e, expires)
	if err != nil {
		tb.Fatal(err)
	}
	sets, found := strings.CutPrefix(u.Expression, "SET ")
	for set := range strings.SplitSeq(sets, ", ") {
		name, value, ok := strings.Cut(set, " = ")
		if !found || !ok || u.Values[value] == nil {
			tb.Fatalf("it is more than to set attributes: %s", u.Expression)
		}
		m[u.Names[name]] = u.Values[value]
	}
	return m
}

// TestGoldenHistory: what the first version has written is read for ever, and is
// what is written. LAWS.md, S11.
func TestGoldenHistory(t *testing.T) {
	text, err := os.ReadFile("testdata/history1.json")
	if err != nil {
		t.Fatal(err)
	}
	var golden []json.RawMessage
	if err := json.Unmarshal(text, &golden); err != nil || len(golden) != len(entries()) {
		t.Fatalf("%d entries, error %v", len(golden), err)
	}
	for i, e := range entries() {
		want, err := read(golden[i])
		if err != nil {
			t.Fatal(err)
		}
		if got := write(t, "payments/eu", e, epoch.Add(recloser.HistoryAge)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is written as\n\t%v\nwant\n\t%v", e.Kind, got, want)
		}
		if got, err := item.DecodeEntry("payments/eu", want); err != nil || got != e {
			t.Errorf("%s is read as error %v and\n\t%+v\nwant\n\t%+v", e.Kind, err, got, e)
		}
		if want[item.Schema] != nil {
			t.Errorf("%s has a schema, and would be listed as a circuit", e.Kind)
		}
	}
}

// TestEntryCondition: an entry is written where there is none. LAWS.md, S5.
func TestEntryCondition(t *testing.T) {
	for _, e := range entries() {
		_, u, err := item.Entry("payments", e, epoch)
		if err != nil || u.Condition != "attribute_not_exists(#pk)" || u.Names["#pk"] != item.Key {
			t.Errorf("%s is written on condition %s of %v, error %v", e.Kind, u.Condition, u.Names, err)
		}
		checkPlaceholders(t, u)
	}
}

// TestEntryOrder: entries sort as they came to be, and a moment divides them.
func TestEntryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.OneOf(rapid.Int64Range(0, 20), rapid.Int64Min(0))
		entry := func(name string) (recloser.HistoryEntry, string) {
			e := recloser.HistoryEntry{
				Kind: recloser.EventOpened, At: recloser.Instant(at.Draw(t, name+" at")), Generation: rapid.Uint64().Draw(t, name+" generation"),
			}
			key, _, err := item.Entry("payments", e, epoch)
			if err != nil {
				t.Fatal(err)
			}
			return e, string(key[item.Sort].(item.String))
		}
		a, x := entry("a")
		b, y := entry("b")
		before := a.At < b.At || a.At == b.At && a.Generation < b.Generation
		if before != (x < y) {
			t.Fatalf("%s and %s do not sort as %+v and %+v", x, y, a, b)
		}
		from, to := item.EntriesSince(b.At)
		if within := from <= x && x <= to; within != (a.At >= b.At) {
			t.Fatalf("%s is within %s and %s: %t", x, from, to, within)
		}
		if from <= item.SortRecord && item.SortRecord <= to {
			t.Fatal("the record is an entry")
		}
	})
}

// TestEntryRefused: what cannot be kept as it is, is not written.
func TestEntryRefused(t *testing.T) {
	for _, e := range []recloser.HistoryEntry{
		{},
		{Kind: recloser.EventWatched},
		{Kind: "opened#"},
		{Kind: recloser.EventClosed, Cause: recloser.Cause{Reason: "\xff"}},
		{Kind: recloser.EventClosed, Cause: recloser.Cause{Actor: strings.Repeat("a", recloser.MaxActor+1)}},
		{Kind: recloser.EventOverridden, Override: recloser.Override{Mode: "ajar"}},
	} {
		if _, u, err := item.Entry("payments", e, 0); err == nil {
			t.Errorf("%+v: got %v", e, u)
		}
	}
	key, _, err := item.Entry("payments", recloser.HistoryEntry{Kind: recloser.EventOpened, At: math.MinInt64}, 0)
	if want := item.String("history#0000000000000000000#00000000000000000000#opened"); err != nil || key[item.Sort] != want {
		t.Errorf("a moment before 1970: got %v, error %v", key, err)
	}
}

// TestMalformedEntry: what cannot be read says so, and what is not known is left
// alone. LAWS.md, S10.
func TestMalformedEntry(t *testing.T) {
	sound := write(t, "payments/eu", entries()[0], epoch)
	sort := string(sound[item.Sort].(item.String))
	for name, all := range map[string][]item.Value{
		"sk": {
			item.String(""), item.String("record"), item.String("history#"), item.String("history#1#2#opened"), item.String(sort[:len(sort)-6]),
			item.String(strings.Replace(sort, "1", "x", 1)), item.String(strings.Replace(sort, "1", "-", 1)), item.Number("1"),
		},
		"cause":         {item.String("a"), item.Other{}},
		"cause.rule":    {item.Number("1"), item.String(strings.Repeat("x", 1025))},
		"cause.actor":   {item.String(strings.Repeat("x", 1025))},
		"cause.calls":   {item.String("1"), item.Number("1.5"), item.Map{}},
		"open_until_ms": {item.String("1"), item.Number("one"), item.Other{}},
		"relapses":      {item.Map{}, item.Number("")},
		"override":      {item.Set{"a"}},
	} {
		for _, v := range all {
			e, err := item.DecodeEntry("payments/eu", with(sound, name, v))
			var malformed *field.MalformedError
			if !errors.As(err, &malformed) || malformed.Circuit != "payments/eu" || e != (recloser.HistoryEntry{}) {
				t.Errorf("%s = %#v: got %v and %+v", name, v, err, e)
			}
		}
	}
	for name, v := range map[string]item.Value{
		"at_ms": item.Number("7"), "generation": item.String("x"), "kind": item.Other{}, "ttl": item.Other{}, "new": item.Other{}, "cause.new": item.Other{},
	} {
		if e, err := item.DecodeEntry("payments/eu", with(sound, name, v)); err != nil || e != entries()[0] {
			t.Errorf("%s = %#v: got error %v and %+v", name, v, err, e)
		}
	}
	strange := with(sound, item.Sort, item.String(strings.Replace(sort, "opened", "melted#away", 1)))
	if e, err := item.DecodeEntry("payments/eu", strange); err != nil || e.Kind != "melted#away" {
		t.Errorf("a kind that is not known: got %v and %+v", err, e)
	}
}

// TestEntrySize: an entry costs one unit, however long what an operator says.
func TestEntrySize(t *testing.T) {
	longest := strings.Repeat("x", recloser.MaxReason)
	moved := entries()[0]
	moved.Kind, moved.At, moved.Generation = recloser.EventHalfOpened, math.MaxInt64, math.MaxUint64
	moved.Cause.Calls, moved.Cause.Failures, moved.Cause.Slow = 1<<50, 1<<50, 1<<50
	moved.Cause.Actor, moved.Cause.Reason = longest[:recloser.MaxActor], longest
	forced := entries()[2]
	forced.Override.Actor, forced.Override.Reason = longest[:recloser.MaxActor], longest
	for name, e := range map[string]recloser.HistoryEntry{"opened": entries()[0], "longest transition": moved, "longest override": forced} {
		circuit := "payments/tenant-of-24-by"
		if name != "opened" {
			circuit = strings.Repeat("k", 2*recloser.MaxName+1)
		}
		n := size(write(t, circuit, e, epoch))
		t.Logf("%-20s %4d bytes", name, n)
		if n > 1024 {
			t.Errorf("%s has %d bytes", name, n)
		}
	}
}

// FuzzDecodeEntry: no item crashes a reader; it comes to an entry within bounds,
// or to an error that says what is wrong. LAWS.md, S10.
func FuzzDecodeEntry(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "the decoder of entries of the history in DynamoDB")()
	for _, e := range entries() {
		text, err := json.Marshal(map[string]item.Value(write(f, "payments", e, epoch)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, sort := range []string{"", "history#", "history#0000000000000000000#00000000000000000000#", "history#-000000000000000001#00000000000000000001#opened"} {
		f.Add(fmt.Appendf(nil, `{"sk":{"S":%q},"relapses":{"N":"-1"},"cause":{"M":{"span_ms":{"N":"9223372036854775807"}}}}`, sort))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := read(text)
		if err != nil {
			return
		}
		e, err := item.DecodeEntry("payments", m)
		if err != nil {
			if _, ok := errors.AsType[*field.MalformedError](err); !ok || e != (recloser.HistoryEntry{}) || len(err.Error()) > 1024 {
				t.Fatalf("got %v and %+v", err, e)
			}
			return
		}
		if e.Kind == "" || e.At < 0 || e.Relapses < 0 || e.Cause.Span < 0 {
			t.Fatalf("out of bounds: %+v", e)
		}
		for _, text := range []string{string(e.Kind), string(e.Cause.Rule), e.Cause.Actor, e.Cause.Reason, e.Override.Actor, e.Override.Reason} {
			if len(text) > field.MaxText {
				t.Fatalf("a text of %d bytes", len(text))
			}
		}
	})
}

// TestEntriesAreBounded: those that cannot be read hide no others, and are not
// passed over without end.
func TestEntriesAreBounded(t *testing.T) {
	var all field.Entries
	bad := &field.MalformedError{Circuit: "payments", Entry: "history#", Field: "sk", Want: "an entry"}
	for i := range 3000 {
		if all.Full(2000) {
			break
		}
		if i%4 == 0 {
			all.Add(recloser.HistoryEntry{At: recloser.Instant(i)}, nil)
			continue
		}
		all.Add(recloser.HistoryEntry{}, bad)
	}
	if len(all.Read) > 400 || !slices.IsSortedFunc(all.Read, func(a, b recloser.HistoryEntry) int { return int(a.At - b.At) }) {
		t.Errorf("%d entries were read", len(all.Read))
	}
	if err := all.Err(); !errors.Is(err, bad) || !strings.HasSuffix(err.Error(), "; and 999 more") {
		t.Errorf("got error %v", err)
	}
}
