package workflow

import (
	"fmt"
	"time"
)

// The states that only a recovery has.
const (
	stHandOver  = "Hand over"
	stHealth    = "Call health"
	stLater     = "Wait for store"
	stRecovered = "Recovered"
	stRedrive   = "Start redrive"
	stCarryOn   = "Carry on"
)

// startRecovery is the state that starts the recovery of the generation in a
// variable. There is one for each: the execution is named for the circuit and the
// generation. If it cannot be started the opening stands, and traffic recovers
// the circuit.
func (g *guard) startRecovery(name, of, next string) {
	g.add(name, state{
		Type: "Task", Resource: "arn:aws:states:::states:startExecution", Comment: "Sees to it that the circuit recovers without traffic.",
		Arguments: map[string]any{
			"StateMachineArn": evaluate(g.machineARN(KindRecover)),
			"Name":            evaluate("$substring($hash($key, 'SHA-256'), 0, 40) & '-' & $string(" + of + ")"),
			"Input":           evaluate("$key = " + text(g.name) + " ? {'generation': " + of + "} : {'generation': " + of + ", 'partition': $substringAfter($key, '/')}"),
		},
		Output: keep,
		Retry:  []retrier{throttled()},
		Catch:  []catcher{{ErrorEquals: []string{everyError}, Output: keep, Next: next}},
		Next:   next,
	})
}

// throttled is how often the start of an execution is repeated that was not made.
func throttled() retrier {
	return retrier{
		ErrorEquals:     []string{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException"},
		IntervalSeconds: 1, MaxAttempts: 5, BackoffRate: 2, MaxDelaySeconds: 30, JitterStrategy: "FULL",
	}
}

// opened adds the choice that starts a recovery after a transition to open.
func (g *guard) opened(name, start, next string) {
	g.add(name, state{
		Type: "Choice", Comment: "An opening starts the recovery.",
		Choices: []rule{{Condition: evaluate("$moved.move.to = 'open'"), Next: start}}, Default: next,
	})
	g.startRecovery(start, "$moved.g", next)
}

// recovery is the state machine that probes a circuit without traffic. It is the
// guard with another beginning and another end: it waits where the guard rejects,
// and probes a health task.
func (c *circuit) recovery() (machine, error) {
	numbers := c.numbers
	numbers.Enforce = 1 // In shadow mode, too, a recovery waits.
	w, err := newWriter(numbers)
	if err != nil {
		return machine{}, err
	}
	of := *c
	of.writer = w
	g := &guard{circuit: &of, standard: true, recovery: true}
	g.look()
	g.claims()
	g.health()
	g.settles()
	g.moves()
	g.recovered()
	if g.writer.problem != nil {
		g.problem = g.writer.problem
	}
	return machine{
		Comment: fmt.Sprintf("Probes the circuit %s until it has closed. Written by recloser generate workflow; do not edit.", c.name),
		StartAt: stLook, States: g.states,
	}, g.problem
}

// decideRecovery goes where the circuit says, if nobody waits for a call.
func (g *guard) decideRecovery() {
	g.add(stDecide, state{
		Type: "Choice", Comment: "Probes, waits, or is done.",
		Choices: []rule{
			{Condition: evaluate("$request.problem != ''"), Next: stRefused},
			{Condition: evaluate("$not($view.known)"), Next: stLater},
			{Condition: evaluate("$view.answer = 'move'"), Next: stMove},
			{Condition: evaluate("$view.state = 'closed'"), Next: g.recoveredState()},
			// Another opening has a recovery of its own.
			{Condition: evaluate(fmt.Sprintf("$view.state = 'open' and $type(%s.generation) = 'number' and $view.g > %[1]s.generation", input)), Next: stHandOver},
			{Condition: evaluate("$view.answer = 'probe'"), Next: stClaim},
			{Condition: evaluate("$view.answer = 'claimed'"), Next: stClaimed},
			{Condition: evaluate(fmt.Sprintf("$turn.round >= %d", mostRounds)), Next: stContinue},
		},
		Default: stWait,
	})
	g.startRecovery(stHandOver, "$view.g", stRecovered)
}

func (g *guard) recoveredState() string {
	if g.Park != "" {
		return stRedrive
	}
	return stRecovered
}

func (g *guard) health() {
	failed := map[string]string{"call": g.block("", "error", "outcome")}
	g.add(stHealth, state{
		Type: "Task", Resource: "arn:aws:states:::" + lambdaInvoke, Comment: "The probe.",
		Arguments:      map[string]any{"FunctionName": g.Health, "Payload": map[string]any{"circuit": evaluate("$key")}},
		TimeoutSeconds: int(g.timeout() / time.Second),
		Assign:         map[string]string{"call": g.block("", "result", "outcome")},
		Catch: []catcher{
			{ErrorEquals: []string{tooLarge}, Assign: failed, Output: map[string]any{}, Next: stSettle},
			{ErrorEquals: []string{everyError}, Assign: failed, Output: map[string]any{}, Next: stSettle},
		},
		Output: map[string]any{},
		Next:   stSettle,
	})
}

// recovered are the states in which a recovery waits and ends.
func (g *guard) recovered() {
	next := map[string]string{
		"turn": evaluate("{'step': 0, 'round': $turn.round + 1, 'attempt': 0}"), "view": evaluate("$merge([$view, {'token': ''}])"),
	}
	g.add(stFinish, state{Type: "Pass", Comment: "Looks what the probe has come to.", Assign: next, Next: stLookAgain})
	g.add(stWait, state{
		Type: "Wait", Comment: "Waits until the circuit may be probed, and a coin's part of a second more, as all do.",
		Seconds: evaluate("$min([99999, $max([1, $ceil(($exists($view.retry) ? $view.retry : 1000) / 1000)])])"), Assign: next, Next: stLookAgain,
	})
	g.add(stLater, state{
		Type: "Wait", Comment: "The store does not answer; there is time.", Seconds: evaluate("5 + $floor($random() * 10)"), Assign: next, Next: stLookAgain,
	})
	g.add(stContinue, state{
		Type: "Task", Resource: "arn:aws:states:::states:startExecution", Comment: "Goes on as another execution, before the history of this one is full.",
		Arguments: map[string]any{"StateMachineArn": evaluate("$states.context.StateMachine.Id"), "Input": evaluate(input)},
		Retry:     []retrier{throttled()},
		Catch:     []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(failure)}, Next: stFailed}},
		Next:      stRecovered,
	})
	if g.Park != "" {
		g.add(stRedrive, state{
			Type: "Task", Resource: "arn:aws:states:::states:startExecution", Comment: "Starts the redrive of what was parked.",
			Arguments: map[string]any{
				"StateMachineArn": evaluate(g.machineARN(KindRedrive)),
				"Name":            evaluate("$substring($hash($key, 'SHA-256'), 0, 40) & '-' & $string($view.g)"),
				"Input":           evaluate("{'from': $states.context.Execution.Id}"),
			},
			Retry: []retrier{throttled()},
			// There is one for each closing.
			Catch: []catcher{
				{ErrorEquals: []string{"StepFunctions.ExecutionAlreadyExistsException"}, Next: stRecovered},
				{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(failure)}, Next: stFailed},
			},
			Next: stRecovered,
		})
	}
	g.add(stRecovered, state{Type: "Succeed", Comment: "The circuit is closed, or another execution goes on.", Output: map[string]any{
		"circuit": evaluate("$key"), "state": evaluate("$view.state"), "generation": evaluate("$view.g"),
	}})
	g.add(stRefused, refused())
	g.add(stFailed, state{Type: "Fail", Comment: "What was to follow could not be started.", Error: evaluate("$call.error"), Cause: evaluate("$call.cause")})
}

func refused() state {
	return state{
		Type: "Fail", Comment: "The request is not one.",
		Error: evaluate("'Recloser.' & $substringBefore($request.problem, ': ')"), Cause: evaluate("$substringAfter($request.problem, ': ')"),
	}
}
