package workflow

import "fmt"

// redrive is the state machine that makes the calls of parked requests, as long as
// the circuit lets it. A message is deleted only after its call was made; one
// that the circuit turns away is hidden until it may be tried, and one that fails
// comes back until it has been tried often enough, and then stays for whoever
// looks at the queue.
func (c *circuit) redrive() (machine, error) {
	queue := evaluate(queueURL(c.Park))
	all := states{
		{
			name: "Begin", Type: "Pass", Comment: "Counts from nothing.", Assign: map[string]string{"turn": evaluate("{'round': 0, 'done': 0, 'failed': 0, 'left': 0}")}, Next: "Receive",
		},
		{
			name: "Receive", Type: "Task", Resource: "arn:aws:states:::aws-sdk:sqs:receiveMessage", Comment: "Takes up to ten messages.",
			Arguments: map[string]any{
				"QueueUrl": queue, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "VisibilityTimeout": redriveSeconds,
				"MessageSystemAttributeNames": []string{"ApproximateReceiveCount"},
			},
			Retry:  []retrier{queueRetrier()},
			Assign: map[string]string{"messages": evaluate("$append([], $states.result.Messages)")},
			Output: map[string]any{},
			Catch:  []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate("{'error': $states.errorOutput.Error, 'cause': $substring($string($states.errorOutput.Cause), 0, 1000)}")}, Next: stFailed}},
			Next:   "Any",
		},
		{
			name: "Any", Type: "Choice", Comment: "Is done when the queue is empty.", Choices: []rule{{Condition: evaluate("$count($messages) > 0"), Next: "Sort messages"}}, Default: stDone,
		},
		{
			name: "Sort messages", Type: "Map", Comment: "Five at a time.", Items: evaluate("$messages"), MaxConcurrency: 5,
			ItemSelector:  map[string]any{"message": evaluate("$states.context.Map.Item.Value")},
			ItemProcessor: &processor{ProcessorConfig: map[string]string{"Mode": "INLINE"}, StartAt: "Sort", States: c.redriveOne(queue)},
			Assign: map[string]string{
				"turn": evaluate("( $r := $append([], $states.result); $of := function($s) { $count($r[status = $s]) }; {'round': $turn.round + 1, " +
					"'done': $turn.done + $of('done'), 'failed': $turn.failed + $of('failed'), 'left': $turn.left + $of('left')} )"),
				"retry": evaluate("$max($append([0], $append([], $states.result)[status = 'open'].retry))"),
			},
			Output: map[string]any{},
			Next:   "Go on",
		},
		{
			name: "Go on", Type: "Choice", Comment: "Waits if the circuit has turned one away.",
			Choices: []rule{
				{Condition: evaluate(fmt.Sprintf("$turn.round >= %d", redriveRounds)), Next: stContinue},
				{Condition: evaluate("$retry > 0"), Next: stWait},
			},
			Default: "Receive",
		},
		{
			name: stWait, Type: "Wait", Comment: "Nothing is taken while the circuit is open.",
			Seconds: evaluate("$min([99999, $max([1, $ceil($retry / 1000 * (1 + $random() / 5))])])"), Next: "Receive",
		},
		{
			name: stContinue, Type: "Task", Resource: "arn:aws:states:::states:startExecution", Comment: "Goes on as another execution, before the history of this one is full.",
			Arguments: map[string]any{"StateMachineArn": evaluate("$states.context.StateMachine.Id"), "Input": evaluate("{'from': $states.context.Execution.Id}")},
			Retry:     []retrier{throttled()},
			Catch:     []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"call": evaluate("{'error': $states.errorOutput.Error, 'cause': $substring($string($states.errorOutput.Cause), 0, 1000)}")}, Next: stFailed}},
			Next:      stDone,
		},
		{name: stDone, Type: "Succeed", Comment: "How many were made, failed, and stay.", Output: evaluate("$turn")},
		{name: stFailed, Type: "Fail", Comment: "What is on the queue stays there.", Error: evaluate("$call.error"), Cause: evaluate("$call.cause")},
	}
	return machine{
		Comment: fmt.Sprintf("Makes the calls that were parked while the circuit %s was open. Written by recloser generate workflow; do not edit.", c.name),
		StartAt: "Begin", States: all,
	}, nil
}

// redriveOne are the states that one message goes through.
func (c *circuit) redriveOne(queue string) states {
	message := "$states.input.message"
	return states{
		{
			name: "Sort", Type: "Choice", Comment: "What was tried too often, or is no request, stays.",
			Choices: []rule{
				{Condition: evaluate("$not($contains(" + message + ".Body, /^[ \\n\\t]*\\{/))"), Next: "Leave"},
				{Condition: evaluate(fmt.Sprintf("$exists(%s.Attributes.ApproximateReceiveCount) and $number(%[1]s.Attributes.ApproximateReceiveCount) > %d", message, c.Redrives)), Next: "Leave"},
			},
			Default: "Guard",
		},
		{
			name: "Guard", Type: "Task", Resource: "arn:aws:states:::states:startExecution.sync:2", Comment: "Makes the call.",
			Arguments: map[string]any{
				"StateMachineArn": evaluate(c.machineARN(KindGuard)),
				"Input":           evaluate("$merge([$parse(" + message + ".Body), {'when_open': 'fail'}])"),
			},
			Retry:  []retrier{throttled()},
			Output: keep,
			Catch: []catcher{{
				ErrorEquals: []string{everyError}, Next: "Turned away",
				Output: evaluate(childError("( $why := $said.error = 'Recloser.CircuitOpen' and $contains($said.cause, /^\\{.*\\}$/) ? $parse($said.cause) : {}; " +
					"$merge([$states.input, {'open': $said.error = 'Recloser.CircuitOpen', 'retry': $exists($why.retry_after_ms) ? $why.retry_after_ms : 0}]) )")),
			}},
			Next: "Delete",
		},
		{
			name: "Delete", Type: "Task", Comment: "The call was made, so the message goes. If it cannot, the call may be made again.", Resource: "arn:aws:states:::aws-sdk:sqs:deleteMessage",
			Arguments: map[string]any{"QueueUrl": queue, "ReceiptHandle": evaluate(message + ".ReceiptHandle")},
			Retry:     []retrier{queueRetrier()},
			Output:    map[string]any{"status": "done"},
			Catch:     []catcher{{ErrorEquals: []string{everyError}, Output: map[string]any{"status": "done"}, Next: "Sorted"}},
			End:       true,
		},
		{
			name: "Turned away", Type: "Choice", Comment: "A circuit that is open says nothing of the request.",
			Choices: []rule{{Condition: evaluate("$states.input.open"), Next: "Hide"}}, Default: "Failed once more",
		},
		{
			name: "Hide", Type: "Task", Resource: "arn:aws:states:::aws-sdk:sqs:changeMessageVisibility", Comment: "Hides the message until the circuit may let it pass.",
			Arguments: map[string]any{
				"QueueUrl": queue, "ReceiptHandle": evaluate(message + ".ReceiptHandle"),
				"VisibilityTimeout": evaluate("$min([43200, $max([1, $ceil($states.input.retry / 1000)])])"),
			},
			Retry:  []retrier{queueRetrier()},
			Output: evaluate("{'status': 'open', 'retry': $states.input.retry}"),
			Catch:  []catcher{{ErrorEquals: []string{everyError}, Output: evaluate("{'status': 'open', 'retry': $states.input.retry}"), Next: "Sorted"}},
			End:    true,
		},
		{name: "Failed once more", Type: "Pass", Comment: "The message comes back when it is no longer hidden.", Output: map[string]any{"status": "failed"}, End: true},
		{name: "Leave", Type: "Pass", Comment: "The message stays for whoever looks at the queue.", Output: map[string]any{"status": "left"}, End: true},
		{name: "Sorted", Type: "Pass", Comment: "The queue did not answer; the message comes back by itself.", End: true},
	}
}

const (
	// redriveSeconds is for how long a message is hidden while its call is made.
	redriveSeconds = 900
	// redriveRounds is how often ten messages are taken by one execution: a
	// history holds 25,000 events, and a round has 300 at most.
	redriveRounds = 70
)

func queueRetrier() retrier {
	return retrier{
		ErrorEquals: []string{"States.TaskFailed", "States.Timeout"}, IntervalSeconds: 1, MaxAttempts: 4, BackoffRate: 2, MaxDelaySeconds: 10, JitterStrategy: "FULL",
	}
}
