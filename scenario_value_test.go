package recloser_test

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// setPolicy sets keys of the policy of environments that come into being later,
// by their path in recloser.yaml, or by the end of it if there is one such only.
func (s *scenario) setPolicy(w *scenarioWords) error {
	keys := make(map[string]reflect.Value)
	policyKeys(reflect.ValueOf(&s.policy).Elem(), "", keys)
	for word := w.next(); word != ""; word = w.next() {
		key, value, _ := strings.Cut(word, "=")
		field, err := findKey(keys, key)
		if err != nil {
			return err
		}
		if err := setValue(field, value); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return s.policy.Validate()
}

func policyKeys(v reflect.Value, path string, keys map[string]reflect.Value) {
	for i := range v.NumField() {
		name := path + v.Type().Field(i).Tag.Get("json")
		if v.Field(i).Kind() == reflect.Struct {
			policyKeys(v.Field(i), name+".", keys)
		} else {
			keys[name] = v.Field(i)
		}
	}
}

func findKey(keys map[string]reflect.Value, key string) (reflect.Value, error) {
	var found []reflect.Value
	for name, field := range keys {
		if name == key || strings.HasSuffix(name, "."+key) {
			found = append(found, field)
		}
	}
	if len(found) != 1 {
		return reflect.Value{}, fmt.Errorf("%d keys of a policy are called %q", len(found), key)
	}
	return found[0], nil
}

// setValue reads durations as 30s, shares as 50%, and the rest as it is.
func setValue(field reflect.Value, value string) error {
	switch p := field.Addr().Interface().(type) {
	case encoding.TextUnmarshaler:
		return p.UnmarshalText([]byte(value))
	case *time.Duration:
		d, err := time.ParseDuration(value)
		*p = d
		return err
	case *int:
		n, err := strconv.Atoi(value)
		*p = n
		return err
	case *float64:
		f, err := strconv.ParseFloat(value, 64)
		*p = f
		return err
	default:
		field.SetString(value)
		return nil
	}
}

// parseRecord reads a record by its attributes. Times are written since the
// beginning of the scenario.
func parseRecord(w *scenarioWords) (recloser.Record, error) {
	r := recloser.Record{Schema: recloser.Schema}
	if !w.take("record") {
		return r, fmt.Errorf("hostile is a record, not %q", w.next())
	}
	for word := w.next(); word != ""; word = w.next() {
		key, value, _ := strings.Cut(word, "=")
		if err := setAttribute(&r, key, value); err != nil {
			return r, fmt.Errorf("%s: %w", key, err)
		}
	}
	return r, nil
}

func setAttribute(r *recloser.Record, key, value string) error {
	var err error
	integer := func(s string) int {
		n, e := strconv.Atoi(s)
		if e != nil {
			err = e
		}
		return n
	}
	instant := func(s string) recloser.Instant {
		d, e := time.ParseDuration(s)
		if e != nil {
			err = e
		}
		return scenarioEpoch.Add(d)
	}
	switch key {
	case "schema":
		r.Schema = integer(value)
	case "generation":
		r.Generation, err = strconv.ParseUint(value, 10, 64)
	case "state":
		return r.State.UnmarshalText([]byte(value))
	case "rule":
		r.Cause.Rule = recloser.Rule(value)
	case "since":
		r.Since = instant(value)
	case "open_until":
		r.OpenUntil = instant(value)
	case "relapses":
		r.Relapses = integer(value)
	case "watch_since":
		r.WatchSince = instant(value)
	case "share":
		return r.Share.UnmarshalText([]byte(value))
	case "voices":
		copy(r.Voices[:], strings.Split(value, ","))
	case "probe_ok":
		r.ProbeOK = integer(value)
	case "probe_failed":
		r.ProbeFailed = integer(value)
	case "slot": // start:calls:failures:slow
		parts := strings.Split(value+":::", ":")
		r.Window = r.Window.Add(instant(parts[0]), recloser.Counts{
			Calls: integer(parts[1]), Failures: integer(parts[2]), Slow: integer(parts[3]),
		})
	case "probe": // slot:token:end
		parts := strings.Split(value+"::", ":")
		slot := integer(parts[0])
		if slot < 0 || slot >= recloser.MaxProbes {
			return fmt.Errorf("there is no slot %d", slot)
		}
		r.Probes[slot] = recloser.Lease{Token: parts[1], End: instant(parts[2])}
	default:
		return fmt.Errorf("a record has no attribute %q", key)
	}
	return err
}
