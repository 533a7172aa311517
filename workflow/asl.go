package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// machine is a state machine as it is written.
type machine struct {
	Comment string
	StartAt string
	States  states
}

// MarshalJSON writes the machine with its states in the order in which they were
// added.
func (m machine) MarshalJSON() ([]byte, error) {
	return encode(struct {
		Comment       string `json:",omitempty"`
		QueryLanguage string
		StartAt       string
		States        states
	}{m.Comment, "JSONata", m.StartAt, m.States})
}

// processor is the machine of a map's iterations.
type processor struct {
	ProcessorConfig map[string]string
	StartAt         string
	States          states
}

// states are states in an order.
type states []state

// MarshalJSON writes the states as one object.
func (s states) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i := range s {
		if i > 0 {
			out.WriteByte(',')
		}
		name, err := encode(s[i].name)
		if err != nil {
			return nil, err
		}
		body, err := encode(s[i])
		if err != nil {
			return nil, err
		}
		out.Write(name)
		out.WriteByte(':')
		out.Write(body)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// state is one state, with the fields of all types.
type state struct {
	name string

	Type           string
	Comment        string            `json:",omitempty"`
	Resource       string            `json:",omitempty"`
	Arguments      any               `json:",omitempty"`
	TimeoutSeconds int               `json:",omitempty"`
	Items          string            `json:",omitempty"`
	MaxConcurrency any               `json:",omitempty"`
	ItemSelector   any               `json:",omitempty"`
	ItemProcessor  *processor        `json:",omitempty"`
	Seconds        any               `json:",omitempty"`
	Choices        []rule            `json:",omitempty"`
	Default        string            `json:",omitempty"`
	Error          string            `json:",omitempty"`
	Cause          string            `json:",omitempty"`
	Retry          []retrier         `json:",omitempty"`
	Catch          []catcher         `json:",omitempty"`
	Assign         map[string]string `json:",omitempty"`
	Output         any               `json:",omitempty"`
	Next           string            `json:",omitempty"`
	End            bool              `json:",omitempty"`
}

type rule struct {
	Condition string
	Assign    map[string]string `json:",omitempty"`
	Next      string
}

type retrier struct {
	ErrorEquals     []string
	IntervalSeconds int
	MaxAttempts     int
	BackoffRate     float64
	MaxDelaySeconds int
	JitterStrategy  string
}

type catcher struct {
	ErrorEquals []string
	Assign      map[string]string `json:",omitempty"`
	Output      any               `json:",omitempty"`
	Next        string
}

// encode writes v as JSON whose expressions can be read: with < and > as they
// are.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, fmt.Errorf("workflow: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// indented writes v as a file.
func indented(v any) ([]byte, error) {
	text, err := encode(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return nil, fmt.Errorf("workflow: %w", err)
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}
