package item

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

// MalformedError is an item that is no record. Nothing is decided by it.
type MalformedError struct {
	// Circuit is the key of the circuit.
	Circuit string
	// Attribute is what is wrong, such as "p0.token".
	Attribute string
	// Want is what it should be.
	Want string
}

// Error says which attribute of which circuit is wrong, and what to do.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("item: attribute %.80q of circuit %.160q is not %s; repair it, or delete the item to begin anew", e.Attribute, e.Circuit, e.Want)
}

// Decode returns the record of a circuit. An item without attributes is the zero
// record, and one of a later version an error that matches [recloser.ErrSchema].
//
// An item may hold anything. What cannot be read as the type it should be is a
// [*MalformedError], whatever it is for: a reader that guessed would be a reader
// of its own. What can be read is believed no further than the core's clamps.
// Three things are left alone: attributes and entries that are not known, a mode
// of override that is not known, and all but the last [recloser.MaxSlots] slots.
func Decode(circuit string, m Map) (recloser.Record, error) {
	if len(m) == 0 {
		return recloser.Record{}, nil
	}
	d := &decoder{circuit: circuit}
	top := fields{d, m, ""}
	r := recloser.Record{Schema: top.schema()}
	if err := r.Check(); err != nil && d.problem == nil {
		return recloser.Record{}, fmt.Errorf("circuit %.160q: %w", circuit, err)
	}
	r.Generation = top.generation()
	r.State = top.state()
	r.Since = top.instant("since_ms")
	r.OpenUntil = top.instant("open_until_ms")
	r.Relapses = top.count("relapses")
	r.Cause = top.cause()
	r.Override = top.override()
	r.WatchSince = top.instant("watch_since_ms")
	r.Share = top.share()
	r.Voices = top.voices()
	r.Window = top.window()
	for i := range r.Probes {
		r.Probes[i] = top.lease(probe(i))
	}
	r.ProbeOK = top.count("probe_ok")
	r.ProbeFailed = top.count("probe_failed")
	if d.problem != nil {
		return recloser.Record{}, d.problem
	}
	return r, nil
}

// decoder keeps the first thing that is wrong.
type decoder struct {
	circuit string
	problem error
}

// fields are the attributes of an item or of a map in it. What is absent is
// zero.
type fields struct {
	*decoder
	m      Map
	within string
}

func (f fields) malformed(name, want string) {
	if f.problem == nil {
		f.problem = &MalformedError{Circuit: f.circuit, Attribute: f.within + name, Want: want}
	}
}

// digits returns a number as it is written; "0" if there is none.
func (f fields) digits(name string) string {
	v, there := f.m[name]
	if !there {
		return "0"
	}
	n, _ := v.(Number)
	return string(n)
}

// whole returns a whole number, as DynamoDB writes it: digits, with neither a
// point nor an exponent.
func (f fields) whole(name string) int64 {
	n, err := strconv.ParseInt(f.digits(name), 10, 64)
	if err != nil {
		f.malformed(name, "a whole number of 64 bits")
	}
	return n
}

func (f fields) instant(name string) recloser.Instant { return recloser.Instant(f.whole(name)) }

// count returns a number of things; less than none counts as none.
func (f fields) count(name string) int { return int(min(max(f.whole(name), 0), math.MaxInt)) }

func (f fields) text(name string) string {
	v, there := f.m[name]
	s, ok := v.(String)
	if there && (!ok || len(s) > longestText) {
		f.malformed(name, fmt.Sprintf("a text of at most %d bytes", longestText))
		return ""
	}
	return string(s)
}

// inner returns the fields of a map.
func (f fields) inner(name string) fields {
	v, there := f.m[name]
	m, ok := v.(Map)
	if there && !ok {
		f.malformed(name, "a map")
	}
	return fields{f.decoder, m, name + "."}
}

func (f fields) schema() int {
	n, err := strconv.ParseInt(f.digits("schema"), 10, 64)
	if errors.Is(err, strconv.ErrRange) && n > 0 {
		return math.MaxInt // It is later than any that is known.
	}
	if err != nil || n < 0 {
		f.malformed("schema", "a version")
	}
	return int(min(n, math.MaxInt))
}

func (f fields) generation() uint64 {
	n, err := strconv.ParseUint(f.digits("generation"), 10, 64)
	if err != nil {
		f.malformed("generation", "a whole number of 64 bits that is not negative")
	}
	return n
}

func (f fields) state() recloser.State {
	var s recloser.State
	if _, there := f.m["state"]; there && s.UnmarshalText([]byte(f.text("state"))) != nil {
		f.malformed("state", "closed, open or half_open")
	}
	return s
}

func (f fields) cause() recloser.Cause {
	c := f.inner("cause")
	const most = math.MaxInt64 / int64(time.Millisecond)
	return recloser.Cause{
		Rule:     recloser.Rule(c.text("rule")),
		Calls:    c.count("calls"),
		Failures: c.count("failures"),
		Slow:     c.count("slow"),
		Span:     time.Duration(min(max(c.whole("span_ms"), 0), most)) * time.Millisecond,
		Actor:    c.text("actor"),
		Reason:   c.text("reason"),
	}
}

func (f fields) override() recloser.Override {
	o := f.inner("override")
	mode := recloser.OverrideMode(o.text("mode"))
	switch mode {
	case recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed:
	default:
		mode = recloser.OverrideNone
	}
	return recloser.Override{Mode: mode, Until: o.instant("until_ms"), Actor: o.text("actor"), Reason: o.text("reason")}
}

// share returns a share; what is none says nothing.
func (f fields) share() recloser.Share {
	s, err := strconv.ParseFloat(f.digits("share"), 64)
	if err != nil || s != s {
		f.malformed("share", "a number")
	}
	return recloser.Share(min(max(s, 0), 1))
}

// voices returns those whose names sort first, which is what the set of a record
// comes to however many have joined it.
func (f fields) voices() [recloser.MaxVoices]string {
	var first [recloser.MaxVoices]string
	v, there := f.m["voices"]
	all, ok := v.(Set)
	if there && !ok {
		f.malformed("voices", "a set of texts")
	}
	names := make([]string, 0, len(all))
	for _, name := range all {
		if len(name) <= longestText && name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	copy(first[:], names)
	return first
}

func (f fields) window() recloser.Window {
	var w recloser.Window
	in := f.inner("window")
	for name := range in.m {
		if start, ok := slotStart(name); ok {
			w = w.Add(start, counts(name[0], in.count(name)))
		}
	}
	return w
}

// slotStart returns when the slot begins that an entry of the window is of.
func slotStart(name string) (recloser.Instant, bool) {
	if len(name) < 2 || name[1] == '+' || !(name[0] == 'c' || name[0] == 'f' || name[0] == 's' || name[0] == 'r') {
		return 0, false
	}
	tenths, err := strconv.ParseInt(name[1:], 10, 64)
	unit := slotUnit.Milliseconds()
	if err != nil || tenths <= 0 || tenths > math.MaxInt64/unit {
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

func (f fields) lease(name string) recloser.Lease {
	if _, there := f.m[name]; !there {
		return recloser.Lease{}
	}
	p := f.inner(name)
	l := recloser.Lease{Token: p.text("token"), End: p.instant("end_ms")}
	if l.Token == "" {
		p.malformed("token", "the token of a holder")
	}
	return l
}
