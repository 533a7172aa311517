package dev

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// Fault is what is wrong with the sample upstream. The zero Fault is a healthy
// one. Faults add up: half of the calls may fail, and all be late.
type Fault struct {
	// Errors is the share of calls answered with 500.
	Errors recloser.Share
	// Delay is how much later every answer comes.
	Delay time.Duration
	// Hang is whether no call is answered at all.
	Hang bool
	// RetryAfter makes every answer a 429 that asks to be left alone that
	// long; zero does not.
	RetryAfter time.Duration
}

const longestFault = time.Minute

type faultJSON struct {
	Circuit    string         `json:"circuit,omitempty"`
	Errors     recloser.Share `json:"errors"`
	Delay      string         `json:"delay"`
	Hang       bool           `json:"hang"`
	RetryAfter string         `json:"retry_after"`
}

// MarshalJSON returns f with its durations as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	return json.Marshal(faultJSON{
		Errors: f.Errors, Delay: f.Delay.String(), Hang: f.Hang, RetryAfter: f.RetryAfter.String(),
	})
}

// fault returns the fault that j describes.
func (j faultJSON) fault() (Fault, error) {
	f := Fault{Errors: j.Errors, Hang: j.Hang}
	var err1, err2 error
	f.Delay, err1 = faultDuration("delay", j.Delay)
	f.RetryAfter, err2 = faultDuration("retry_after", j.RetryAfter)
	return f, errors.Join(err1, err2)
}

func faultDuration(field, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 || d > longestFault {
		return 0, fmt.Errorf("%s must be from 0s to %v, such as 500ms, not %.40q", field, longestFault, text)
	}
	return d, nil
}

// String says in a few words what is wrong: "errors 100%, delay 1s".
func (f Fault) String() string {
	var parts []string
	if f.Errors > 0 {
		parts = append(parts, "errors "+f.Errors.String())
	}
	if f.Delay > 0 {
		parts = append(parts, "delay "+f.Delay.String())
	}
	if f.Hang {
		parts = append(parts, "hangs")
	}
	if f.RetryAfter > 0 {
		parts = append(parts, "429 retry after "+f.RetryAfter.String())
	}
	if len(parts) == 0 {
		return "healthy"
	}
	return strings.Join(parts, ", ")
}
