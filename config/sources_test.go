package config_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

// journey is a file of another kind than recloser.yaml.
type journey struct {
	Seed   uint64          `json:"seed"`
	Night  bool            `json:"night"`
	Policy recloser.Policy `json:"policy"`
	Legs   []leg           `json:"legs"`
}

type leg struct {
	From  time.Duration  `json:"from"`
	Speed *float64       `json:"speed"`
	Share recloser.Share `json:"share"`
}

func decode(text string) (journey, config.Sources, error) {
	j := journey{Seed: 3, Policy: recloser.DefaultPolicy()}
	sources, err := config.Decode("journey.yaml", []byte(text), &j)
	return j, sources, err
}

func TestDecode(t *testing.T) {
	j, _, err := decode(`
night: true
seed: 18446744073709551615
policy: { open_when: { window: 20s } }
legs:
  - { from: 1s }
  - from: 2s
    speed: 1.5
    share: 30%
`)
	if err != nil {
		t.Fatal(err)
	}
	if j.Seed != 1<<64-1 || !j.Night || j.Policy.OpenWhen.Window != 20*time.Second || j.Policy.OpenWhen.MinCalls != 10 {
		t.Errorf("got %+v", j)
	}
	if len(j.Legs) != 2 || j.Legs[0].Speed != nil || *j.Legs[1].Speed != 1.5 || j.Legs[1].Share != 0.3 {
		t.Errorf("got legs %+v", j.Legs)
	}
	if j, _, err := decode("night: false\n"); err != nil || j.Seed != 3 || len(j.Legs) != 0 {
		t.Errorf("what is left out does not keep its value: %+v, %v", j, err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", "journey.yaml:1:1: the file is empty"},
		{"- a", "journey.yaml:1:1: must be a mapping of keys to values, not a list"},
		{"sed: 1", `journey.yaml:1:1: sed: unknown key; did you mean "seed"?`},
		{"seed: -1", `journey.yaml:1:7: seed: must be a whole number from 0 to 2^64-1, not "-1"`},
		{"seed: '1'", "journey.yaml:1:7: seed: must be a number, not text; leave out the quotation marks"},
		{"night: yes", `journey.yaml:1:8: night: must be true or false, not "yes"`},
		{"night: 'true'", "journey.yaml:1:8: night: must be true or false, not text; leave out the quotation marks"},
		{"legs: 5", `journey.yaml:1:7: legs: must be a list such as [a, b], not "5"`},
		{"legs:\n- { from: 1s }\n- { frm: 1s }", `journey.yaml:3:5: legs[1].frm: unknown key; did you mean "from"?`},
		{"legs:\n- { share: 101% }", "journey.yaml:2:12: legs[0].share: a share is between 0% and 100%, not \"101%\""},
		{"legs:\n- { speed: fast }", `journey.yaml:2:12: legs[0].speed: must be a number such as 1.5, not "fast"`},
		{"window: 5s", "journey.yaml:1:1: window: unknown key here; it belongs under policy.open_when"},
		{"policy: { night: true }", "journey.yaml:1:11: policy.night: unknown key here; it belongs at the top"},
	} {
		_, _, err := decode(row.text)
		if !errors.Is(err, config.ErrInvalid) || err.Error() != row.want {
			t.Errorf("%q:\n got %v\nwant %s", row.text, err, row.want)
		}
	}
}

func TestPlace(t *testing.T) {
	_, sources, err := decode("night: true\nlegs:\n- { from: 1s }\n- { speed: 2 }\n")
	if err != nil {
		t.Fatal(err)
	}
	problem := func(field string) error { return &recloser.FieldError{Field: field, Problem: "is wrong"} }
	wrong := fmt.Errorf("a journey: %w", errors.Join(
		problem("seed"), fmt.Errorf("wrapped: %w", problem("legs[1].speed")), problem("legs[1].share"), problem("night"),
		&recloser.FieldError{Field: "version", Problem: "is missing; write it"},
	))
	want := strings.Join([]string{
		"journey.yaml:1:1: seed: is wrong (not set here: this is the default)",
		"journey.yaml:1:1: version: is missing; write it",
		"journey.yaml:1:8: night: is wrong",
		"journey.yaml:4:3: legs[1].share: is wrong",
		"journey.yaml:4:12: legs[1].speed: is wrong",
	}, "\n")
	if got := sources.Place(wrong); !errors.Is(got, config.ErrInvalid) || got.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", got, want)
	}
	other := errors.New("other")
	if got := sources.Place(other); !errors.Is(got, other) || errors.Is(got, config.ErrInvalid) {
		t.Errorf("got %v of an error without a field", got)
	}
}

func TestClosest(t *testing.T) {
	known := []string{"availability", "good_rejected", "wasted"}
	for word, want := range map[string]string{"good-rejeted": "good_rejected", "WASTE": "wasted", "cost": ""} {
		if got, _ := config.Closest(word, known); got != want {
			t.Errorf("Closest(%q) = %q, want %q", word, got, want)
		}
	}
}
