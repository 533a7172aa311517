package statelanguage_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/statelanguage"
)

// stage is an account with a task that does what its arguments say.
type stage struct {
	*statelanguage.Account
	t       *testing.T
	engine  *statelanguage.Engine
	attempt int
}

func newStage(t *testing.T) *stage {
	t.Helper()
	w := statelanguage.NewWorld(start)
	t.Cleanup(w.Close)
	s := &stage{t: t, engine: engine(t, true)}
	s.Account = statelanguage.NewAccount(w, s.engine)
	s.Tasks["test:do"] = func(i *statelanguage.Invocation) (any, error) {
		s.attempt++
		a, _ := i.Arguments.(map[string]any)
		if ms, ok := a["takes"].(float64); ok {
			i.Sleep(time.Duration(ms) * time.Millisecond)
		}
		if n, ok := a["size"].(float64); ok {
			return strings.Repeat("x", int(n)), nil
		}
		if name, ok := a["fails"].(string); ok {
			if until, ok := a["until"].(float64); ok && s.attempt > int(until) {
				return "well again", nil
			}
			return nil, statelanguage.Failed(name, "as asked for")
		}
		return a["returns"], nil
	}
	return s
}

func (s *stage) run(definition string, input any, express bool) *statelanguage.Execution {
	s.t.Helper()
	m, err := statelanguage.Parse([]byte(definition))
	if err != nil {
		s.t.Fatal(err)
	}
	s.Add("machine", m, express)
	e, err := s.Start("machine", input)
	if err != nil {
		s.t.Fatal(err)
	}
	s.World().Run()
	return e
}

// machine writes a machine of states.
func machine(first string, states ...string) string {
	return fmt.Sprintf(`{"QueryLanguage": "JSONata", "StartAt": %q, "States": {%s}}`, first, strings.Join(states, ","))
}

const do = `"Type": "Task", "Resource": "arn:aws:states:::test:do", "Arguments": "{% $states.input %}"`

// TestStates: each type of state does what the language says of it.
func TestStates(t *testing.T) {
	for name, row := range map[string]struct {
		definition string
		input      any
		want       any
		failure    string
		took       time.Duration
		events     int
	}{
		"a pass puts out its input": {machine("A", `"A": {"Type": "Pass", "End": true}`), 1.0, 1.0, "", 0, 4},
		"assign and output see the variables as they were": {machine("A",
			`"A": {"Type": "Pass", "Assign": {"x": 1, "y": 2}, "Next": "B"}`,
			`"B": {"Type": "Pass", "Assign": {"x": "{% $y %}", "y": "{% $x %}"}, "Output": "{% $x %}", "Next": "C"}`,
			`"C": {"Type": "Pass", "Output": ["{% $x %}", "{% $y %}", "{% $states.input %}"], "End": true}`), nil, []any{2.0, 1.0, 1.0}, "", 0, 8},
		"a choice takes the first rule": {machine("A",
			`"A": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input > 5 %}", "Next": "B"}, {"Condition": "{% true %}", "Assign": {"v": 7}, "Next": "C"}], "Default": "B"}`,
			`"B": {"Type": "Fail", "Error": "Wrong"}`, `"C": {"Type": "Succeed", "Output": "{% $v %}"}`), 5.0, 7.0, "", 0, 6},
		"a choice without a rule takes the default": {machine("A",
			`"A": {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "B"}], "Assign": {"v": 8}, "Default": "C"}`,
			`"B": {"Type": "Fail", "Error": "Wrong"}`, `"C": {"Type": "Succeed", "Output": "{% $v %}"}`), nil, 8.0, "", 0, 6},
		"a choice without a default fails": {machine("A",
			`"A": {"Type": "Choice", "Choices": [{"Condition": "{% false %}", "Next": "B"}]}`, `"B": {"Type": "Succeed"}`), nil, nil, "States.Runtime", 0, 3},
		"a condition is true or false": {machine("A",
			`"A": {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "B"}], "Default": "B"}`, `"B": {"Type": "Succeed"}`), nil, nil, "States.QueryEvaluationError", 0, 3},
		"a wait waits":                     {machine("A", `"A": {"Type": "Wait", "Seconds": "{% $states.input %}", "End": true}`), 90.0, 90.0, "", 90 * time.Second, 4},
		"a wait waits until":               {machine("A", `"A": {"Type": "Wait", "Timestamp": "2026-01-01T00:00:05Z", "End": true}`), nil, nil, "", 5 * time.Second, 4},
		"a wait takes whole seconds":       {machine("A", `"A": {"Type": "Wait", "Seconds": "{% 1.5 %}", "End": true}`), nil, nil, "States.QueryEvaluationError", 0, 3},
		"a fail has an error and a cause":  {machine("A", `"A": {"Type": "Fail", "Error": "{% 'My' & 'Error' %}", "Cause": "x"}`), nil, nil, "MyError", 0, 3},
		"what is not assigned is an error": {machine("A", `"A": {"Type": "Pass", "Output": "{% $none %}", "End": true}`), nil, nil, "States.QueryEvaluationError", 0, 3},
		"a task returns its result":        {machine("A", `"A": {`+do+`, "End": true}`), map[string]any{"returns": "r"}, "r", "", 0, 7},
		"a task takes its time":            {machine("A", `"A": {`+do+`, "TimeoutSeconds": 2, "Output": "{% $states.result %}", "End": true}`), map[string]any{"returns": "r", "takes": 1900}, "r", "", 1900 * time.Millisecond, 7},
		"a task times out":                 {machine("A", `"A": {`+do+`, "TimeoutSeconds": "{% 2 %}", "End": true}`), map[string]any{"takes": 2100}, nil, "States.Timeout", 2100 * time.Millisecond, 6},
		"a result may be too large":        {machine("A", `"A": {`+do+`, "End": true}`), map[string]any{"size": 300_000}, nil, "States.DataLimitExceeded", 0, 6},
		"a map keeps the order": {
			machine("A", `"A": {"Type": "Map", "Items": "{% $states.input %}", "MaxConcurrency": 2,
			"ItemSelector": {"takes": "{% $states.context.Map.Item.Value %}", "returns": "{% $states.context.Map.Item.Index %}"},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "B", "States": {"B": {`+do+`, "End": true}}}, "End": true}`),
			[]any{300.0, 100.0, 100.0, 50.0},
			[]any{0.0, 1.0, 2.0, 3.0},
			"", 300 * time.Millisecond, 0,
		},
		"a map fails with its first failure": {machine("A", `"A": {"Type": "Map", "Items": "{% $states.input %}",
			"ItemSelector": {"takes": "{% $states.context.Map.Item.Value %}", "fails": "E"},
			"ItemProcessor": {"StartAt": "B", "States": {"B": {`+do+`, "End": true}}}, "End": true}`), []any{300.0, 100.0}, nil, "E", 300 * time.Millisecond, 0},
		"a map of nothing": {machine("A", `"A": {"Type": "Map", "Items": [], "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}`), nil, []any{}, "", 0, 6},
		"a parallel runs its branches together": {
			machine("A", `"A": {"Type": "Parallel", "Arguments": {"takes": 200, "returns": 1}, "Branches": [
			{"StartAt": "B", "States": {"B": {`+do+`, "End": true}}}, {"StartAt": "C", "States": {"C": {"Type": "Wait", "Seconds": 1, "End": true}}}], "Output": "{% $states.result[0] %}", "End": true}`),
			nil, 1.0, "", time.Second, 0,
		},
		"an inner scope reads and does not write an outer one": {machine("A", `"A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"}`,
			`"B": {"Type": "Parallel", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "Assign": {"x": "{% $x + 1 %}"}, "End": true}}}], "End": true}`), nil, nil, "States.Runtime", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := newStage(t).run(row.definition, row.input, false)
			got := ""
			if e.Failure != nil {
				got = e.Failure.Name
			}
			if got != row.failure || !reflect.DeepEqual(e.Output, row.want) {
				t.Errorf("came to %v and %v, want %v and %q", e.Output, e.Failure, row.want, row.failure)
			}
			if took := e.Ended.Sub(e.Started); row.failure == "" && took != row.took {
				t.Errorf("took %v, want %v", took, row.took)
			}
			if row.events != 0 && e.Events != row.events {
				t.Errorf("the history has %d events, want %d", e.Events, row.events)
			}
		})
	}
}

// TestRetry: how long a retry waits, how often, and that jitter is a part of it.
func TestRetry(t *testing.T) {
	for name, row := range map[string]struct {
		retry string
		input map[string]any
		coin  float64
		want  time.Duration
		tries int
		ends  string
	}{
		"the defaults are 1s, 2 and 3":     {`{"ErrorEquals": ["E"]}`, map[string]any{"fails": "E"}, 0, 7 * time.Second, 4, "E"},
		"it ends with success":             {`{"ErrorEquals": ["E"]}`, map[string]any{"fails": "E", "until": 2}, 0, 3 * time.Second, 3, ""},
		"the delay has a largest value":    {`{"ErrorEquals": ["E"], "IntervalSeconds": 2, "BackoffRate": 3, "MaxDelaySeconds": 7, "MaxAttempts": 3}`, map[string]any{"fails": "E"}, 0, 15 * time.Second, 4, "E"},
		"full jitter is a part of it":      {`{"ErrorEquals": ["E"], "IntervalSeconds": 10, "MaxAttempts": 1, "JitterStrategy": "FULL"}`, map[string]any{"fails": "E"}, 0.25, 2500 * time.Millisecond, 2, "E"},
		"another error is not its own":     {`{"ErrorEquals": ["F"]}`, map[string]any{"fails": "E"}, 0, 0, 1, "E"},
		"no attempt is none":               {`{"ErrorEquals": ["E"], "MaxAttempts": 0}`, map[string]any{"fails": "E"}, 0, 0, 1, "E"},
		"TaskFailed is every error":        {`{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}`, map[string]any{"fails": "E"}, 0, time.Second, 2, "E"},
		"TaskFailed is no timeout":         {`{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1}`, map[string]any{"takes": 9000}, 0, 2 * time.Second, 1, "States.Timeout"},
		"ALL is a timeout, too":            {`{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}`, map[string]any{"takes": 9000}, 0, 5 * time.Second, 2, "States.Timeout"},
		"ALL is no data that is too large": {`{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}`, map[string]any{"size": 300_000}, 0, 0, 1, "States.DataLimitExceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.engine.Random = func() float64 { return row.coin }
			e := s.run(machine("A", `"A": {`+do+`, "TimeoutSeconds": 2, "Retry": [`+row.retry+`], "End": true}`), row.input, false)
			got := ""
			if e.Failure != nil {
				got = e.Failure.Name
			}
			if e.Ended.Sub(e.Started) != row.want || s.attempt != row.tries || got != row.ends || e.Transitions != row.tries {
				t.Errorf("%v, %d attempts, %d transitions, %q", e.Ended.Sub(e.Started), s.attempt, e.Transitions, got)
			}
		})
	}
}

// TestCatch: what a catcher takes, and what it makes of it.
func TestCatch(t *testing.T) {
	caught := func(errors string) string {
		return machine("A", `"A": {`+do+`, "TimeoutSeconds": 2, "Assign": {"v": "not this"}, "Catch": [{"ErrorEquals": [`+errors+`],
			"Assign": {"v": "{% $states.errorOutput.Error %}"}, "Output": "{% $states.input %}", "Next": "B"}], "End": true}`,
			`"B": {"Type": "Pass", "Output": "{% $v %}", "End": true}`)
	}
	for _, row := range []struct {
		errors, fails string
		caught        bool
	}{
		{`"E"`, "E", true},
		{`"F", "E"`, "E", true},
		{`"F"`, "E", false},
		{`"States.ALL"`, "E", true},
		{`"States.ALL"`, "States.DataLimitExceeded", false},
		{`"States.ALL"`, "States.Runtime", false},
		{`"States.DataLimitExceeded"`, "States.DataLimitExceeded", true},
		{`"States.TaskFailed"`, "E", true},
		{`"States.TaskFailed"`, "States.Timeout", false},
		{`"States.Timeout"`, "States.Timeout", true},
	} {
		e := newStage(t).run(caught(row.errors), map[string]any{"fails": row.fails}, false)
		if (e.Failure == nil) != row.caught || row.caught && e.Output != row.fails {
			t.Errorf("%+v: %v %v", row, e.Output, e.Failure)
		}
	}
	// What an Assign cannot evaluate is caught, too.
	e := newStage(t).run(machine("A", `"A": {`+do+`, "Assign": {"v": "{% $states.result.none %}"}, "Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Next": "B"}], "End": true}`,
		`"B": {"Type": "Pass", "Output": "{% $states.input.Error %}", "End": true}`), map[string]any{"returns": 1}, false)
	if e.Output != "States.QueryEvaluationError" {
		t.Errorf("%v %v", e.Output, e.Failure)
	}
}

// TestExecutions: an execution starts others, waits for them, and has limits.
func TestExecutions(t *testing.T) {
	child, err := statelanguage.Parse([]byte(machine("A", `"A": {"Type": "Wait", "Seconds": 60, "Next": "B"}`,
		`"B": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.fails = true %}", "Next": "C"}], "Default": "D"}`,
		`"C": {"Type": "Fail", "Error": "Child", "Cause": "why"}`, `"D": {"Type": "Succeed", "Output": {"of": "child"}}`)))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:child"
	start := func(resource, input string) string {
		return machine("A", `"A": {"Type": "Task", "Resource": "arn:aws:states:::`+resource+`", "Arguments": {"StateMachineArn": "`+arn+`", "Input": `+input+`}, "End": true}`)
	}
	for name, row := range map[string]struct {
		resource, input string
		express         bool
		took            time.Duration
		check           func(e *statelanguage.Execution) bool
	}{
		"waited for": {"states:startExecution.sync:2", "{}", false, time.Minute, func(e *statelanguage.Execution) bool {
			m, _ := e.Output.(map[string]any)
			return reflect.DeepEqual(m["Output"], map[string]any{"of": "child"})
		}},
		"failed": {"states:startExecution.sync:2", `{"fails": true}`, false, time.Minute, func(e *statelanguage.Execution) bool {
			return e.Failure != nil && e.Failure.Name == "States.TaskFailed" && strings.Contains(e.Failure.Cause, `"Error":"Child"`)
		}},
		"not waited for": {"states:startExecution", "{}", false, 0, func(e *statelanguage.Execution) bool { return e.Failure == nil }},
		"express ones do not wait so": {"states:startExecution.sync:2", "{}", true, 0, func(e *statelanguage.Execution) bool {
			return e.Failure != nil && e.Failure.Name == "States.Runtime"
		}},
	} {
		s := newStage(t)
		s.Add("child", child, false)
		e := s.run(start(row.resource, row.input), map[string]any{}, row.express)
		if !row.check(e) || e.Ended.Sub(e.Started) != row.took {
			t.Errorf("%s: %v %v after %v", name, e.Output, e.Failure, e.Ended.Sub(e.Started))
		}
	}
	s := newStage(t)
	if e := s.run(machine("A", `"A": {"Type": "Wait", "Seconds": 301, "End": true}`), nil, true); e.Status != statelanguage.StatusTimedOut {
		t.Errorf("an express execution lasts %v", e.Ended.Sub(e.Started))
	}
	e := newStage(t).run(machine("A", `"A": {"Type": "Pass", "Next": "B"}`, `"B": {"Type": "Pass", "Next": "A"}`), nil, false)
	if e.Failure == nil || e.Failure.Name != "States.Runtime" || e.Events < statelanguage.MaxEvents {
		t.Errorf("a history has %d events: %v", e.Events, e.Failure)
	}
	if _, err := s.Start("machine", strings.Repeat("x", 300_000)); err == nil {
		t.Error("an input that is too large is taken")
	}
}

// TestParse refuses what is not of the language.
func TestParse(t *testing.T) {
	for _, definition := range []string{
		`{`, `{"StartAt": "A", "States": {}}`,
		machine("B", `"A": {"Type": "Pass", "End": true}`),
		machine("A", `"A": {"Type": "Pass"}`),
		machine("A", `"A": {"Type": "Pass", "End": true, "Next": "A"}`),
		machine("A", `"A": {"Type": "Pass", "Next": "B"}`),
		machine("A", `"A": {"Type": "Jump", "End": true}`),
		machine("A", `"A": {"Type": "Pass", "Retry": [{"ErrorEquals": ["E"]}], "End": true}`),
		machine("A", `"A": {"Type": "Pass", "Parameters": {}, "End": true}`),
		machine("A", `"A": {"Type": "Pass", "End": true}`, `"B": {"Type": "Pass", "End": true}`),
		machine("A", `"A": {"Type": "Task", "Resource": "lambda", "End": true}`),
		machine("A", `"A": {"Type": "Wait", "End": true}`),
		machine("A", `"A": {"Type": "Succeed", "End": true}`),
		machine("A", `"A": {`+do+`, "Retry": [{"ErrorEquals": ["States.ALL", "E"]}], "End": true}`),
		machine("A", `"A": {`+do+`, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "A"}, {"ErrorEquals": ["E"], "Next": "A"}], "End": true}`),
		machine("A", `"A": {`+do+`, "Retry": [{"ErrorEquals": ["E"], "JitterStrategy": "SOME"}], "End": true}`),
		machine("A", `"A": {`+do+`, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}], "End": true}`),
		machine("A", `"A": {"Type": "Choice", "Choices": [{"Condition": "true", "Next": "A"}], "Default": "A"}`),
		machine("A", `"A": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}, "End": true}`),
		strings.Replace(machine("A", `"A": {"Type": "Pass", "End": true}`), "JSONata", "JSONPath", 1),
	} {
		if _, err := statelanguage.Parse([]byte(definition)); err == nil {
			t.Errorf("%s is taken", definition)
		}
	}
}

// TestDynamoDB: errors have the names that the optimised integration gives them.
func TestDynamoDB(t *testing.T) {
	for code, want := range map[string]string{
		"ConditionalCheckFailedException": "DynamoDB.ConditionalCheckFailedException",
		"ResourceNotFoundException":       "DynamoDB.ResourceNotFoundException",
		"ValidationException":             "DynamoDB.AmazonDynamoDBException",
		"":                                "DynamoDB.SdkClientException",
	} {
		s := newStage(t)
		s.DynamoDB(func(operation string, request map[string]any) (map[string]any, error) {
			if code == "" {
				return nil, errors.New("connection refused")
			}
			return nil, &statelanguage.Refusal{Code: code, Message: operation}
		})
		e := s.run(machine("A", `"A": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:updateItem", "Arguments": {}, "End": true}`), nil, false)
		if e.Failure == nil || e.Failure.Name != want {
			t.Errorf("%s is %v", code, e.Failure)
		}
	}
}
