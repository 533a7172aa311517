package field

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/recloser-dev/recloser"
)

// Record returns the record of a circuit. One of a later version is an error that
// matches [recloser.ErrSchema].
func Record(circuit string, s Source) (recloser.Record, error) {
	d := &reader{Source: s, circuit: circuit}
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

func (d *reader) schema() int {
	n, err := strconv.ParseInt(d.digits("schema"), 10, 64)
	if errors.Is(err, strconv.ErrRange) && n > 0 {
		return math.MaxInt // It is later than any that is known.
	}
	if err != nil || n < 0 {
		d.malformed("schema", "a version")
	}
	return int(min(n, math.MaxInt))
}

func (d *reader) state() recloser.State {
	var s recloser.State
	if _, there := d.Field("state"); there && s.UnmarshalText([]byte(d.text("state"))) != nil {
		d.malformed("state", "closed, open or half_open")
	}
	return s
}

// share returns a share; what is none says nothing.
func (d *reader) share() recloser.Share {
	s, err := strconv.ParseFloat(d.digits("share"), 64)
	if err != nil || math.IsNaN(s) {
		d.malformed("share", "a number")
	}
	return recloser.Share(min(max(s, 0), 1))
}

// voices returns those whose names sort first, which is what the set of a record
// comes to however many have joined it.
func (d *reader) voices() [recloser.MaxVoices]string {
	var first [recloser.MaxVoices]string
	names, ok := d.Voices()
	if !ok {
		d.malformed("voices", "a set of texts")
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" })
	if slices.ContainsFunc(names, func(name string) bool { return len(name) > MaxText }) {
		d.malformed("voices", fmt.Sprintf("names of at most %d bytes", MaxText))
		return first
	}
	slices.Sort(names)
	copy(first[:], slices.Compact(names))
	return first
}

func (d *reader) window() recloser.Window {
	var w recloser.Window
	names, ok := d.Counters()
	if !ok {
		d.malformed("window", "a map")
	}
	for _, name := range names {
		if start, ok := slotStart(name); ok {
			w = w.Add(start, counts(name[0], d.count("window."+name)))
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
	unit := SlotUnit.Milliseconds()
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

func (d *reader) lease(probe string) recloser.Lease {
	if !d.Held(probe) {
		return recloser.Lease{}
	}
	l := recloser.Lease{Token: d.text(probe + ".token"), End: d.instant(probe + ".end_ms")}
	if l.Token == "" {
		d.malformed(probe+".token", "the token of a holder")
	}
	return l
}
