package valkeystore

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// MalformedError is a hash that is no record. Nothing is decided by it.
type MalformedError struct {
	// Circuit is the key of the circuit.
	Circuit string
	// Field is what is wrong, such as "p0.token"; empty if it is the whole.
	Field string
	// Want is what it should be.
	Want string
}

// Error says which field of which circuit is wrong, and what to do.
func (e *MalformedError) Error() string {
	what := "the hash"
	if e.Field != "" {
		what = fmt.Sprintf("field %.80q", e.Field)
	}
	return fmt.Sprintf("%s of circuit %.160q is not %s; repair it, or delete the key to begin anew", what, e.Circuit, e.Want)
}

func tooLarge(circuit string) error {
	return &MalformedError{Circuit: circuit, Want: fmt.Sprintf("a record, which has at most %d fields and %d bytes", maxFields, maxBytes)}
}

// decode returns the record of a circuit. A hash without fields is the zero
// record, and one of a later version an error that matches [recloser.ErrSchema].
//
// A hash may hold anything. What cannot be read as the type it should be is a
// [*MalformedError], whatever it is for; what can be read is believed no further
// than the core's clamps. Three things are left alone: fields that are not
// known, a mode of override that is not known, and all but the last
// [recloser.MaxSlots] slots.
func decode(circuit string, hash map[string]string) (recloser.Record, error) {
	if len(hash) == 0 {
		return recloser.Record{}, nil
	}
	if len(hash) > maxFields {
		return recloser.Record{}, tooLarge(circuit)
	}
	d := &decoder{circuit: circuit, hash: hash}
	r := recloser.Record{Schema: d.schema()}
	if err := r.Check(); err != nil && d.problem == nil {
		return recloser.Record{}, fmt.Errorf("circuit %.160q: %w", circuit, err)
	}
	r.Generation = d.generation()
	r.State = d.state()
	r.Since = d.instant("since_ms")
	r.OpenUntil = d.instant("open_until_ms")
	r.Relapses = d.count("relapses")
	r.Cause = d.cause()
	r.Override = d.override()
	r.WatchSince = d.instant("watch_since_ms")
	r.Share = d.share()
	r.Voices = d.voices()
	r.Window = d.window()
	for i := range r.Probes {
		r.Probes[i] = d.lease("p" + strconv.Itoa(i))
	}
	r.ProbeOK = d.count("probe_ok")
	r.ProbeFailed = d.count("probe_failed")
	if d.problem != nil {
		return recloser.Record{}, d.problem
	}
	return r, nil
}

// decoder keeps the first thing that is wrong. What is absent is zero.
type decoder struct {
	circuit string
	hash    map[string]string
	problem error
}

func (d *decoder) malformed(field, want string) {
	if d.problem == nil {
		d.problem = &MalformedError{Circuit: d.circuit, Field: field, Want: want}
	}
}

func (d *decoder) digits(field string) string {
	if n, there := d.hash[field]; there {
		return n
	}
	return "0"
}

// whole returns a whole number as it is written by this store. In any other
// form it is refused: a script compares texts, and would never find it equal.
func (d *decoder) whole(field string) int64 {
	digits := d.digits(field)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != digits {
		d.malformed(field, "a whole number of 64 bits in plain digits")
	}
	return n
}

func (d *decoder) instant(field string) recloser.Instant { return recloser.Instant(d.whole(field)) }

// count returns a number of things; less than none counts as none.
func (d *decoder) count(field string) int { return int(min(max(d.whole(field), 0), math.MaxInt)) }

func (d *decoder) text(field string) string {
	s := d.hash[field]
	if len(s) > maxText {
		d.malformed(field, fmt.Sprintf("a text of at most %d bytes", maxText))
		return ""
	}
	return s
}

func (d *decoder) schema() int {
	n, err := strconv.ParseInt(d.digits("schema"), 10, 64)
	if errors.Is(err, strconv.ErrRange) && n > 0 {
		return math.MaxInt // It is later than any that is known.
	}
	if err != nil || n < 0 {
		d.malformed("schema", "a version")
	}
	return int(min(n, math.MaxInt))
}

func (d *decoder) generation() uint64 {
	digits := d.digits("generation")
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != digits {
		d.malformed("generation", "a whole number of 64 bits that is not negative, in plain digits")
	}
	return n
}

func (d *decoder) state() recloser.State {
	var s recloser.State
	if name, there := d.hash["state"]; there && s.UnmarshalText([]byte(name)) != nil {
		d.malformed("state", "closed, open or half_open")
	}
	return s
}

func (d *decoder) cause() recloser.Cause {
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

func (d *decoder) override() recloser.Override {
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

func (d *decoder) share() recloser.Share {
	s, err := strconv.ParseFloat(d.digits("share"), 64)
	if err != nil || math.IsNaN(s) {
		d.malformed("share", "a number")
	}
	return recloser.Share(min(max(s, 0), 1))
}

// voices returns those whose names sort first.
func (d *decoder) voices() [recloser.MaxVoices]string {
	var first [recloser.MaxVoices]string
	names := strings.FieldsFunc(d.hash["voices"], func(r rune) bool { return r == ' ' })
	for i := range names {
		names[i] = unescape(names[i])
		if len(names[i]) > maxText {
			d.malformed("voices", fmt.Sprintf("names of at most %d bytes", maxText))
			return first
		}
	}
	slices.Sort(names)
	copy(first[:], slices.Compact(names))
	return first
}

func (d *decoder) window() recloser.Window {
	var w recloser.Window
	for field := range d.hash {
		counter, ok := strings.CutPrefix(field, "window.")
		if !ok {
			continue
		}
		if start, ok := slotStart(counter); ok {
			w = w.Add(start, counts(counter[0], d.count(field)))
		}
	}
	return w
}

// slotStart returns when the slot begins that a counter is of.
func slotStart(counter string) (recloser.Instant, bool) {
	if len(counter) < 2 || counter[1] < '1' || counter[1] > '9' || !strings.ContainsRune("cfsr", rune(counter[0])) {
		return 0, false
	}
	tenths, err := strconv.ParseInt(counter[1:], 10, 64)
	unit := slotUnit.Milliseconds()
	if err != nil || tenths > math.MaxInt64/unit {
		return 0, false
	}
	return recloser.Instant(tenths * unit), true
}

// counts returns n of what the letter before a slot stands for.
func counts(letter byte, n int) recloser.Counts {
	switch letter {
	case 'c':
		return recloser.Counts{Calls: n}
	case 'f':
		return recloser.Counts{Failures: n}
	case 's':
		return recloser.Counts{Slow: n}
	}
	return recloser.Counts{Reports: n}
}

func (d *decoder) lease(probe string) recloser.Lease {
	_, held := d.hash[probe+".token"]
	_, ends := d.hash[probe+".end_ms"]
	if !held && !ends {
		return recloser.Lease{}
	}
	l := recloser.Lease{Token: d.text(probe + ".token"), End: d.instant(probe + ".end_ms")}
	if l.Token == "" {
		d.malformed(probe+".token", "the token of a holder")
	}
	return l
}
