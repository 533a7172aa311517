package workflow_test

import (
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/workflow"
)

// handledByGuard are executions of the guard that meet every error it handles.
func handledByGuard() []handled {
	ok, bad := call(map[string]any{}), call(map[string]any{"fails": "Failed"})
	slow := call(map[string]any{"fails": "Ignored", "took_ms": 200})
	slowBad := call(map[string]any{"fails": "Failed", "took_ms": 200})
	slowOK := call(map[string]any{"took_ms": 200})
	when := func(what string) map[string]any {
		c := call(map[string]any{})
		c["when_open"] = what
		return c
	}
	const rejected, failed = "Recloser.CircuitOpen", "Failed"
	return []handled{
		// The store, before the call.
		{record: open(), request: ok, faults: inject{"Look": {broken}}},
		{record: open(), request: ok, faults: inject{"Look": {"slow"}}},
		{record: halfOpen(3, 0), request: ok, faults: inject{"Move": {conflict}}},
		{record: halfOpen(3, 0), request: ok, faults: inject{"Move": {conflict}, "Look again": {broken}}},
		{record: halfOpen(3, 0), request: ok, faults: inject{"Move": {broken}}},
		{record: halfOpen(3, 0), request: ok, faults: inject{"Remember": {broken}}},
		{record: halfOpen(0, 1), request: ok, want: rejected, faults: inject{"Start recovery": {
			"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException",
		}}},
		{record: halfOpen(0, 1), request: ok, want: rejected, faults: inject{"Start recovery": {"StepFunctions.StateMachineDoesNotExistException"}}},
		{record: watched(20_000), request: ok, faults: inject{"Unwatch": {conflict}}},
		{record: watched(20_000), request: ok, faults: inject{"Unwatch": {broken}}},
		// A claim.
		{record: open(), request: ok, faults: inject{"Claim": {conflict}}},
		{record: open(), request: ok, faults: inject{"Claim": {conflict, conflict, conflict, conflict}}},
		{record: open(), request: ok, want: rejected, faults: inject{"Claim": {conflict, conflict, conflict, conflict, conflict}}},
		{record: open(), request: ok, want: rejected, faults: inject{"Claim": {"slow"}}},
		{record: open(), request: ok, faults: inject{"Claim": {broken}}},
		{record: open(), request: ok, faults: inject{"Remember claim": {broken}}},
		{record: open(), request: ok, want: rejected, faults: inject{"Claim": {"late"}}},
		{record: open(), request: ok, want: rejected, faults: inject{"Claim": {"late"}, "Give back": {broken}}},
		// The call, and what follows.
		{request: ok, want: "States.DataLimitExceeded", faults: inject{"Call lambda:invoke": {"large"}}},
		{request: ok, want: "States.Timeout", faults: inject{"Call lambda:invoke": {"slow", "slow"}}},
		{request: ok, want: "Lambda.TooManyRequestsException", faults: inject{"Call lambda:invoke": {"Lambda.TooManyRequestsException", "Lambda.TooManyRequestsException"}}},
		{request: ok, want: "States.TaskFailed", faults: inject{"Call lambda:invoke": {"States.TaskFailed", "States.TaskFailed"}}},
		{request: ok, faults: inject{"Call lambda:invoke": {"States.TaskFailed", "well"}}},
		{request: map[string]any{"task": map[string]any{"resource": "http:invoke", "arguments": map[string]any{}}}, want: "States.Http.StatusCode.503", faults: inject{
			"Call http:invoke": {"States.Http.StatusCode.503", "States.Http.StatusCode.503"},
		}},
		{request: map[string]any{"task": map[string]any{"resource": "http:invoke", "arguments": map[string]any{}}}, want: "States.DataLimitExceeded", faults: inject{"Call http:invoke": {"large"}}},
		{record: halfOpen(0, 0), request: ok, faults: inject{"Settle": {conflict}}},
		{record: halfOpen(0, 0), request: ok, faults: inject{"Settle": {broken}}},
		{record: halfOpen(0, 0), request: ok, faults: inject{"Settle": {conflict}, "Read again": {broken}}},
		{request: slow, want: "Ignored"},
		{request: slowBad, want: failed, faults: inject{"Read again": {broken}}},
		{request: bad, want: failed, faults: inject{"Watch": {conflict}}},
		{request: bad, want: failed, faults: inject{"Watch": {broken}}},
		{record: watched(1000), request: ok, faults: inject{"Report": {conflict}}},
		{record: watched(1000), request: ok, faults: inject{"Report": {broken}}},
		{record: watched(9_900), request: slowOK, coin: 0.9999, faults: inject{"Unwatch after": {conflict}}},
		{record: watched(9_900), request: slowOK, coin: 0.9999, faults: inject{"Unwatch after": {broken}}},
		{record: halfOpen(0, 0), request: bad, want: rejected, faults: inject{"Move after": {conflict}}},
		{record: halfOpen(0, 0), request: bad, want: rejected, faults: inject{"Move after": {broken}}},
		{record: halfOpen(0, 0), request: bad, want: rejected, faults: inject{"Remember after": {broken}}},
		{record: halfOpen(0, 0), request: bad, want: rejected, faults: inject{"Start recovery after": {
			"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException",
		}}},
		{record: halfOpen(0, 0), request: bad, want: rejected, faults: inject{"Start recovery after": {"StepFunctions.StateMachineDoesNotExistException"}}},
		// Turned away.
		{record: shut(), request: when("fail"), want: rejected},
		{record: shut(), request: when("fallback"), faults: inject{"Fall back": {"well"}}},
		{record: shut(), request: when("fallback"), want: "Lambda.Unknown", faults: inject{"Fall back": {"Lambda.Unknown"}}},
		{record: shut(), request: when("fallback"), want: "States.DataLimitExceeded", faults: inject{"Fall back": {"large"}}},
		{record: shut(), request: when("park"), faults: inject{"Park": {"SQS.AmazonSQSException", "slow"}}},
		{record: shut(), request: when("park"), want: "Recloser.NotParked", faults: inject{"Park": {"E", "E", "E", "E", "E"}}},
		{record: shut(), request: when("park"), want: "Recloser.NotParked", faults: inject{"Park": {"large"}}},
	}
}

// TestGuardHandles: every error that the guard has a handler for is met, each
// execution ends as it should, and no handler is left out. LAWS.md, W1.
func TestGuardHandles(t *testing.T) {
	m := machineOf(t, "guard", full)
	all := handlers(m)
	engine := newEngine(t)
	for _, h := range handledByGuard() {
		h.machine = "guard"
		w := newWorld(t, engine)
		w.add(full)
		w.account.Tasks["http:invoke"] = w.invoke
		w.account.Tasks["sqs:sendMessage"] = newQueue(w).send
		take(m, h.run(t, w), all)
	}
	continued(t, engine, m, all)
	for _, name := range missing(all) {
		t.Errorf("nothing took %s", name)
	}
}

// TestRounds: whoever loses every race after a call gives up.
func TestRounds(t *testing.T) {
	w := newWorld(t, newEngine(t))
	w.add(func(o *workflow.Options) { o.Policy.HalfOpen.Successes = 1 })
	w.plant("payments", halfOpen(0, 0))
	faults := make([]string, 50)
	for i := range faults {
		faults[i] = conflict
	}
	w.inject(inject{"Move after": faults})
	e := w.run("guard", call(map[string]any{}))
	tried := 0
	for _, v := range e.Visited {
		if v.State == "Move after" {
			tried++
		}
	}
	if e.Failure != nil || tried < 2 || tried > 5 {
		t.Errorf("it tried %d times, and ended with %v", tried, e.Failure)
	}
}

// TestRecoveryHandles is the same of the recovery.
func TestRecoveryHandles(t *testing.T) {
	m := machineOf(t, "recover", full)
	all := handlers(m)
	engine := newEngine(t)
	none := map[string]any{}
	throttling := []string{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException"}
	older := func(r recloser.Record) recloser.Record { r.Generation = 5; return r }
	for _, h := range []handled{
		{record: open(), request: none, faults: inject{"Look": {broken}}},
		{record: open(), request: none, faults: inject{"Look again": {broken}}},
		{record: open(), request: none, faults: inject{"Claim": {conflict}}},
		{record: open(), request: none, faults: inject{"Claim": {"slow"}}},
		{record: open(), request: none, faults: inject{"Claim": {broken}}},
		{record: open(), request: none, faults: inject{"Remember claim": {broken}}},
		{record: open(), request: none, faults: inject{"Claim": {"late"}}},
		{record: open(), request: none, faults: inject{"Claim": {"late"}, "Give back": {broken}}},
		{record: open(), request: none, faults: inject{"Call health": {"large"}}},
		{record: open(), request: none, faults: inject{"Call health": {"States.Timeout"}}},
		{record: open(), request: none, faults: inject{"Settle": {conflict}}},
		{record: open(), request: none, faults: inject{"Settle": {conflict}, "Read again": {broken}}},
		{record: open(), request: none, faults: inject{"Settle": {broken}}},
		{record: open(), request: none, faults: inject{"Move after": {conflict}}},
		{record: open(), request: none, faults: inject{"Move after": {broken}}},
		{record: open(), request: none, faults: inject{"Remember after": {broken}}},
		{record: halfOpen(3, 0), request: none, faults: inject{"Move": {conflict}}},
		{record: halfOpen(3, 0), request: none, faults: inject{"Move": {broken}}},
		{record: halfOpen(3, 0), request: none, faults: inject{"Remember": {broken}}},
		{record: open(), request: none, faults: inject{"Start redrive": throttling}},
		{record: open(), request: none, faults: inject{"Start redrive": {"StepFunctions.ExecutionAlreadyExistsException"}}},
		{record: open(), request: none, want: "StepFunctions.StateMachineDoesNotExistException", faults: inject{"Start redrive": {"StepFunctions.StateMachineDoesNotExistException"}}},
		{record: older(open()), request: map[string]any{"generation": 1}, faults: inject{"Hand over": throttling}},
		{record: older(open()), request: map[string]any{"generation": 1}, faults: inject{"Hand over": {"StepFunctions.StateMachineDoesNotExistException"}}},
	} {
		h.machine = "recover"
		w := newWorld(t, engine)
		w.add(full)
		w.account.Tasks["aws-sdk:sqs:receiveMessage"] = newQueue(w).receive
		take(m, h.run(t, w), all)
		if r := w.record("payments"); h.request["generation"] == nil && r.State != recloser.StateClosed {
			t.Errorf("%+v: the circuit is %v", h.faults, r.State)
		}
	}
	carriedOn(t, engine, m, all)
	for _, name := range missing(all) {
		t.Errorf("nothing took %s", name)
	}
}
