package workflow

import "fmt"

const (
	// mostItems is how many items one execution of a hold takes: a history holds
	// 25,000 events, and an item has 12 at most.
	mostItems = 1500
	// holdConcurrency is how many items are at the circuit at a time if the
	// request does not say.
	holdConcurrency = 10
)

// hold is the state machine that makes the calls of many items. Each goes through
// the guard, which waits for the circuit: while it is open as many items wait as
// may be under way at a time, and no other is begun; when it closes they come
// back by the ramp.
func (c *circuit) hold() (machine, error) {
	iteration := states{
		{
			name: "Guard", Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Comment: "Makes the call of one item, when the circuit lets it.",
			Arguments: map[string]any{
				"StateMachineArn": evaluate(c.machineARN(KindGuard)),
				"Input":           evaluate("$merge([$states.input.request, {'when_open': $states.input.request.when_open in ['park', 'fallback'] ? $states.input.request.when_open : 'wait'}])"),
			},
			Retry:  []retrier{throttled()},
			Output: evaluate("$merge([{'index': $states.input.index, 'status': 'done'}, $states.input.results ? {'result': $states.result.Output} : {}])"),
			Catch: []catcher{
				{ErrorEquals: []string{tooLarge}, Output: evaluate("{'index': $states.input.index, 'status': 'failed', 'error': $states.errorOutput.Error}"), Next: "Item failed"},
				{ErrorEquals: []string{everyError}, Output: evaluate(childError("$merge([{'index': $states.input.index, 'status': 'failed'}, $said])")), Next: "Item failed"},
			},
			End: true,
		},
		{name: "Item failed", Type: "Pass", Comment: "One that failed does not stop the others.", End: true},
	}
	all := states{
		{
			name: "Check", Type: "Pass", Comment: "What is asked for, and what is wrong with it.",
			Assign: map[string]string{
				"request": c.block("$in := "+input+"; ", "hold"),
				"after":   evaluate(fmt.Sprintf("$type(%s.continued.from_index) = 'number' ? %[1]s.continued.from_index : 0", input)),
			},
			Next: "Check request",
		},
		{
			name: "Check request", Type: "Choice", Comment: "Refuses what is no request.",
			Choices: []rule{{Condition: evaluate("$request.problem != ''"), Next: stRefused}}, Default: "Dispatch",
		},
		{
			name: "Dispatch", Type: "Map", Comment: "Begins an item when another has ended.",
			Items:          evaluate(fmt.Sprintf("( $items := $append([], %s.items); $n := $count($items); $n = 0 ? [] : [$range(0, $min([$n, %d]) - 1, 1)] )", input, mostItems)),
			MaxConcurrency: evaluate("$request.concurrency"),
			ItemSelector: map[string]any{
				"index":   evaluate("$after + $states.context.Map.Item.Value"),
				"results": evaluate("$request.results"),
				"request": evaluate(fmt.Sprintf("( $item := $append([], %s.items)[$states.context.Map.Item.Value]; $merge([$request.shared, {'payload': $item}]) )", input)),
			},
			ItemProcessor: &processor{ProcessorConfig: map[string]string{"Mode": "INLINE"}, StartAt: "Guard", States: iteration},
			Assign:        map[string]string{"items": evaluate("$append([], $states.result)")},
			Output:        map[string]any{},
			Next:          "All dispatched",
		},
		{
			name: "All dispatched", Type: "Choice", Comment: "Is done, unless there is more than one execution takes.",
			Choices: []rule{{Condition: evaluate(fmt.Sprintf("$count($append([], %s.items)) > %d", input, mostItems)), Next: stCarryOn}}, Default: stDone,
		},
		{
			name: stCarryOn, Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Comment: "Goes on with the rest as another execution, before the history of this one is full.",
			Arguments: map[string]any{
				"StateMachineArn": evaluate("$states.context.StateMachine.Id"),
				"Input": evaluate(fmt.Sprintf("( $rest := $filter(%s.items, function($v, $i) { $i >= %d }); $merge([%[1]s, {'items': $append([], $rest), "+
					"'continued': {'from_index': $after + %[2]d}}]) )", input, mostItems)),
			},
			Retry:  []retrier{throttled()},
			Assign: map[string]string{"rest": evaluate("$states.result.Output")},
			Catch:  []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate(childError("{'error': $said.error, 'cause': $said.cause}"))}, Next: stFailed}},
			Next:   "All done",
		},
		{name: "All done", Type: "Succeed", Comment: "How each item of all executions ended.", Output: evaluate("{'done': $count($items[status = 'done']) + $rest.done, 'failed': $count($items[status = 'failed']) + $rest.failed, 'items': $append($items, $append([], $rest.items))}")},
		{name: stDone, Type: "Succeed", Comment: "How each item ended.", Output: evaluate("{'done': $count($items[status = 'done']), 'failed': $count($items[status = 'failed']), 'items': $items}")},
	}
	refused, failed := refused(), state{Type: "Fail", Comment: "The rest could not be begun, or failed.", Error: evaluate("$call.error"), Cause: evaluate("$call.cause")}
	refused.name, failed.name = stRefused, stFailed
	return machine{
		Comment: fmt.Sprintf("Makes the calls of many items through the circuit %s. Written by recloser generate workflow; do not edit.", c.name),
		StartAt: "Check", States: append(all, refused, failed),
	}, c.problem
}

// childError binds $said to the error and the cause of an execution that another
// has waited for.
func childError(then string) string {
	return "( $c := $string($states.errorOutput.Cause); $e := $contains($c, /^\\{.*\\}$/) ? $parse($c) : {}; " +
		"$said := {'error': $exists($e.Error) ? $e.Error : $states.errorOutput.Error, 'cause': $substring($exists($e.Cause) ? $e.Cause : $c, 0, 1000)}; " + then + " )"
}
