package trial

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// Unit is what a figure is measured in.
type Unit string

const (
	// UnitShare is a share, from 0 to 1; it is written as a percentage.
	UnitShare Unit = "share"
	// UnitDuration is seconds; it is written as a duration.
	UnitDuration Unit = "seconds"
	// UnitCount is a number of things.
	UnitCount Unit = "count"
	// UnitNumber is a number with a fraction.
	UnitNumber Unit = "number"
	// UnitDollars is dollars.
	UnitDollars Unit = "dollars"
)

const (
	never   = "never"
	nothing = "–"
)

// Format returns a value as it is written: never if it is infinite, and a dash if it
// is no number.
func (u Unit) Format(v float64) string {
	switch {
	case math.IsNaN(v):
		return nothing
	case math.IsInf(v, 0):
		return never
	}
	switch u {
	case UnitShare:
		return percent(v)
	case UnitDuration:
		return seconds(v)
	case UnitDollars:
		return dollars(v)
	case UnitNumber:
		return number(v)
	case UnitCount:
	}
	return Thousands(int64(math.Round(v)))
}

// Difference returns b - a as it is written, with its sign, or an empty text if there
// is none to speak of.
func (u Unit) Difference(a, b float64) string {
	d := b - a
	if u.Format(a) == u.Format(b) || math.IsNaN(d) || math.IsInf(d, 0) {
		return ""
	}
	sign := "+"
	if d < 0 {
		sign, d = "−", -d
	}
	if u == UnitShare {
		return sign + strings.TrimSuffix(percent(d), "%") + " points"
	}
	return sign + u.Format(d)
}

// Parse reads a value as it is written in an assertion.
func (u Unit) Parse(text string) (float64, error) {
	switch u {
	case UnitShare:
		var s recloser.Share
		if err := s.UnmarshalText([]byte(text)); err != nil {
			return 0, fmt.Errorf("it is a share, written as a percentage such as 0.1%%, not %.40q", text)
		}
		return float64(s), nil
	case UnitDuration:
		d, err := time.ParseDuration(text)
		if err != nil || d < 0 {
			return 0, fmt.Errorf("it is a time, written with its unit such as 500ms or 2m, not %.40q", text)
		}
		return d.Seconds(), nil
	case UnitDollars:
		v, err := strconv.ParseFloat(strings.TrimPrefix(text, "$"), 64)
		if err != nil || !strings.HasPrefix(text, "$") || !(v >= 0) || math.IsInf(v, 0) {
			return 0, fmt.Errorf("it is an amount of dollars such as $0.20, not %.40q", text)
		}
		return v, nil
	case UnitCount, UnitNumber:
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= 0) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("it is a number such as 100, not %.40q", text)
	}
	return v, nil
}

// percent writes a share with as many digits as say something: 99.93%, 0.021%.
func percent(v float64) string {
	p := v * 100
	digits := 1
	switch rest := math.Min(p, 100-p); {
	case p <= 0 || p >= 100:
		digits = 0
	case rest < 0.001:
		digits = 4
	case rest < 0.1:
		digits = 3
	case rest < 1:
		digits = 2
	}
	return strconv.FormatFloat(p, 'f', digits, 64) + "%"
}

// seconds writes a time with three digits or so: 137ms, 1.2s, 2m08s.
func seconds(v float64) string {
	d := time.Duration(v * float64(time.Second))
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Round(time.Millisecond).Milliseconds(), 10) + "ms"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + "s"
	case d < 100*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < 100*time.Minute:
		d = d.Round(time.Second)
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// number writes a number with as many digits as say something: 12.3, 0.047.
func number(v float64) string {
	digits := 1
	switch {
	case v >= 100 || v == 0:
		digits = 0
	case v < 0.1:
		digits = 3
	case v < 10:
		digits = 2
	}
	return strconv.FormatFloat(v, 'f', digits, 64)
}

func dollars(v float64) string {
	digits := 2
	if v > 0 && v < 0.1 {
		digits = 4
	}
	return "$" + strconv.FormatFloat(v, 'f', digits, 64)
}

// Thousands writes a number with commas.
func Thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
