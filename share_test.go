package recloser_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
)

func TestShareText(t *testing.T) {
	for _, row := range []struct {
		text  string
		share recloser.Share
		back  string
	}{
		{"0%", 0, "0%"},
		{"50%", 0.5, "50%"},
		{"99.9%", 0.999, "99.9%"},
		{"100%", 1, "100%"},
		{" 12.50 % ", 0.125, "12.5%"},
		{"0.01%", 0.0001, "0.01%"},
		{"0.000001%", 1e-8, "0.000001%"},
		{"1e1%", 0.1, "10%"},
		{"33.333333%", 0.33333333, "33.333333%"},
		{"-0%", 0, "0%"},
	} {
		var s recloser.Share
		if err := s.UnmarshalText([]byte(row.text)); err != nil || s != row.share {
			t.Errorf("%q is read as %v and %v, want %v", row.text, float64(s), err, float64(row.share))
		}
		if got := s.String(); got != row.back {
			t.Errorf("%q is written as %q, want %q", row.text, got, row.back)
		}
	}
}

func TestShareTextIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":        "percentage such as 50%",
		"%":       "percentage such as 50%",
		"0.5":     "percentage such as 50%",
		"50 %%":   "percentage such as 50%",
		"half":    "percentage such as 50%",
		"NaN%":    "percentage such as 50%",
		"101%":    "between 0% and 100%",
		"-1%":     "between 0% and 100%",
		"+Inf%":   "between 0% and 100%",
		"-Inf%":   "between 0% and 100%",
		"1e400%":  "percentage such as 50%",
		"50% off": "percentage such as 50%",
	} {
		s := recloser.Share(0.25)
		err := s.UnmarshalText([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || s != 0.25 {
			t.Errorf("%q is read as %v with the error %v, want one that says %q", text, s, err, want)
		}
		if err != nil && !strings.Contains(err.Error(), strconv.Quote(text)) {
			t.Errorf("%q: the error %q does not say what was read", text, err)
		}
	}
}

// FuzzShare: what is read is a share, and is read again from what is written.
func FuzzShare(f *testing.F) {
	for _, text := range []string{"50%", "99.9%", "-0%", "0x1p-2%", "NaN%", "1e-400%", "100.0000000001%", "%%", " 7 % "} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s, again recloser.Share
		if s.UnmarshalText([]byte(text)) != nil {
			if s != 0 {
				t.Errorf("%q is refused, and read as %v", text, s)
			}
			return
		}
		if !(s >= 0 && s <= 1) || math.Signbit(float64(s)) {
			t.Errorf("%q is read as %v", text, float64(s))
		}
		written, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.UnmarshalText(written); err != nil || math.Abs(float64(again-s)) > 0.5e-8+1e-16 {
			t.Errorf("%q is written as %q, and read again as %v and %v", text, written, float64(again), err)
		}
		if twice := again.String(); twice != string(written) {
			t.Errorf("%q is written as %q, and then as %q", text, written, twice)
		}
	})
}
