package sample

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/recloser-dev/recloser"
)

// eventMark begins a line of the function's log that is an event, for the program
// that runs it.
const eventMark = "recloser-event "

// told is an event as a line of JSON.
type told struct {
	recloser.Event

	Outcome uint8  `json:"Outcome"`
	Err     string `json:"Err"`
}

// tell writes what happens to a circuit to the function's log.
func tell(e recloser.Event) {
	t := told{Event: e, Outcome: uint8(e.Outcome)}
	if e.Err != nil {
		t.Err = e.Err.Error()
	}
	t.Event.Err = nil
	if line, err := json.Marshal(t); err == nil {
		fmt.Printf("%s%s\n", eventMark, line)
	}
}

// EventOf reads an event from a line of the function's log, if it is one.
func EventOf(line string) (recloser.Event, bool) {
	text, marked := strings.CutPrefix(line, eventMark)
	var t told
	if !marked || json.Unmarshal([]byte(text), &t) != nil {
		return recloser.Event{}, false
	}
	t.Event.Outcome = recloser.Outcome(t.Outcome)
	if t.Err != "" {
		t.Event.Err = errors.New(t.Err)
	}
	return t.Event, true
}
