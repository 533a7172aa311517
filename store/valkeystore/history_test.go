package valkeystore_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// lived are writes that leave an entry of each kind.
func lived() []recloser.Write {
	return []recloser.Write{
		recloser.Transition{
			To: recloser.StateOpen, Since: 1_767_225_600_000, OpenUntil: 1_767_225_610_000, Relapses: 2,
			Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 3, Span: 2 * time.Second},
		},
		recloser.Claim{Generation: 1, First: true, Since: 1_767_225_620_000, Lease: recloser.Lease{Token: "token", End: 1}},
		recloser.SetOverride{Generation: 2, Override: recloser.Override{
			Mode: recloser.OverrideClosed, Until: 1_767_312_000_000, Actor: "ops", Reason: "planned\n\"work\"/€",
		}},
		recloser.SetOverride{Generation: 2},
		recloser.Transition{Generation: 2, Since: 1_767_225_630_000, Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "ana", Reason: "it is back"}},
	}
}

// TestGoldenHistory: what this version writes is what the golden history of its
// schema holds, and reads the same. LAWS.md, S11.
func TestGoldenHistory(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	for _, w := range lived() {
		if _, err := s.Apply(t.Context(), "golden/history", w); err != nil {
			t.Fatal(err)
		}
	}
	list, err := plain.LRange(t.Context(), "recloser:{golden/history}:history", 0, -1).Result()
	if err != nil {
		t.Fatal(err)
	}
	written := make([]map[string]string, len(list))
	for i, text := range list {
		if err := json.Unmarshal([]byte(text), &written[i]); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if strings.HasPrefix(written[i]["kind"], "overrid") {
			if at, err := strconv.ParseInt(written[i]["at_ms"], 10, 64); err != nil || at < 1_767_225_630_000 {
				t.Errorf("an operator's word was learned at %q", written[i]["at_ms"])
			}
			written[i]["at_ms"] = "1767225625000"
		}
	}
	var golden []json.RawMessage
	if err := json.Unmarshal(goldenOf(t, "testdata/history1.json", written), &golden); err != nil || len(golden) != len(written) {
		t.Fatalf("%d entries, error %v", len(golden), err)
	}
	var r recloser.Record
	for i, w := range lived() {
		r, _ = r.Apply(w)
		n := len(golden) - 1 - i // The newest are first.
		var want map[string]string
		if err := json.Unmarshal(golden[n], &want); err != nil || !maps.Equal(want, written[n]) {
			t.Errorf("entry %d: want %v\ngot  %v", n, want, written[n])
		}
		e, _ := recloser.HistoryOf(w, r, 1_767_225_625_000)
		if got, err := valkeystore.DecodeEntry("golden", "0", string(golden[n])); err != nil || got != e {
			t.Errorf("entry %d is read as %+v, error %v; want %+v", n, got, err, e)
		}
	}
}

// TestHistoryIsInTheWay: a history that cannot be written breaks no write, and
// none by half. Who wants to know is told.
func TestHistoryIsInTheWay(t *testing.T) {
	for name, server := range map[string]*testserver.Shared{"valkey": &valkey, "redis": &redis7} {
		t.Run(name, func(t *testing.T) {
			plain := client(t, server.URL(t))
			var told []recloser.EventKind
			s := open(t, server.URL(t), func(o *valkeystore.OpenOptions) {
				o.OnForgotten = func(key string, e recloser.HistoryEntry, err error) {
					told = append(told, e.Kind)
					if faulty(t, err, valkeystore.ErrWrongType); key != "in/the/way" || e.Generation == 0 {
						t.Errorf("told of %+v of circuit %q", e, key)
					}
				}
			})
			if err := plain.Set(t.Context(), "recloser:{in/the/way}:history", "text", 0).Err(); err != nil {
				t.Fatal(err)
			}
			var want recloser.Record
			for _, w := range lived() {
				want, _ = want.Apply(w)
				if got, err := s.Apply(t.Context(), "in/the/way", w); err != nil || got != want {
					t.Errorf("%T: error %v\nwant %+v\ngot  %+v", w, err, want, got)
				}
				if ttl, err := plain.PTTL(t.Context(), "recloser:{in/the/way}").Result(); err != nil || ttl < valkeystore.MinExpiry {
					t.Errorf("%T: the record expires after %v, error %v", w, ttl, err)
				}
			}
			if len(told) != len(lived()) || told[0] != recloser.EventOpened {
				t.Errorf("told of %q", told)
			}
			_, err := s.History(t.Context(), "in/the/way", 0, 10)
			faulty(t, err, valkeystore.ErrWrongType)
			if text, err := plain.Get(t.Context(), "recloser:{in/the/way}:history").Result(); err != nil || text != "text" {
				t.Errorf("it was written over: %q, %v", text, err)
			}
		})
	}
}

// TestForgottenPanics: what is told of an entry cannot fail a transition. LAWS.md,
// B8.
func TestForgottenPanics(t *testing.T) {
	told := 0
	s := open(t, valkey.URL(t), func(o *valkeystore.OpenOptions) {
		o.OnForgotten = func(string, recloser.HistoryEntry, error) { told++; panic("told") }
	})
	if err := client(t, valkey.URL(t)).Set(t.Context(), "recloser:{panics}:history", "text", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Apply(t.Context(), "panics", recloser.Transition{To: recloser.StateOpen}); err != nil || r.Generation != 1 || told != 1 {
		t.Errorf("got %+v and %v, told %d times", r, err, told)
	}
}

// TestHistoryIsBounded: the newest entries stay, and none stays for ever.
func TestHistoryIsBounded(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	const many = valkeystore.MaxHistory + 100
	for i := range uint64(many) {
		w := recloser.Transition{Generation: i, To: recloser.StateOpen, Since: recloser.Instant(1000 + i)}
		if _, err := s.Apply(t.Context(), "long", w); err != nil {
			t.Fatal(err)
		}
	}
	all, err := s.History(t.Context(), "long", 0, 2*many)
	if err != nil || len(all) != valkeystore.MaxHistory || all[0].Generation != many || all[len(all)-1].Generation != 101 {
		t.Fatalf("got %d entries, error %v", len(all), err)
	}
	if some, err := s.History(t.Context(), "long", all[700].At, 2*many); err != nil || len(some) != 701 {
		t.Errorf("got %d entries, error %v", len(some), err)
	}
	if n, err := plain.LLen(t.Context(), "recloser:{long}:history").Result(); err != nil || n != valkeystore.MaxHistory {
		t.Errorf("the list has %d entries, error %v", n, err)
	}
	ttl, err := plain.PTTL(t.Context(), "recloser:{long}:history").Result()
	if err != nil || ttl > recloser.HistoryAge || ttl < recloser.HistoryAge-time.Hour {
		t.Errorf("it expires after %v, error %v", ttl, err)
	}
}

// TestHistoryExpires: 30 days after the last entry, whatever the record does.
func TestHistoryExpires(t *testing.T) {
	const day = 24 * time.Hour
	m := miniredis.RunT(t)
	now := time.Unix(1_767_225_600, 0)
	m.SetTime(now)
	s := open(t, "redis://"+m.Addr(), func(o *valkeystore.OpenOptions) { o.Expiry = 90 * day })
	apply := func(w recloser.Write) {
		t.Helper()
		if _, err := s.Apply(t.Context(), "old", w); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(3) {
		apply(recloser.Transition{Generation: i, To: recloser.StateOpen, Since: 1})
		if ttl := m.TTL("recloser:{old}:history"); ttl != recloser.HistoryAge {
			t.Errorf("it expires after %v", ttl)
		}
		m.FastForward(day)
		now = now.Add(day)
		m.SetTime(now)
	}
	apply(recloser.Watch{Generation: 3, At: 1, Share: 1})
	if ttl := m.TTL("recloser:{old}:history"); ttl != recloser.HistoryAge-day {
		t.Errorf("what leaves no entry lets it expire after %v", ttl)
	}
	m.FastForward(30 * day)
	if all, err := s.History(t.Context(), "old", 0, 10); err != nil || len(all) > 0 {
		t.Errorf("it remembers %+v, error %v", all, err)
	}
	if r, err := s.Load(t.Context(), "old"); err != nil || r.Generation != 3 {
		t.Errorf("the record is %+v, error %v", r, err)
	}
}

// TestHostileHistory: what is no entry hides none of those that are, is named,
// and does not leave the server if it is large. LAWS.md, S10.
func TestHostileHistory(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	const list = "recloser:{hostile/history}:history"
	if _, err := s.Apply(t.Context(), "hostile/history", lived()[0]); err != nil {
		t.Fatal(err)
	}
	bad := []string{
		"", "null", "[]", "7", `"opened"`, "{}", `{"kind":"opened"`, `{"kind":7}`, `{"kind":{"a":"b"}}`, `{"kind":""}`, `{"kind":"opened","at_ms":"soon"}`,
		`{"kind":"opened","generation":"-1"}`, `{"kind":"opened","cause.calls":"1e3"}`, `{"kind":"opened","cause.actor":"` + strings.Repeat("x", 1025) + `"}`,
		`{"kind":"opened","new":"` + strings.Repeat("x", 32<<20) + `"}`,
	}
	for _, text := range bad {
		if err := plain.LPush(t.Context(), list, text).Err(); err != nil {
			t.Fatal(err)
		}
		if e, err := valkeystore.DecodeEntry("payments", "7", text); err == nil || e != (recloser.HistoryEntry{}) {
			t.Errorf("%.60s is read as %+v", text, e)
		}
	}
	reply, err := plain.Eval(t.Context(), valkeystore.Scripts()["history"], []string{list}, 1).StringSlice()
	if err != nil || len(reply) != 1 || reply[0] != "" {
		t.Errorf("it hands out an entry of %d bytes, error %v", len(strings.Join(reply, "")), err)
	}
	for _, limit := range []int{1, 100} {
		entries, err := s.History(t.Context(), "hostile/history", 0, limit)
		malformed, ok := errors.AsType[*valkeystore.MalformedError](err)
		if len(entries) != 1 || entries[0].Generation != 1 || !ok || malformed.Circuit != "hostile/history" || malformed.Entry != "0" {
			t.Errorf("limit %d: got %+v and %v", limit, entries, err)
		}
		if text := err.Error(); len(text) > 400 || strings.Contains(text, "\n") || !strings.HasSuffix(text, "and 14 more") {
			t.Errorf("got error %q", text)
		}
	}
	e, err := valkeystore.DecodeEntry("payments", "7", `{"kind":"melted","at_ms":"-9223372036854775808","new":"thing","relapses":"-1","override.mode":"ajar"}`)
	if want := (recloser.HistoryEntry{Kind: "melted", At: math.MinInt64}); err != nil || e != want {
		t.Errorf("got %+v and %v", e, err)
	}
}

// FuzzDecodeEntry: no entry brings a reader down. LAWS.md, S10.
func FuzzDecodeEntry(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "the decoder of entries of the history in Valkey")()
	for _, seed := range []string{
		`{"kind":"opened","at_ms":"1767225600000","generation":"1","cause.rule":"failure_rate","cause.calls":"14","open_until_ms":"1767225610000"}`,
		`{"kind":"overridden","override.mode":"open","override.until_ms":"9223372036854775807","override.actor":"ops","override.reason":"\"\u0000€"}`,
		`{"kind":"closed","cause.span_ms":"9223372036854775807","relapses":"-1"}`, `{"kind":7}`, `{`, `null`, `{"kind":"opened","kind":"closed"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := valkeystore.DecodeEntry("payments", "0", text)
		if err != nil {
			if _, ok := errors.AsType[*valkeystore.MalformedError](err); !ok || e != (recloser.HistoryEntry{}) || !strings.Contains(err.Error(), "payments") {
				t.Fatalf("got %v and %+v", err, e)
			}
			return
		}
		if e.Kind == "" || e.Relapses < 0 || e.Cause.Calls < 0 || e.Cause.Span < 0 {
			t.Fatalf("out of bounds: %+v", e)
		}
	})
}
