package statelanguage

import (
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// Statuses of an execution.
const (
	StatusRunning   = "RUNNING"
	StatusSucceeded = "SUCCEEDED"
	StatusFailed    = "FAILED"
	StatusTimedOut  = "TIMED_OUT"
	StatusAborted   = "ABORTED"
)

// Execution is one run of a state machine.
type Execution struct {
	Name, Machine string
	Express       bool
	Input         any
	Started       time.Time

	// Status says how it stands. Output and Failure are what it ended with.
	Status  string
	Output  any
	Failure *Failure
	Ended   time.Time

	// Visited are the states that were entered, in their order.
	Visited []Visit
	// Transitions is what a standard execution is charged for: the states that
	// were entered, and the retries.
	Transitions int
	// Events is the length of the history of a standard execution.
	Events int

	input      json.RawMessage // Input, which every expression of every state may see
	account    *Account
	definition *definition
	main       *thread
	waiting    []*thread
	children   []*thread
}

// Visit is a state that was entered.
type Visit struct {
	State string
	At    time.Time
	// Errors are what its attempts failed with.
	Errors []string
	// Retried are the retriers that took an error, in their order, and Caught the
	// catcher that did, counted from 1; 0 is none.
	Retried []int
	Caught  int
}

// ARN returns what the execution is known by.
func (e *Execution) ARN() string {
	return "arn:aws:states:eu-central-1:123456789012:execution:" + e.Machine + ":" + e.Name
}

// Passed reports whether a state was entered.
func (e *Execution) Passed(state string) bool {
	for _, v := range e.Visited {
		if v.State == state {
			return true
		}
	}
	return false
}

func (e *Execution) describe() map[string]any {
	d := map[string]any{
		"ExecutionArn": e.ARN(), "Name": e.Name, "StateMachineArn": arnOf(e.Machine), "Status": e.Status,
		"StartDate": float64(e.Started.UnixMilli()), "StopDate": float64(e.Ended.UnixMilli()),
	}
	put := func(name string, v any) {
		text, err := json.Marshal(v)
		if err == nil {
			d[name] = string(text)
		}
	}
	put("Input", e.Input)
	if e.Status == StatusSucceeded {
		put("Output", e.Output)
	}
	if e.Failure != nil {
		d["Error"], d["Cause"] = e.Failure.Name, e.Failure.Cause
	}
	return d
}

// await waits until the execution has ended.
func (e *Execution) await(w *World) {
	if e.Status == StatusRunning {
		e.waiting = append(e.waiting, w.current)
		w.park(time.Time{})
	}
}

// run is the execution from its beginning to its end.
func (e *Execution) run() {
	e.Events++ // It started.
	w := e.account.world
	limit := time.Duration(e.definition.machine.TimeoutSeconds) * time.Second
	if e.Express && (limit == 0 || limit > MaxExpress) {
		limit = MaxExpress
	}
	runner := &scope{execution: e, machine: e.definition.machine, variables: map[string]any{}}
	var output any
	var failure *Failure
	done := false
	waiter := w.current
	branch := w.spawn(func() {
		output, failure = runner.run(e.Input)
		done = true
		w.unpark(waiter)
	})
	e.children = append(e.children, branch)
	var end time.Time
	if limit > 0 {
		end = e.Started.Add(limit)
	}
	if !w.park(end) && !done {
		e.finish(StatusTimedOut, nil, failf(ErrTimeout, "the execution took longer than %v", limit))
		return
	}
	if failure != nil {
		e.finish(StatusFailed, nil, failure)
		return
	}
	e.finish(StatusSucceeded, output, nil)
}

// Stop ends the execution wherever it is. What its tasks do goes on. It must not
// be called by anything in the world of the execution.
func (e *Execution) Stop() {
	if e.Status == StatusRunning {
		e.account.world.end(e.main)
		e.finish(StatusAborted, nil, nil)
	}
}

func (e *Execution) finish(status string, output any, failure *Failure) {
	w := e.account.world
	e.Status, e.Output, e.Failure, e.Ended = status, output, failure, w.Now()
	e.Events++
	for _, t := range e.children {
		w.end(t)
	}
	for _, t := range e.waiting {
		w.unpark(t)
	}
}

// scope is the states of a machine, a branch or an iteration, with its
// variables.
type scope struct {
	execution *Execution
	machine   *Machine
	outer     *scope
	variables map[string]any
	item      map[string]any // $states.context.Map.Item
}

// visible returns the variables that a state sees.
func (s *scope) visible() map[string]any {
	if s.outer == nil {
		return maps.Clone(s.variables)
	}
	all := s.outer.visible()
	maps.Copy(all, s.variables)
	return all
}

// assign sets variables. Those of an outer scope must not be set.
func (s *scope) assign(values map[string]any) *Failure {
	for name := range values {
		for o := s.outer; o != nil; o = o.outer {
			if _, there := o.variables[name]; there {
				return failf(ErrRuntime, "the variable %s is one of an outer scope", name)
			}
		}
	}
	if n := size(values); n > MaxData {
		return failf(ErrDataLimitExceeded, "the variables of one Assign have %d bytes, and may have %d", n, MaxData)
	}
	maps.Copy(s.variables, values)
	if n := size(s.visible()); n > MaxStored {
		return failf(ErrDataLimitExceeded, "the variables have %d bytes, and may have %d", n, MaxStored)
	}
	return nil
}

func size(v any) int {
	text, err := json.Marshal(v)
	if err != nil {
		return 0
	}
	return len(text)
}

// run goes through the states from the first to a last one.
func (s *scope) run(input any) (any, *Failure) {
	name := s.machine.StartAt
	for {
		state := s.machine.States[name]
		if s.execution.Events >= MaxEvents && !s.execution.Express {
			return nil, failf(ErrRuntime, "The execution reached the maximum number of history events (%d).", MaxEvents)
		}
		v := s.enter(name, state, input)
		output, next, failure := v.do()
		if failure != nil {
			return nil, failure
		}
		if n := size(output); n > MaxData {
			return nil, failf(ErrDataLimitExceeded, "The state %s returned a result with %d bytes, and may have %d.", name, n, MaxData)
		}
		s.execution.Events++ // It was left.
		if next == "" {
			return output, nil
		}
		name, input = next, output
	}
}

// visit is one stay in a state.
type visit struct {
	*scope
	name    string
	state   *State
	input   any
	entered time.Time
	retries map[int]int
	retried int
	record  int // its index in Execution.Visited
}

func (s *scope) enter(name string, state *State, input any) *visit {
	e := s.execution
	now := e.account.world.Now()
	e.Transitions++
	e.Events++
	e.Visited = append(e.Visited, Visit{State: name, At: now})
	return &visit{
		scope: s, name: name, state: state, input: input, entered: now, retries: make(map[int]int), record: len(e.Visited) - 1,
	}
}

// states is $states, with what there is besides the input and the context.
func (v *visit) states(more map[string]any) map[string]any {
	e := v.execution
	stateMachine := map[string]any{"Id": arnOf(e.Machine), "Name": e.Machine}
	context := map[string]any{
		"Execution": map[string]any{
			"Id": e.ARN(), "Input": e.input, "Name": e.Name, "StartTime": e.account.Timestamp(e.Started), "RedriveCount": 0,
			"RoleArn": "arn:aws:iam::123456789012:role/recloser",
		},
		"State":        map[string]any{"Name": v.name, "EnteredTime": e.account.Timestamp(v.entered), "RetryCount": v.retried},
		"StateMachine": stateMachine,
	}
	for o := v.scope; o != nil; o = o.outer {
		if o.item != nil {
			context["Map"] = map[string]any{"Item": o.item}
			break
		}
	}
	states := map[string]any{"input": v.input, "context": context}
	maps.Copy(states, more)
	return states
}

// timestamp writes a time as Step Functions does.
func timestamp(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// String names the visit.
func (v *visit) String() string { return fmt.Sprintf("%s of %s", v.name, v.execution.Machine) }
