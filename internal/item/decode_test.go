package item_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
	"github.com/recloser-dev/recloser/internal/item"
)

const epoch recloser.Instant = 1_767_225_600_000

// golden returns an item that has every attribute.
func golden(t *testing.T) item.Map {
	t.Helper()
	text, err := os.ReadFile("testdata/schema1.json")
	if err != nil {
		t.Fatal(err)
	}
	m, err := read(text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestGolden: what the first version has written is read for ever. LAWS.md, S11.
func TestGolden(t *testing.T) {
	want := recloser.Record{
		Schema: 1, Generation: 42, State: recloser.StateHalfOpen, Since: epoch, OpenUntil: epoch + 10_000, Relapses: 3,
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 1, Span: 2 * time.Second, Actor: "ana@example", Reason: "it is back"},
		Override: recloser.Override{
			Mode: recloser.OverrideOpen, Until: epoch.Add(time.Hour), Actor: "ops@example", Reason: "planned work",
		},
		WatchSince: epoch + 500, Share: 0.25, Voices: [recloser.MaxVoices]string{"a", "b", "c"},
		Window: recloser.Window{
			{Start: epoch, Counts: recloser.Counts{Calls: 100, Failures: 7, Slow: 2, Reports: 4}},
			{Start: epoch + 1000, Counts: recloser.Counts{Calls: 50, Reports: 1}},
		},
		Probes:  [recloser.MaxProbes]recloser.Lease{0: {Token: "7Q2ZK", End: epoch + 16_000}, 7: {Token: "B4XAA", End: epoch + 17_000}},
		ProbeOK: 2, ProbeFailed: 1,
	}
	got, err := item.Decode("payments/eu", golden(t))
	if err != nil || got != want {
		t.Errorf("got error %v and\n\t%+v\nwant\n\t%+v", err, got, want)
	}
}

// TestJSON: an item is written as it was read.
func TestJSON(t *testing.T) {
	m := golden(t)
	text, err := json.Marshal(map[string]item.Value(m))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := read(text); err != nil || !reflect.DeepEqual(again, m) {
		t.Errorf("got error %v and\n\t%v\nwant\n\t%v", err, again, m)
	}
}

// TestNothing: what is not there is as nobody has written it.
func TestNothing(t *testing.T) {
	for _, m := range []item.Map{nil, {}, {"pk": item.String("payments")}} {
		if r, err := item.Decode("payments", m); err != nil || r != (recloser.Record{}) {
			t.Errorf("%v: got %v and %+v", m, err, r)
		}
	}
}

// TestMalformed: what cannot be read says so, with its circuit and its
// attribute. LAWS.md, S10.
func TestMalformed(t *testing.T) {
	numbers := []string{
		"schema", "generation", "since_ms", "open_until_ms", "relapses", "watch_since_ms", "probe_ok", "probe_failed",
		"cause.calls", "cause.failures", "cause.slow", "cause.span_ms", "override.until_ms", "p0.end_ms", "p7.end_ms", "window.c17672256000",
	}
	bad := map[string][]item.Value{
		"state":    {item.String(""), item.String("ajar"), item.String("OPEN"), item.Number("1"), item.Map{}, item.Other{}},
		"share":    {item.String("1"), item.Number(""), item.Number("much"), item.Number("NaN"), item.Map{}},
		"voices":   {item.String("a"), item.Map{}, item.Other{}},
		"cause":    {item.String("a"), item.Set{"a"}, item.Other{}},
		"override": {item.String("open"), item.Number("1"), item.Other{}},
		"window":   {item.String("c"), item.Number("1"), item.Set{"c1"}, item.Other{}},
		"p0":       {item.String("token"), item.Map{}, item.Map{"token": item.String("")}, item.Map{"end_ms": item.Number("1")}, item.Other{}},
	}
	for _, name := range numbers {
		bad[name] = []item.Value{
			item.String("1"), item.Number(""), item.Number("1.5"), item.Number("1e3"), item.Number("0x1"), item.Number(" 1"),
			item.Number("one"), item.Number("-99999999999999999999999"),
			item.Map{},
			item.Set{"1"},
			item.Other{},
		}
	}
	for _, name := range []string{"cause.rule", "cause.actor", "cause.reason", "override.mode", "override.actor", "override.reason", "p0.token"} {
		bad[name] = []item.Value{item.Number("1"), item.Map{}, item.Other{}, item.String(strings.Repeat("x", 1025))}
	}
	for name, values := range bad {
		for _, v := range values {
			r, err := item.Decode("payments/eu", with(golden(t), name, v))
			var malformed *field.MalformedError
			attribute, _, _ := strings.Cut(name, ".")
			if !errors.As(err, &malformed) || malformed.Circuit != "payments/eu" || !strings.HasPrefix(malformed.Field, attribute) {
				t.Errorf("%s = %#v: got error %v and %+v", name, v, err, r)
			}
		}
	}
}

// with returns m with one attribute changed, of the item or of a map in it.
func with(m item.Map, name string, v item.Value) item.Map {
	changed := maps.Clone(m)
	outer, inner, nested := strings.Cut(name, ".")
	if !nested {
		changed[name] = v
		return changed
	}
	level := maps.Clone(m[outer].(item.Map))
	level[inner] = v
	changed[outer] = level
	return changed
}

// TestNewerSchema: a later version may have changed anything, and is not read
// at all.
func TestNewerSchema(t *testing.T) {
	for _, version := range []string{"2", "1000", "9223372036854775807", "99999999999999999999999999"} {
		m := with(with(golden(t), "schema", item.Number(version)), "state", item.Other{})
		if r, err := item.Decode("payments", m); !errors.Is(err, recloser.ErrSchema) || r != (recloser.Record{}) {
			t.Errorf("schema %s: got %v and %+v", version, err, r)
		}
	}
}

// TestLeftAlone: what a reader does not know, it does not judge.
func TestLeftAlone(t *testing.T) {
	want, err := item.Decode("payments", golden(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ttl", "p8", "unknown", "cause.unknown", "window.x1", "window.c", "window.", "window.cc1", "window.c-1", "window.c+1", "window.c0", "window.c999999999999999999"} {
		got, err := item.Decode("payments", with(golden(t), name, item.Other{}))
		if err != nil || got != want {
			t.Errorf("%s: got error %v and\n\t%+v\nwant\n\t%+v", name, err, got, want)
		}
	}
	want.Override.Mode = recloser.OverrideNone
	if got, err := item.Decode("payments", with(golden(t), "override.mode", item.String("ajar"))); err != nil || got != want {
		t.Errorf("mode: got error %v and %+v", err, got)
	}
}

// TestBounds: a record holds what a record holds, whatever the item does.
func TestBounds(t *testing.T) {
	m := golden(t)
	window := make(item.Map)
	var all []string
	for i := range 30_000 {
		window[fmt.Sprintf("c%d", 17_000_000_000+i)] = item.Number("1")
		all = append(all, fmt.Sprintf("%05d", 30_000-i))
	}
	m["window"], m["voices"] = window, item.Set(all)
	m["relapses"], m["probe_ok"], m["share"] = item.Number("-7"), item.Number("-1"), item.Number("1e99")
	r, err := item.Decode("payments", m)
	if err != nil {
		t.Fatal(err)
	}
	last := recloser.Instant(17_000_029_999) * 100
	if slots := r.Window.Slots(); len(slots) != recloser.MaxSlots || slots[recloser.MaxSlots-1].Start != last {
		t.Errorf("slots are not the last ones: %v", slots)
	}
	if r.Voices != [recloser.MaxVoices]string{"00001", "00002", "00003"} || r.Relapses != 0 || r.ProbeOK != 0 || r.Share != 1 {
		t.Errorf("got %+v", r)
	}
}
