package workflow_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// TestBadInput: what is no request is refused with an error of its own, and makes no
// call and no write.
func TestBadInput(t *testing.T) {
	engine := newEngine(t)
	task := map[string]any{"lambda": "payments"}
	for _, row := range []struct {
		input       any
		name, cause string
	}{
		{"text", "BadInput", "the input is no object"},
		{[]any{1}, "BadInput", "the input is no object"},
		{nil, "BadInput", "the input is no object"},
		{12.5, "BadInput", "the input is no object"},
		{map[string]any{}, "BadInput", "there is no task"},
		{map[string]any{"task": "payments"}, "BadInput", "there is no task"},
		{map[string]any{"task": map[string]any{"lambda": ""}}, "BadInput", "no name or ARN"},
		{map[string]any{"task": map[string]any{"lambda": 5}}, "BadInput", "no name or ARN"},
		{map[string]any{"task": map[string]any{"resource": "sqs:sendMessage", "arguments": map[string]any{}}}, "BadInput", "none of lambda:invoke, http:invoke"},
		{map[string]any{"task": map[string]any{"resource": "http:invoke"}}, "BadInput", "arguments is no object"},
		{map[string]any{"task": task, "circuit": "paymnts"}, "UnknownCircuit", "of the circuit payments"},
		{map[string]any{"task": task, "partition": 5}, "BadInput", "partition"},
		{map[string]any{"task": task, "partition": strings.Repeat("é", 129)}, "BadInput", "partition"},
		{map[string]any{"task": task, "partition": "a\x00b"}, "BadInput", "unprintable"},
		{map[string]any{"task": task, "when_open": "park"}, "BadInput", "when_open is none of fail, wait"},
		{map[string]any{"task": task, "when_open": 1}, "BadInput", "when_open"},
	} {
		for _, down := range []bool{false, true} {
			w := newWorld(t, engine)
			w.add()
			if down {
				w.inject(inject{"Look": {broken}})
			}
			e := w.run("guard-express", row.input)
			if e.Failure == nil || e.Failure.Name != "Recloser."+row.name || !strings.Contains(e.Failure.Cause, row.cause) || strings.Contains(e.Failure.Cause, "\n") {
				t.Errorf("%v: %v", row.input, e.Failure)
			}
			if w.calls != 0 || w.writes != 0 {
				t.Errorf("%v: %d calls, %d writes", row.input, w.calls, w.writes)
			}
		}
	}
}

// TestMissingTable: a table that is not there is a store out of reach: it rejects
// nothing by itself. LAWS.md, B1.
func TestMissingTable(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add(func(o *workflow.Options) { o.Table = "elsewhere" })
	w.fault = func(string, map[string]any) (bool, map[string]any, error) {
		return true, nil, &statelanguage.Refusal{Code: "ResourceNotFoundException", Message: "no such table"}
	}
	if e := w.run("guard-express", call(map[string]any{"a": 1})); e.Failure != nil || w.calls != 1 {
		t.Errorf("%v, %d calls", e.Failure, w.calls)
	}
}

// TestPayloads: what a request brings reaches the task as it is, and what the task
// returns its caller; what is too large is an error of its own.
func TestPayloads(t *testing.T) {
	engine := newEngine(t)
	w := newWorld(t, engine)
	w.add()
	for _, payload := range []any{
		nil, 0.0, "text",
		[]any{},
		[]any{1.0, nil},
		map[string]any{"deep": map[string]any{"x": []any{map[string]any{}}}},
		"{% $millis() %}", true,
		map[string]any{"{% 1 %}": "$states"},
	} {
		var got any
		w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
			if i.State != "Call lambda:invoke" {
				return false, nil, nil
			}
			got = argumentsOf(i)["Payload"]
			return true, map[string]any{"StatusCode": 200, "Payload": got}, nil
		}
		e := w.run("guard-express", map[string]any{"task": map[string]any{"lambda": "f"}, "payload": payload})
		if e.Failure != nil || textOf(t, e.Output) != textOf(t, payload) || textOf(t, got) != textOf(t, payload) {
			t.Errorf("%v came as %v and went as %v, %v", payload, got, e.Output, e.Failure)
		}
	}
	w.account.Intercept = nil
	if _, err := w.account.Start("guard", call(map[string]any{"x": strings.Repeat("x", statelanguage.MaxData)})); err == nil {
		t.Error("an input that is too large is taken")
	}
	// One that is just small enough, until the name of the function is added to it.
	large := map[string]any{"task": map[string]any{"lambda": "f"}, "payload": strings.Repeat("x", statelanguage.MaxData-60)}
	if e := w.run("guard", large); e.Failure != nil && e.Failure.Name != statelanguage.ErrDataLimitExceeded {
		t.Errorf("%v", e.Failure)
	}
}

// TestAnswers: what a task returns counts by what it says.
func TestAnswers(t *testing.T) {
	engine := newEngine(t)
	for name, row := range map[string]struct {
		result  any
		listens bool // a failure makes the fleet listen
		failure string
	}{
		"a success":                {map[string]any{"StatusCode": 200, "Payload": map[string]any{"ok": true}}, false, ""},
		"a status 503":             {map[string]any{"StatusCode": 200, "Payload": map[string]any{"statusCode": 503}}, true, ""},
		"a status 429":             {map[string]any{"StatusCode": 200, "Payload": map[string]any{"statusCode": 429}}, true, ""},
		"a status 404":             {map[string]any{"StatusCode": 200, "Payload": map[string]any{"statusCode": 404}}, false, ""},
		"an error with 200":        {map[string]any{"StatusCode": 200, "Payload": map[string]any{"errorType": "Boom", "errorMessage": "m"}}, true, "Boom"},
		"a function error":         {map[string]any{"StatusCode": 200, "FunctionError": "Unhandled", "Payload": map[string]any{}}, true, "Lambda.FunctionError"},
		"an error that is data":    {map[string]any{"StatusCode": 200, "Payload": map[string]any{"errorType": 7}}, false, ""},
		"no object":                {"text", false, ""},
		"nothing":                  {nil, false, ""},
		"a payload that is a text": {map[string]any{"StatusCode": 200, "Payload": "statusCode 503"}, false, ""},
		"odd headers":              {map[string]any{"StatusCode": 200, "Payload": map[string]any{"statusCode": 503, "headers": map[string]any{"Retry-After": []any{"soon"}}}}, true, ""},
	} {
		w := newWorld(t, engine)
		w.add()
		w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
			if i.State == "Call lambda:invoke" {
				return true, row.result, nil
			}
			return false, nil, nil
		}
		e := w.run("guard-express", call(nil))
		got := ""
		if e.Failure != nil {
			got = e.Failure.Name
		}
		if got != row.failure || (w.record("payments").WatchSince != 0) != row.listens {
			t.Errorf("%s: ends with %v, watched since %d", name, e.Failure, w.record("payments").WatchSince)
		}
	}
}

// TestNamedErrors: where the policy names its failures, others are none; a timeout
// always is one.
func TestNamedErrors(t *testing.T) {
	engine := newEngine(t)
	for fault, listens := range map[string]bool{"Boom": true, "Other": false, "slow": true, "large": false, "States.Permissions": false} {
		w := newWorld(t, engine)
		w.add(func(o *workflow.Options) { o.Errors = []string{"Boom"} })
		w.inject(inject{"Call lambda:invoke": {fault}})
		e := w.run("guard-express", call(nil))
		if e.Failure == nil || (w.record("payments").WatchSince != 0) != listens {
			t.Errorf("%s: ends with %v, watched since %d", fault, e.Failure, w.record("payments").WatchSince)
		}
	}
}

// TestOddClock: a clock whose text cannot be read counts as now.
func TestOddClock(t *testing.T) {
	for _, form := range []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04:05-0700", "Mon, 02 Jan 2006", ""} {
		w := newWorld(t, newEngine(t))
		w.add()
		w.account.Timestamp = func(at time.Time) string { return at.UTC().Format(form) }
		w.plant("payments", shut())
		e := w.run("guard-express", call(nil))
		if cause := rejectionOf(t, e); cause.Reason != "open" || cause.RetryAfter != 3000 {
			t.Errorf("%q: %+v, %v", form, cause, e.Failure)
		}
	}
}

// TestHealthyCall: a healthy call is one read and the task. LAWS.md, B2.
func TestHealthyCall(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add()
	for _, machine := range []string{"guard", "guard-express"} {
		w.reads, w.writes = 0, 0
		e := w.run(machine, call(map[string]any{"a": 1}))
		if e.Failure != nil || w.reads != 1 || w.writes != 0 || e.Transitions != 5 {
			t.Errorf("%v, %d reads, %d writes, %d transitions: %v", e.Failure, w.reads, w.writes, e.Transitions, names(e))
		}
	}
}
