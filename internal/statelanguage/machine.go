package statelanguage

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Machine is a state machine.
type Machine struct {
	Comment        string
	QueryLanguage  string
	StartAt        string
	TimeoutSeconds int
	Version        string
	States         map[string]*State
}

// State is one state. Which fields it may have is checked by [Parse].
type State struct {
	Type          string
	Comment       string
	QueryLanguage string
	Next          string
	End           bool
	Assign        map[string]any
	Output        any

	// Of a Task.
	Resource       string
	Arguments      any
	TimeoutSeconds any
	Retry          []Retrier
	Catch          []Catcher

	// Of a Choice.
	Choices []Rule
	Default string

	// Of a Wait.
	Seconds   any
	Timestamp any

	// Of a Fail.
	Error any
	Cause any

	// Of a Map.
	Items          any
	ItemSelector   any
	ItemProcessor  *Machine
	MaxConcurrency any

	// Of a Parallel.
	Branches []*Machine
}

// Retrier is one entry of Retry.
type Retrier struct {
	ErrorEquals     []string
	IntervalSeconds *int
	MaxAttempts     *int
	BackoffRate     *float64
	MaxDelaySeconds *int
	JitterStrategy  string
	Comment         string
}

// Catcher is one entry of Catch.
type Catcher struct {
	ErrorEquals []string
	Next        string
	Assign      map[string]any
	Output      any
	Comment     string
}

// Rule is one entry of Choices.
type Rule struct {
	Condition string
	Next      string
	Assign    map[string]any
	Output    any
	Comment   string
}

// UnmarshalJSON reads the definition of a processor, whose configuration is not
// a field of a machine.
func (m *Machine) UnmarshalJSON(text []byte) error {
	type plain Machine
	var with struct {
		*plain
		ProcessorConfig struct{ Mode, ExecutionType string }
	}
	with.plain = (*plain)(m)
	if err := strict(text, &with); err != nil {
		return err
	}
	if mode := with.ProcessorConfig.Mode; mode != "" && mode != "INLINE" {
		return fmt.Errorf("a map of mode %q is not known", mode)
	}
	return nil
}

// UnmarshalJSON refuses fields that are not known.
func (s *State) UnmarshalJSON(text []byte) error {
	type plain State
	return strict(text, (*plain)(s))
}

func strict(text []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// Parse reads a state machine, and reports everything in it that is not of the
// language.
func Parse(definition []byte) (*Machine, error) {
	m := new(Machine)
	if err := strict(definition, m); err != nil {
		return nil, fmt.Errorf("statelanguage: %w", err)
	}
	if m.QueryLanguage != "JSONata" {
		return nil, fmt.Errorf("statelanguage: the query language is %q, and only JSONata is known", m.QueryLanguage)
	}
	var problems []error
	m.check("", make(map[string]bool), func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("statelanguage: "+format, args...))
	})
	return m, errors.Join(problems...)
}

func (m *Machine) check(within string, seen map[string]bool, problem func(string, ...any)) {
	if m.States[m.StartAt] == nil {
		problem("%sStartAt: there is no state %q", within, m.StartAt)
	}
	entered := map[string]bool{m.StartAt: true}
	for name, s := range m.States {
		at := within + name
		if seen[name] || len(name) > 80 {
			problem("%s: a state's name has at most 80 characters, and is one state's only", at)
		}
		seen[name] = true
		s.check(at, problem)
		for _, next := range s.nexts() {
			entered[next] = true
			if m.States[next] == nil {
				problem("%s goes to %q, and there is no such state", at, next)
			}
		}
		for i, b := range append(s.Branches, s.ItemProcessor) {
			if b != nil {
				b.check(fmt.Sprintf("%s[%d]/", at, i), seen, problem)
			}
		}
	}
	for name := range m.States {
		if !entered[name] {
			problem("%s%s: no state goes there", within, name)
		}
	}
}

// nexts returns the states that may follow.
func (s *State) nexts() []string {
	var all []string
	add := func(next string) {
		if next != "" {
			all = append(all, next)
		}
	}
	add(s.Next)
	add(s.Default)
	for i := range s.Choices {
		add(s.Choices[i].Next)
	}
	for i := range s.Catch {
		add(s.Catch[i].Next)
	}
	return all
}

func (s *State) check(at string, problem func(string, ...any)) {
	terminal := s.Type == "Succeed" || s.Type == "Fail"
	if (s.Next == "") == (!s.End) && !terminal && s.Type != "Choice" {
		problem("%s has one of Next and End", at)
	}
	if (terminal || s.Type == "Choice") && (s.Next != "" || s.End) {
		problem("%s has neither Next nor End", at)
	}
	allowed := map[string]string{
		"Task": "Assign Output Arguments Retry Catch Resource TimeoutSeconds", "Choice": "Assign Output Choices Default",
		"Wait": "Assign Output Seconds Timestamp", "Pass": "Assign Output", "Succeed": "Output", "Fail": "Error Cause",
		"Map":      "Assign Output Retry Catch Items ItemSelector ItemProcessor MaxConcurrency",
		"Parallel": "Assign Output Arguments Retry Catch Branches",
	}
	fields, known := allowed[s.Type]
	if !known {
		problem("%s: no state is of type %q", at, s.Type)
		return
	}
	for name, there := range s.present() {
		if there && !strings.Contains(" "+fields+" ", " "+name+" ") {
			problem("%s: a %s has no %s", at, s.Type, name)
		}
	}
	if s.Type == "Task" && !strings.HasPrefix(s.Resource, resourcePrefix) {
		problem("%s: a resource begins with %s, unlike %q", at, resourcePrefix, s.Resource)
	}
	if s.Type == "Wait" && (s.Seconds == nil) == (s.Timestamp == nil) {
		problem("%s has one of Seconds and Timestamp", at)
	}
	s.checkHandlers(at, problem)
}

// present says which of the fields that only some types have are there.
func (s *State) present() map[string]bool {
	return map[string]bool{
		"Assign": s.Assign != nil, "Output": s.Output != nil, "Arguments": s.Arguments != nil, "Retry": s.Retry != nil,
		"Catch": s.Catch != nil, "Resource": s.Resource != "", "TimeoutSeconds": s.TimeoutSeconds != nil,
		"Choices": s.Choices != nil, "Default": s.Default != "", "Seconds": s.Seconds != nil, "Timestamp": s.Timestamp != nil,
		"Error": s.Error != nil, "Cause": s.Cause != nil, "Items": s.Items != nil, "ItemSelector": s.ItemSelector != nil,
		"ItemProcessor": s.ItemProcessor != nil, "MaxConcurrency": s.MaxConcurrency != nil, "Branches": s.Branches != nil,
	}
}

func (s *State) checkHandlers(at string, problem func(string, ...any)) {
	wildcard := func(i, n int, names []string) {
		for _, name := range names {
			if name == ErrAll && (len(names) > 1 || i < n-1) {
				problem("%s: %s stands alone and last", at, ErrAll)
			}
		}
		if len(names) == 0 {
			problem("%s: ErrorEquals is empty", at)
		}
	}
	for i := range s.Retry {
		r := &s.Retry[i]
		wildcard(i, len(s.Retry), r.ErrorEquals)
		if r.JitterStrategy != "" && r.JitterStrategy != "FULL" && r.JitterStrategy != "NONE" {
			problem("%s: no jitter is called %q", at, r.JitterStrategy)
		}
		if r.IntervalSeconds != nil && *r.IntervalSeconds < 1 || r.BackoffRate != nil && *r.BackoffRate < 1 ||
			r.MaxDelaySeconds != nil && r.IntervalSeconds != nil && *r.MaxDelaySeconds <= *r.IntervalSeconds {
			problem("%s: an interval is at least 1, a rate at least 1, and the longest delay greater than the interval", at)
		}
	}
	for i := range s.Catch {
		wildcard(i, len(s.Catch), s.Catch[i].ErrorEquals)
	}
	for i := range s.Choices {
		if !isExpression(s.Choices[i].Condition) {
			problem("%s: a condition is an expression, unlike %q", at, s.Choices[i].Condition)
		}
	}
}
