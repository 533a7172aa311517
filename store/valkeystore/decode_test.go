package valkeystore_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestGoldenHash: what this version writes is what the golden hash of its schema
// holds, and reads the same. LAWS.md, S11.
func TestGoldenHash(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	const watch = 1_767_225_600_000
	var want recloser.Record
	for _, w := range []recloser.Write{
		recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideClosed, Until: 1_767_312_000_000, Actor: "ops", Reason: "planned work"}},
		recloser.Transition{
			To: recloser.StateOpen, Since: 1_767_225_600_000, OpenUntil: 1_767_225_610_000, Relapses: 2,
			Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 3, Span: 2_000_000_000, Actor: "ana", Reason: "it is back"},
		},
		recloser.Watch{Generation: 1, At: watch, Share: 0.25},
		recloser.Report{Generation: 1, Watch: watch, Share: recloser.Share(1) / 3, Voice: "b", Counted: []recloser.Slot{
			{Start: watch, Counts: recloser.Counts{Calls: 5, Failures: 4, Slow: 1, Reports: 1}},
		}},
		recloser.Report{Generation: 1, Watch: watch, Share: recloser.Share(1) / 3, Voice: "a"},
		recloser.Claim{Generation: 1, Slot: 7, Lease: recloser.Lease{Token: "token", End: 1_767_225_616_000}},
		recloser.Claim{Generation: 1, Lease: recloser.Lease{Token: "settled", End: 1_767_225_616_000}},
		recloser.Settle{Generation: 1, Token: "settled"},
	} {
		got, err := s.Apply(t.Context(), "golden", w)
		if err != nil {
			t.Fatal(err)
		}
		want = got
	}
	hash, err := plain.HGetAll(t.Context(), "recloser:{golden}").Result()
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]string
	if err := json.Unmarshal(goldenOf(t, "testdata/schema1.json", hash), &golden); err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(golden, hash) {
		t.Errorf("want %v\ngot  %v", golden, hash)
	}
	if got, err := valkeystore.Decode("golden", golden); err != nil || got != want {
		t.Errorf("the golden hash is read as %+v, error %v; want %+v", got, err, want)
	}
}

// TestDecodeHostileHash: what cannot be read is named, what is not known is left
// alone. LAWS.md, S10.
func TestDecodeHostileHash(t *testing.T) {
	many := map[string]string{}
	for i := range 5000 {
		many["window.c"+strconv.Itoa(i+1)] = "1"
	}
	for _, row := range []struct {
		field string
		hash  map[string]string
	}{
		{"schema", map[string]string{"schema": "one"}},
		{"schema", map[string]string{"schema": "-1"}},
		{"generation", map[string]string{"generation": "-1"}},
		{"generation", map[string]string{"generation": "007"}},
		{"generation", map[string]string{"generation": "18446744073709551616"}},
		{"state", map[string]string{"state": "ajar"}},
		{"state", map[string]string{"state": ""}},
		{"since_ms", map[string]string{"since_ms": "1e3"}},
		{"since_ms", map[string]string{"since_ms": "9223372036854775808"}},
		{"watch_since_ms", map[string]string{"watch_since_ms": "+5"}},
		{"relapses", map[string]string{"relapses": "many"}},
		{"cause.calls", map[string]string{"cause.calls": "0x10"}},
		{"cause.rule", map[string]string{"cause.rule": strings.Repeat("x", 2000)}},
		{"cause.actor", map[string]string{"cause.actor": strings.Repeat("x", 2000)}},
		{"cause.reason", map[string]string{"cause.reason": strings.Repeat("x", 2000)}},
		{"override.until_ms", map[string]string{"override.until_ms": "-"}},
		{"share", map[string]string{"share": "NaN"}},
		{"share", map[string]string{"share": "half"}},
		{"voices", map[string]string{"voices": strings.Repeat("x", 2000)}},
		{"window.c17", map[string]string{"window.c17": "1.5"}},
		{"p0.token", map[string]string{"p0.end_ms": "1"}},
		{"p7.token", map[string]string{"p7.token": ""}},
		{"p3.end_ms", map[string]string{"p3.token": "a", "p3.end_ms": "soon"}},
		{"", many},
	} {
		r, err := valkeystore.Decode("payments", row.hash)
		var bad *valkeystore.MalformedError
		if !errors.As(err, &bad) || bad.Field != row.field || bad.Circuit != "payments" || r != (recloser.Record{}) {
			t.Errorf("%.60v: want an error of %q, got %v and %+v", row.hash, row.field, err, r)
		}
	}
	for _, schema := range []string{"2", "99999999999999999999"} {
		if _, err := valkeystore.Decode("payments", map[string]string{"schema": schema, "state": "ajar"}); !errors.Is(err, recloser.ErrSchema) {
			t.Errorf("schema %s: got error %v", schema, err)
		}
	}
	r, err := valkeystore.Decode("payments", map[string]string{
		"schema": "1", "new": "thing", "override.mode": "ajar", "window.x5": "q", "window.c": "q", "window.c05": "q", "window.c-1": "q",
		"window.c99999999999999999999": "q", "p8.token": "", "share": "1e300", "cause.failures": "-5", "cause.span_ms": "9223372036854775807",
		"window.f1": strconv.Itoa(math.MaxInt), "voices": "  a d b  a c ",
	})
	want := recloser.Record{
		Schema: 1, Share: 1, Voices: [3]string{"a", "b", "c"}, Cause: recloser.Cause{Span: math.MaxInt64 / 1_000_000 * 1_000_000},
		Window: recloser.Window{{Start: 100, Counts: recloser.Counts{Failures: 1 << 50}}},
	}
	if err != nil || r != want {
		t.Errorf("got %+v and %v", r, err)
	}
}

// TestHostileHashOnServer: a hash that is no record is neither read nor written,
// however large.
func TestHostileHashOnServer(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	fields := map[string]any{"schema": "1"}
	for i := range 3000 {
		fields["window.c"+strconv.Itoa(i+1)] = "1"
	}
	for name, hash := range map[string]map[string]any{"fields": fields, "bytes": {"schema": "1", "cause.rule": strings.Repeat("x", 8<<20)}} {
		key := "hostile/" + name
		if err := plain.HSet(t.Context(), "recloser:{"+key+"}", hash).Err(); err != nil {
			t.Fatal(err)
		}
		var bad *valkeystore.MalformedError
		if _, err := s.Load(t.Context(), key); !errors.As(err, &bad) || bad.Circuit != key {
			t.Errorf("load: got %v", err)
		}
		if _, err := s.Apply(t.Context(), key, recloser.Watch{Generation: 5, At: 1, Share: 1}); !errors.As(err, &bad) || errors.Is(err, recloser.ErrConflict) {
			t.Errorf("watch: got %v", err)
		}
	}
}

// FuzzDecode: no hash brings a reader down, and what it reads can be believed as
// far as the core does. LAWS.md, S10.
func FuzzDecode(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "the decoder of Valkey answers")()
	for _, seed := range []string{
		"schema\n1\ngeneration\n7\nstate\nopen\nsince_ms\n1767225600000\nopen_until_ms\n1767225610000",
		"window.c17672256000\n5\nwindow.f17672256000\n4\nvoices\na b c\nshare\n0.25\nwatch_since_ms\n1767225600000",
		"p0.token\nmine\np0.end_ms\n1\nprobe_ok\n1\nprobe_failed\n-1",
		"override.mode\nopen\noverride.until_ms\n9223372036854775807\noverride.actor\nops",
		"cause.rule\nfailure_rate\ncause.calls\n-9223372036854775808\ncause.span_ms\n9223372036854775807",
		"cause.rule\nreset\ncause.actor\nana\ncause.reason\nit is \"back\"",
		"schema\n2", "share\nInf", "share\n-0", "voices\n\x1f\x1f\x02", "window.r1\n9223372036854775807",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parts := strings.Split(text, "\n")
		hash := make(map[string]string)
		for i := 0; i+1 < len(parts); i += 2 {
			hash[parts[i]] = parts[i+1]
		}
		r, err := valkeystore.Decode("payments", hash)
		if err != nil {
			var bad *valkeystore.MalformedError
			if !errors.As(err, &bad) && !errors.Is(err, recloser.ErrSchema) || r != (recloser.Record{}) || !strings.Contains(err.Error(), "payments") {
				t.Fatalf("got %+v and %v", r, err)
			}
			return
		}
		if _, err := r.State.MarshalText(); err != nil || !(r.Share >= 0 && r.Share <= 1) || r.Check() != nil {
			t.Fatalf("got %+v", r)
		}
		for _, s := range r.Window.Slots() {
			if s.Start <= 0 || min(s.Calls, s.Failures, s.Slow, s.Reports) < 0 {
				t.Fatalf("got slot %+v", s)
			}
		}
		if again, err := valkeystore.Decode("payments", hash); err != nil || again != r {
			t.Fatalf("read again it is %+v, %v", again, err)
		}
	})
}

// TestEscape: names with spaces are told apart, and sort as they did.
func TestEscape(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.RuneFrom([]rune("a\x00\x01\x02\x1e\x1f !é")), 0, 6, -1)
		a, b := name.Draw(t, "a"), name.Draw(t, "b")
		x, y := valkeystore.Escape(a), valkeystore.Escape(b)
		if valkeystore.Unescape(x) != a || strings.Contains(x, " ") || strings.Compare(a, b) != strings.Compare(x, y) {
			t.Fatalf("%q is %q, %q is %q", a, x, b, y)
		}
	})
}
