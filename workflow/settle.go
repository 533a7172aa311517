package workflow

import "fmt"

func (g *guard) settles() {
	s := g.write(g.with(g.settle("($call.outcome = 'slow' ? 'failure' : $call.outcome)")))
	s.Comment = "Counts the probe, and frees its slot."
	s.Assign = map[string]string{
		"item": evaluate("$states.result.Attributes"), "after": evaluate("{'stage': 3, 'steps': 0, 'sample': null, 'heard': $millis()}"),
	}
	s.Catch = []catcher{
		// Somebody has taken the slot over, or the generation is over.
		{ErrorEquals: []string{conditionFailed}, Assign: map[string]string{"after": evaluate("{'stage': 3, 'steps': 0, 'sample': null, 'heard': 0}")}, Output: keep, Next: stReread},
		{ErrorEquals: []string{everyError}, Output: keep, Next: stFinish},
	}
	s.Next = stWeigh
	g.add(stSettle, s)

	g.add(stWeigh, state{
		Type: "Pass", Comment: "Weighs what is left to do, by what was read or written last.",
		Assign: map[string]string{"after": g.afterOf()}, Next: stAct,
	})

	acts := state{
		Type: "Choice", Comment: "Reads, makes what is due, or is done.",
		Choices: []rule{
			{Condition: evaluate("$after.act = 'read'"), Next: stReread},
			{Condition: evaluate("$after.act = 'move'"), Next: stMoveAfter},
		},
		Default: stFinish,
	}
	if !g.recovery {
		acts.Comment = "Reads, listens, reports, makes what is due, or is done."
		acts.Choices = append(acts.Choices,
			rule{Condition: evaluate("$after.act = 'watch'"), Next: stWatch},
			rule{Condition: evaluate("$after.act = 'report'"), Next: stReport},
			rule{Condition: evaluate("$after.act = 'unwatch'"), Next: stUnwatchAfter})
	}
	g.add(stAct, acts)

	s = g.read(evaluate("$key"))
	s.Comment = "Reads the record: the view is in doubt."
	s.Assign = map[string]string{"item": evaluate("$exists($states.result.Item) ? $states.result.Item : {}"), "after": heard}
	s.Catch = []catcher{{ErrorEquals: []string{everyError}, Output: keep, Next: stFinish}}
	s.Next = stWeigh
	g.add(stReread, s)

	if g.recovery {
		return // A probe is in no sample.
	}
	g.act(stWatch, "Makes the fleet listen. What made it do so is not counted.", g.with(g.watch()))
	g.act(stReport, "Tells what the call came to: it was drawn for that when it began.", g.with(g.report()))
	g.act(stUnwatchAfter, "Ends a watch in which nothing has failed for a window.", g.with(g.unwatch("after")))
}

// heard is how far one has come, with when the store has answered last.
const heard = "{% $merge([$after, {'heard': $millis()}]) %}"

// act is a write after a call, after whose answer one weighs again.
func (g *guard) act(name, comment string, arguments map[string]any) {
	s := g.write(arguments)
	s.Comment = comment
	s.Assign = map[string]string{"item": evaluate("$states.result.Attributes"), "after": heard}
	s.Catch = []catcher{
		{ErrorEquals: []string{conditionFailed}, Output: keep, Next: stReread},
		{ErrorEquals: []string{everyError}, Output: keep, Next: stFinish},
	}
	s.Next = stWeigh
	g.add(name, s)
}

func (g *guard) moves() {
	lost := []catcher{
		{ErrorEquals: []string{conditionFailed}, Assign: map[string]string{"turn": step}, Output: keep, Next: stLookAgain},
		{ErrorEquals: []string{everyError}, Assign: map[string]string{"view": g.alone()}, Output: keep, Next: stDecide},
	}
	s := g.write(g.with(g.move("view")))
	s.Comment = "Makes the transition that is due before the call."
	s.Assign = map[string]string{
		"moved": evaluate("{'g': $view.g + 1, 'move': $view.move}"), "turn": step,
		"item": evaluate("$states.result.Attributes"), "view": g.viewAfter(),
	}
	s.Catch = lost
	s.Next = stRemember
	g.add(stMove, s)
	g.rememberMove(stRemember, stDecide)

	if !g.recovery {
		s = g.write(g.with(g.unwatch("view")))
		s.Comment = "Ends a watch in which nothing has failed for a window."
		s.Assign = map[string]string{"turn": step, "item": evaluate("$states.result.Attributes"), "view": g.viewAfter()}
		s.Catch = lost
		s.Next = stDecide
		g.add(stUnwatch, s)
	}

	g.act(stMoveAfter, "Makes the transition that the call has made due.", g.with(g.move("after")))
	after := &g.states[len(g.states)-1]
	after.Assign["moved"] = evaluate("{'g': $after.g + 1, 'move': $after.move}")
	after.Next = stRememberAfter
	g.rememberMove(stRememberAfter, stWeigh)
}

// rememberMove leaves the entry of a transition, and starts the recovery of a
// circuit that has opened, if there is one.
func (g *guard) rememberMove(name, next string) {
	if g.Health == "" || g.recovery {
		g.remember(name, next)
		return
	}
	opened := "Opened"
	if name == stRememberAfter {
		opened = "Opened after"
	}
	g.remember(name, opened)
	g.opened(opened, "Start recovery"+opened[len("Opened"):], next)
}

func (g *guard) ends() {
	s := state{Type: "Choice", Comment: "Tries again, fails, or is done."}
	if g.Attempts > 1 {
		s.Choices = append(s.Choices, rule{Condition: evaluate(fmt.Sprintf("$call.outcome = 'failure' and $turn.attempt + 1 < %d", g.Attempts)), Next: stBackOff})
		g.add(stBackOff, state{
			Type: "Wait", Comment: "A part of the back-off, by a coin; then the circuit is asked anew.",
			Seconds: evaluate(fmt.Sprintf("$floor($random() * ($min([%v, %v * $power(%v, $min([$turn.attempt, 64]))]) + 1))",
				decimal(g.MaxDelay.Seconds()), decimal(g.Interval.Seconds()), decimal(g.Backoff))),
			Assign: map[string]string{"turn": evaluate("{'step': 0, 'round': $turn.round + 1, 'attempt': $turn.attempt + 1}"), "view": evaluate("$merge([$view, {'token': ''}])")},
			Next:   stLookAgain,
		})
	}
	s.Choices = append(s.Choices, rule{Condition: evaluate("$call.error != ''"), Next: stFailed})
	s.Default = stDone
	g.add(stFinish, s)
	g.waits()
	g.parks()
	if g.Fallback != "" {
		g.add(stFallback, state{
			Type: "Task", Resource: "arn:aws:states:::" + lambdaInvoke, Comment: "Calls the fallback with the payload of the request.",
			Arguments: map[string]any{"FunctionName": g.Fallback, "Payload": evaluate(fmt.Sprintf("$exists(%s.payload) ? %[1]s.payload : {}", input))},
			Assign:    map[string]string{"request": evaluate("$merge([$request, {'plain': true}])")},
			Catch: []catcher{
				{ErrorEquals: []string{tooLarge}, Assign: map[string]string{"call": evaluate(failure)}, Next: stFailed},
				{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(failure)}, Next: stFailed},
			},
			Next: stDone,
		})
	}
	g.add(stDone, state{Type: "Succeed", Comment: "Puts out what the task has returned.", Output: evaluate("$request.plain and $type($states.input) = 'object' ? ($exists($states.input.Payload) ? $states.input.Payload : null) : $states.input")})
	g.add(stRejected, state{Type: "Fail", Comment: "The circuit turned the request away.", Error: "Recloser.CircuitOpen", Cause: evaluate(rejection)})
	g.add(stRefused, refused())
	g.add(stFailed, state{Type: "Fail", Comment: "The call failed.", Error: evaluate("$call.error"), Cause: evaluate("$call.cause")})
}

const failure = "$merge([$call, {'error': $states.errorOutput.Error, 'cause': $substring($string($states.errorOutput.Cause), 0, 1000)}])"

// rejection is the cause of a rejection, as JSON.
const rejection = "$string({'circuit': $key, 'reason': $view.reason, 'retry_after_ms': $ceil($view.retry), " +
	"'retry_at': $fromMillis($millis() + $ceil($view.retry)), 'state': $view.state, 'rule': $view.cause, 'after': $call.error})"

// waits are the states of a request that waits for the circuit.
func (g *guard) waits() {
	if !g.standard {
		return
	}
	// Those that wait do not all come back at once: while the circuit ramps they
	// come back spread over what is left of the ramp, else up to a fifth late.
	g.add(stWait, state{
		Type: "Wait", Comment: "Waits until the circuit may admit it.",
		Seconds: evaluate("$min([99999, $max([1, $ceil($view.retry / 1000 * ($view.reason = 'ramp' ? $random() : 1 + $random() / 5))])])"),
		Assign:  map[string]string{"turn": evaluate("{'step': 0, 'round': $turn.round + 1, 'attempt': $turn.attempt}"), "view": evaluate("$merge([$view, {'token': ''}])")},
		Next:    stLookAgain,
	})
	g.add(stContinue, state{
		Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Comment: "Goes on as another execution, before the history of this one is full.",
		Arguments: map[string]any{
			"StateMachineArn": evaluate("$states.context.StateMachine.Id"),
			"Input":           evaluate(fmt.Sprintf("$merge([%s, {'continued': {'attempt': $turn.attempt, 'from': $states.context.Execution.Id}}])", input)),
		},
		Assign: map[string]string{"request": evaluate("$merge([$request, {'plain': false}])")},
		Output: evaluate("$states.result.Output"),
		Retry:  []retrier{throttled()},
		Catch:  []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(childError("$merge([$call, $said])"))}, Next: stFailed}},
		Next:   stDone,
	})
}

// parks are the states of a request that is put on a queue.
func (g *guard) parks() {
	if g.Park == "" {
		return
	}
	arguments := map[string]any{
		"QueueUrl": evaluate(queueURL(g.Park)),
		"MessageBody": evaluate(fmt.Sprintf("$merge([%s, {'circuit': %s, 'parked': {'key': $key, 'reason': $view.reason, "+
			"'at': $fromMillis($millis()), 'execution': $states.context.Execution.Id}}])", input, text(g.name))),
	}
	if isFIFO(g.Park) {
		arguments["MessageGroupId"] = evaluate("$hash($key, 'SHA-256')")
		arguments["MessageDeduplicationId"] = evaluate("$hash($states.context.Execution.Id, 'SHA-256')")
	}
	g.add(stPark, state{
		Type: "Task", Resource: "arn:aws:states:::sqs:sendMessage", Comment: "Keeps the request until the circuit has closed.", Arguments: arguments,
		TimeoutSeconds: 30,
		Retry:          []retrier{queueRetrier()},
		Catch: []catcher{
			{ErrorEquals: []string{tooLarge}, Assign: map[string]string{"call": evaluate(failure)}, Next: stNotParked},
			{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(failure)}, Next: stNotParked},
		},
		Next: stParked,
	})
	g.add(stParked, state{Type: "Succeed", Comment: "Says that the request is kept.", Output: map[string]any{
		"parked": true, "circuit": evaluate("$key"), "reason": evaluate("$view.reason"), "message_id": evaluate("$states.input.MessageId"),
		"retry_after_ms": evaluate("$ceil($view.retry)"),
	}})
	g.add(stNotParked, state{
		Type: "Fail", Comment: "The request is the caller's again.", Error: "Recloser.NotParked",
		Cause: evaluate("$string({'circuit': $key, 'reason': $view.reason, 'retry_after_ms': $ceil($view.retry), 'error': $call.error, 'cause': $call.cause})"),
	})
}
