package config_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
)

func TestFailuresStatus(t *testing.T) {
	f := config.Failures{HTTP: []string{"5xx", "429"}, Ignore: []string{"501", "3xx"}}
	for status, want := range map[int]recloser.Outcome{
		200: recloser.OutcomeSuccess, 404: recloser.OutcomeSuccess, 428: recloser.OutcomeSuccess, 600: recloser.OutcomeSuccess,
		429: recloser.OutcomeFailure, 500: recloser.OutcomeFailure, 503: recloser.OutcomeFailure, 599: recloser.OutcomeFailure,
		501: recloser.OutcomeIgnored, 302: recloser.OutcomeIgnored,
	} {
		if got := f.Status(status); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
	}
}

func TestFailuresError(t *testing.T) {
	every := config.Failures{Ignore: []string{"ValidationError"}}
	some := config.Failures{Errors: []string{"States.Timeout", "Both"}, Ignore: []string{"Both"}}
	for _, row := range []struct {
		failures config.Failures
		name     string
		want     recloser.Outcome
	}{
		{every, "Anything", recloser.OutcomeFailure},
		{every, "ValidationError", recloser.OutcomeIgnored},
		{some, "States.Timeout", recloser.OutcomeFailure},
		{some, "Anything", recloser.OutcomeIgnored},
		{some, "Both", recloser.OutcomeIgnored},
	} {
		if got := row.failures.Error(row.name); got != row.want {
			t.Errorf("%+v: %s is %v, want %v", row.failures, row.name, got, row.want)
		}
	}
}

func TestPartitionBy(t *testing.T) {
	for text, want := range map[string]config.PartitionBy{
		"":                {},
		"caller":          {Caller: true},
		"header:X-Tenant": {Header: "X-Tenant"},
		"path:1":          {Segment: 1},
		"path:32":         {Segment: 32},
	} {
		got := config.PartitionBy{Header: "old", Segment: 7}
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want || got.String() != text {
			t.Errorf("%q is %+v (%v), %v", text, got, got, err)
		}
		encoded, err := json.Marshal(got)
		if err != nil || string(encoded) != `"`+text+`"` {
			t.Errorf("%q is %s in JSON, %v", text, encoded, err)
		}
	}
	for _, text := range []string{"header", "header:", "header:a b", "path:", "path:0", "path:01", "path:33", "Caller", "caller:x", " caller", "caller\n", "header:" + strings.Repeat("x", 80)} {
		got := config.PartitionBy{Segment: 7}
		if err := got.UnmarshalText([]byte(text)); err == nil || got.Segment != 7 {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
}

// TestCircuitValidate joins what is wrong with the policy and with the rest.
func TestCircuitValidate(t *testing.T) {
	c := config.DefaultCircuit()
	c.Call.Timeout, c.Upstream = 0, "payments"
	var field *recloser.FieldError
	if err := c.Validate(); !errors.As(err, &field) || !errors.Is(err, recloser.ErrPolicy) || len(err.(interface{ Unwrap() []error }).Unwrap()) != 2 {
		t.Errorf("got %v", err)
	}
}
