package notation

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// SetPolicy sets keys of a policy by their path in recloser.yaml, or by the end of
// it if there is one such only: "open_for.cooldown=10s" or "cooldown=10s". What
// comes of it must be valid.
func SetPolicy(p *recloser.Policy, settings ...string) error {
	keys := make(map[string]reflect.Value)
	policyKeys(reflect.ValueOf(p).Elem(), "", keys)
	err := each(settings, func(key, value string) error {
		field, err := findKey(keys, key)
		if err != nil {
			return err
		}
		return setValue(field, value)
	})
	if err != nil {
		return err
	}
	return p.Validate()
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
