package bar_test

import (
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/bench/bar"
)

func TestPassed(t *testing.T) {
	good, bad := bar.Bar{Known: true, Pass: true}, bar.Bar{Known: true}
	for _, test := range []struct {
		bars []bar.Bar
		want bool
	}{
		{nil, false}, // Nothing is held to nothing.
		{[]bar.Bar{good}, true},
		{[]bar.Bar{good, bad}, false},
		{[]bar.Bar{good, {}, good}, false},
	} {
		if got := bar.Passed(test.bars); got != test.want {
			t.Errorf("%+v: %t, want %t", test.bars, got, test.want)
		}
	}
}

func TestWrite(t *testing.T) {
	var text strings.Builder
	bar.Write(&text, []bar.Bar{
		{What: "allocations", Measured: 0.5, Known: true, Limit: 1, Pass: true},
		{What: "scaling", Measured: 1.25, Known: true, Limit: 1.8, AtLeast: true},
		{What: "reads", Measured: 7, Limit: 3},
	})
	for _, want := range []string{"0.50\t≤ 1\tpass\t  allocations\n", "1.25\t≥ 1.8\tFAIL\t  scaling\n", "-\t≤ 3\tnot measured\t  reads\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("does not say %q:\n%s", want, text.String())
		}
	}
}
