package statelanguage

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const resourcePrefix = "arn:aws:states:::"

// Quotas of Step Functions.
const (
	MaxData    = 256 * 1024 // bytes of an input, a result, the variables of one Assign
	MaxEvents  = 25_000     // of the history of a standard execution
	MaxExpress = 5 * time.Minute
	MaxStored  = 10 * 1024 * 1024 // bytes of all variables of an execution
)

// Task is a service in the eyes of a state machine. It may let time pass. An
// error that is a [*Failure] has the name that it says, any other is
// States.TaskFailed.
type Task func(*Invocation) (any, error)

// Invocation is one call of a task.
type Invocation struct {
	// Arguments are what the state passes.
	Arguments any
	// Execution is what calls, and State the state of it that does.
	Execution *Execution
	State     string

	world *World
}

// Sleep lets time pass. A state that times out meanwhile goes on; so does the
// task.
func (i *Invocation) Sleep(d time.Duration) { i.world.Sleep(d) }

// Now returns the time.
func (i *Invocation) Now() time.Time { return i.world.Now() }

// Account is what state machines live in: the machines, and the tasks that they
// may call.
type Account struct {
	// Intercept, if it is set, may answer a call in the place of its task.
	Intercept func(*Invocation) (answered bool, result any, err error)
	// Timestamp writes the times of the context. Defaults to how Step Functions
	// does: 2006-01-02T15:04:05.000Z.
	Timestamp func(time.Time) string
	// Tasks are the services by the resource without its prefix, such as
	// "lambda:invoke". A task that is not there fails as States.Runtime.
	Tasks map[string]Task

	world    *World
	engine   *Engine
	machines map[string]*definition
	started  int
	running  map[string]*Execution // by name
}

// definition is a machine with what it is registered as.
type definition struct {
	name    string
	machine *Machine
	express bool
}

// NewAccount returns an account without machines and tasks, but for those that
// start executions.
func NewAccount(w *World, e *Engine) *Account {
	a := &Account{world: w, engine: e, machines: make(map[string]*definition), running: make(map[string]*Execution), Timestamp: timestamp}
	a.Tasks = map[string]Task{
		"states:startExecution":          a.startAsync,
		"states:startExecution.sync:2":   a.startSync,
		"aws-sdk:sfn:startSyncExecution": a.startExpress,
	}
	return a
}

// World returns the world of the account.
func (a *Account) World() *World { return a.world }

// Add registers a machine, a standard one unless express is set.
func (a *Account) Add(name string, m *Machine, express bool) {
	a.machines[arnOf(name)] = &definition{name, m, express}
}

func arnOf(name string) string {
	return "arn:aws:states:eu-central-1:123456789012:stateMachine:" + name
}

// Executions returns all executions that were begun, in no order.
func (a *Account) Executions() []*Execution { return slices.Collect(maps.Values(a.running)) }

// Start begins an execution. An input that is too large, or no JSON, is refused.
func (a *Account) Start(name string, input any) (*Execution, error) {
	d := a.machines[arnOf(name)]
	if d == nil {
		return nil, failf("StateMachineDoesNotExist", "there is no state machine %q", name)
	}
	return a.begin(d, input, "")
}

func (a *Account) begin(d *definition, input any, name string) (*Execution, error) {
	text, err := json.Marshal(input)
	if err != nil {
		return nil, failf("InvalidExecutionInput", "%v", err)
	}
	if len(text) > MaxData {
		return nil, failf("ValidationException", "the input has %d bytes, and may have %d", len(text), MaxData)
	}
	a.started++
	if name == "" {
		name = fmt.Sprintf("execution-%d", a.started)
	}
	if e := a.running[d.name+"/"+name]; e != nil && !d.express {
		if e.Status == StatusRunning && sameJSON(e.Input, input) {
			return e, nil
		}
		return nil, failf("ExecutionAlreadyExists", "an execution is called %q", name)
	}
	e := &Execution{
		Name: name, Machine: d.name, Express: d.express, Input: copyOf(input), Status: StatusRunning, Started: a.world.Now(),
		account: a, definition: d, input: text,
	}
	a.running[d.name+"/"+name] = e
	e.main = a.world.spawn(e.run)
	return e, nil
}

func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

// copyOf returns v as it is after a journey as JSON.
func copyOf(v any) any {
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	var c any
	if err := json.Unmarshal(text, &c); err != nil {
		return nil
	}
	return c
}

// fields returns the arguments of an invocation as an object.
func (i *Invocation) fields() map[string]any {
	m, _ := i.Arguments.(map[string]any)
	return m
}

func (a *Account) startBy(i *Invocation, prefix string) (*Execution, error) {
	arguments := i.fields()
	arn, _ := arguments["StateMachineArn"].(string)
	if arn == "" {
		arn, _ = arguments["stateMachineArn"].(string)
	}
	d := a.machines[arn]
	if d == nil {
		return nil, failf(prefix+"StateMachineDoesNotExistException", "there is no state machine %.200q", arn)
	}
	input, name := arguments["Input"], ""
	if s, ok := arguments["Name"].(string); ok {
		name = s
	}
	if s, ok := input.(string); ok {
		if err := json.Unmarshal([]byte(s), &input); err != nil {
			return nil, failf(prefix+"InvalidExecutionInputException", "%v", err)
		}
	}
	if name != "" && (len(name) > 80 || strings.ContainsAny(name, " <>{}[]?*\"#%\\^|~`$&,;:/")) {
		return nil, failf(prefix+"InvalidNameException", "no execution can be called %.100q", name)
	}
	e, err := a.begin(d, input, name)
	if f, ok := errors.AsType[*Failure](err); ok {
		return nil, &Failure{Name: prefix + f.Name + "Exception", Cause: f.Cause}
	}
	return e, err
}

func (a *Account) startAsync(i *Invocation) (any, error) {
	e, err := a.startBy(i, "StepFunctions.")
	if err != nil {
		return nil, err
	}
	return map[string]any{"ExecutionArn": e.ARN(), "StartDate": float64(e.Started.UnixMilli())}, nil
}

// startSync waits for the execution. Its failure is States.TaskFailed with the
// description of the execution as the cause.
func (a *Account) startSync(i *Invocation) (any, error) {
	e, err := a.startBy(i, "StepFunctions.")
	if err != nil {
		return nil, err
	}
	if e.Express {
		return nil, failf(ErrRuntime, "an express execution cannot be waited for by .sync")
	}
	e.await(i.world)
	described := e.describe()
	if e.Status != StatusSucceeded {
		text, err := json.Marshal(described)
		if err != nil {
			return nil, err
		}
		return nil, &Failure{Name: ErrTaskFailed, Cause: string(text)}
	}
	described["Output"] = e.Output
	return described, nil
}

// startExpress waits for an express execution, and says how it ended as its
// result, whatever that was.
func (a *Account) startExpress(i *Invocation) (any, error) {
	e, err := a.startBy(i, "Sfn.")
	if err != nil {
		return nil, err
	}
	if !e.Express {
		return nil, failf("Sfn.StateMachineTypeNotSupportedException", "the machine is not an express one")
	}
	e.await(i.world)
	return e.describe(), nil
}
