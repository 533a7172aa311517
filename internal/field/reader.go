package field

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

// reader keeps the first thing that is wrong. What is absent is zero.
type reader struct {
	Source
	circuit, entry string
	problem        error
}

func (d *reader) malformed(name, want string) {
	if d.problem == nil {
		d.problem = &MalformedError{Circuit: d.circuit, Entry: d.entry, Field: name, Want: want}
	}
}

// digits returns a number as it is written: "0" if there is none, and nothing if
// it is no number.
func (d *reader) digits(name string) string {
	switch v, there := d.Field(name); {
	case !there:
		return "0"
	case v.Kind == Number || v.Kind == Either:
		return v.Text
	}
	return ""
}

// whole returns a whole number in plain digits, as every store writes it. In any
// other form it is refused: a condition that compares texts would never find it
// equal.
func (d *reader) whole(name string) int64 {
	digits := d.digits(name)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != digits {
		d.malformed(name, "a whole number of 64 bits in plain digits")
	}
	return n
}

func (d *reader) instant(name string) recloser.Instant { return recloser.Instant(d.whole(name)) }

// count returns a number of things; less than none counts as none.
func (d *reader) count(name string) int { return int(min(max(d.whole(name), 0), math.MaxInt)) }

func (d *reader) text(name string) string {
	v, there := d.Field(name)
	if there && (v.Kind != Text && v.Kind != Either || len(v.Text) > MaxText) {
		d.malformed(name, fmt.Sprintf("a text of at most %d bytes", MaxText))
		return ""
	}
	return v.Text
}

func (d *reader) generation() uint64 {
	digits := d.digits("generation")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != digits {
		d.malformed("generation", "a whole number of 64 bits that is not negative, in plain digits")
	}
	return n
}

func (d *reader) cause() recloser.Cause {
	const most = math.MaxInt64 / int64(time.Millisecond)
	return recloser.Cause{
		Rule:     recloser.Rule(d.text("cause.rule")),
		Calls:    d.count("cause.calls"),
		Failures: d.count("cause.failures"),
		Slow:     d.count("cause.slow"),
		Span:     time.Duration(min(max(d.whole("cause.span_ms"), 0), most)) * time.Millisecond,
		Actor:    d.text("cause.actor"),
		Reason:   d.text("cause.reason"),
	}
}

func (d *reader) override() recloser.Override {
	mode := recloser.OverrideMode(d.text("override.mode"))
	switch mode {
	case recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed:
	default:
		mode = recloser.OverrideNone
	}
	return recloser.Override{
		Mode:   mode,
		Until:  d.instant("override.until_ms"),
		Actor:  d.text("override.actor"),
		Reason: d.text("override.reason"),
	}
}
