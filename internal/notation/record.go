package notation

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// Record returns the record that has the attributes, such as "state=open" or
// "open_until=20s", and is of this schema if they do not say otherwise. Times are
// written since [Epoch].
func Record(attributes ...string) (recloser.Record, error) {
	r := recloser.Record{Schema: recloser.Schema}
	err := each(attributes, func(key, value string) error { return setAttribute(&r, key, value) })
	return r, err
}

func setAttribute(r *recloser.Record, key, value string) (err error) {
	switch key {
	case "schema":
		r.Schema, err = strconv.Atoi(value)
	case "generation":
		r.Generation, err = strconv.ParseUint(value, 10, 64)
	case "state":
		err = r.State.UnmarshalText([]byte(value))
	case "rule":
		r.Cause.Rule = recloser.Rule(value)
	case "since":
		r.Since, err = instant(value)
	case "open_until":
		r.OpenUntil, err = instant(value)
	case "relapses":
		r.Relapses, err = strconv.Atoi(value)
	case "watch_since":
		r.WatchSince, err = instant(value)
	case "share":
		err = r.Share.UnmarshalText([]byte(value))
	case "voices":
		voices := strings.Split(value, ",")
		if copy(r.Voices[:], voices) < len(voices) {
			err = fmt.Errorf("a record has %d voices at most", len(r.Voices))
		}
	case "probe_ok":
		r.ProbeOK, err = strconv.Atoi(value)
	case "probe_failed":
		r.ProbeFailed, err = strconv.Atoi(value)
	case "slot":
		err = addSlot(r, value)
	case "probe":
		err = setProbe(r, value)
	default:
		err = fmt.Errorf("a record has no attribute %q", key)
	}
	return err
}

// instant reads the time since the beginning.
func instant(value string) (recloser.Instant, error) {
	d, err := time.ParseDuration(value)
	return Epoch.Add(d), err
}

// addSlot adds a slot of the window.
func addSlot(r *recloser.Record, value string) error {
	parts := strings.Split(value, ":")
	if len(parts) != 4 {
		return errors.New("a slot is written as start:calls:failures:slow")
	}
	start, err := instant(parts[0])
	calls, errCalls := strconv.Atoi(parts[1])
	failures, errFailures := strconv.Atoi(parts[2])
	slow, errSlow := strconv.Atoi(parts[3])
	r.Window = r.Window.Add(start, recloser.Counts{Calls: calls, Failures: failures, Slow: slow})
	return errors.Join(err, errCalls, errFailures, errSlow)
}

// setProbe lets somebody hold a probe slot.
func setProbe(r *recloser.Record, value string) error {
	parts := strings.Split(value, ":")
	if len(parts) != 3 {
		return errors.New("a probe is written as slot:token:end")
	}
	slot, err := strconv.Atoi(parts[0])
	if err != nil || slot < 0 || slot >= recloser.MaxProbes {
		return fmt.Errorf("a probe slot is a number from 0 to %d, not %q", recloser.MaxProbes-1, parts[0])
	}
	end, err := instant(parts[2])
	r.Probes[slot] = recloser.Lease{Token: parts[1], End: end}
	return err
}
