package circuitname_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/circuitname"
)

func TestOf(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"az09.-:_":             "az09.-:_",
		"AZ.example":           "az.example",
		"run/orders.sock":      "run_2forders.sock",
		"[::1]:80":             "_5b::1_5d:80",
		"bücher":               "b_c3_bccher",
		"a\x00\x7f{":           "a_00_7f_7b",
		"`@/;[":                "_60_40_2f_3b_5b",
		"api.example.com:8443": "api.example.com:8443",
	} {
		if got := circuitname.Of(text); got != want {
			t.Errorf("%q is named %q, want %q", text, got, want)
		}
	}
}

// TestNamesCircuits: whatever is named so may name a circuit, unless it is too long
// or nothing; and what names one already keeps its name.
func TestNamesCircuits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.StringN(1, -1, 40), rapid.Map(rapid.SliceOfN(rapid.Byte(), 1, 40), func(b []byte) string { return string(b) })).Draw(t, "text")
		name := circuitname.Of(text)
		if _, err := recloser.Key(name, ""); err != nil && len(name) <= recloser.MaxName {
			t.Fatalf("%q is named %q: %v", text, name, err)
		}
		if again := circuitname.Of(name); again != name || name != strings.ToLower(name) {
			t.Fatalf("%q is named %q, and that %q", text, name, again)
		}
	})
}
