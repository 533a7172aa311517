package workflow

import (
	"fmt"
	"slices"
	"strings"
)

// The names of the states, by what they do.
const (
	stLook          = "Look"
	stLookAgain     = "Look again"
	stDecide        = "Decide"
	stClaim         = "Claim"
	stClaimed       = "Claimed"
	stRememberClaim = "Remember claim"
	stRemember      = "Remember"
	stRememberAfter = "Remember after"
	stInTime        = "In time"
	stGiveBack      = "Give back"
	stCalled        = "Called"
	stSettle        = "Settle"
	stWeigh         = "Weigh"
	stAct           = "Act"
	stReread        = "Read again"
	stWatch         = "Watch"
	stReport        = "Report"
	stMove          = "Move"
	stMoveAfter     = "Move after"
	stUnwatch       = "Unwatch"
	stUnwatchAfter  = "Unwatch after"
	stFinish        = "Finish"
	stBackOff       = "Back off"
	stWait          = "Wait for circuit"
	stContinue      = "Continue as new"
	stPark          = "Park"
	stParked        = "Parked"
	stFallback      = "Fall back"
	stDone          = "Done"
	stRejected      = "Rejected"
	stRefused       = "Refused"
	stFailed        = "Failed"
	stNotParked     = "Not parked"
)

const (
	conditionFailed = "DynamoDB.ConditionalCheckFailedException"
	everyError      = "States.ALL"
	tooLarge        = "States.DataLimitExceeded"

	// storeSeconds is how long an operation of the store may take: the least
	// that Step Functions knows.
	storeSeconds = 1
	// mostRounds is how often one execution looks anew before it continues as
	// another: a history holds 25,000 events, and a round has 50 at most.
	mostRounds = 400
)

// guard is the state machine that makes calls.
type guard struct {
	*circuit
	standard bool
	recovery bool
	states   states
	problem  error
}

func (c *circuit) guard(standard bool) (machine, error) {
	g := &guard{circuit: c, standard: standard}
	g.look()
	g.claims()
	g.calls()
	g.settles()
	g.moves()
	g.ends()
	if g.writer.problem != nil {
		g.problem = g.writer.problem
	}
	kind := "express"
	if standard {
		kind = "standard"
	}
	return machine{
		Comment: fmt.Sprintf("Guards calls with the circuit %s; %s. Written by recloser generate workflow; do not edit.", c.name, kind),
		StartAt: stLook, States: g.states,
	}, g.problem
}

func (g *guard) add(name string, s state) {
	s.name = name
	g.states = append(g.states, s)
}

// with returns arguments, and keeps the first error.
func (g *guard) with(arguments map[string]any, err error) map[string]any {
	if err != nil && g.problem == nil {
		g.problem = err
	}
	return arguments
}

// keep carries what a call has returned past a task.
const keep = "{% $states.input %}"

// read is a task that reads the record.
func (g *guard) read(key string) state {
	return state{
		Type: "Task", Resource: "arn:aws:states:::dynamodb:getItem", TimeoutSeconds: storeSeconds,
		Arguments: map[string]any{"TableName": g.table, "Key": g.place(key), "ConsistentRead": true},
		Output:    keep,
	}
}

// write is a task that writes the record, or an entry of history. Nothing is
// repeated: of a write whose outcome is unknown nobody could tell whether it was
// made twice.
func (g *guard) write(arguments map[string]any) state {
	return state{
		Type: "Task", Resource: "arn:aws:states:::dynamodb:updateItem", TimeoutSeconds: storeSeconds,
		Arguments: arguments, Output: keep,
	}
}

// sound is the part that says whether an item is a record, and what is made of
// one that is none.
func (g *guard) sound(otherwise string) string {
	return unwrapBlock(g.block("", "sound")) + " $sound ? true : " + otherwise + ";"
}

// viewOf is what an execution sees of a record in a field of an answer, after what
// is bound. One that cannot be read is an error of the task that read it.
func (g *guard) viewOf(field, before string) string {
	return g.block(now+itemOf(field)+before+g.sound("$error('Recloser.Malformed')"), "record", "window", "due", "admit")
}

// afterOf is what is left to do after a call, by the item that was read or
// written last.
func (g *guard) afterOf() string {
	const bound = "$now := $millis(); $asked := $now; $seen := $view.seen; $leave := $max([0, $call.leave - $now]); "
	rest := unwrapBlock(g.block("", "record", "window", "due", "after"))
	return evaluate("( " + bound + unwrapBlock(g.block("", "sound")) + " $sound ? ( " + rest + " ) : $merge([$after, {'act': 'done'}]) )")
}

// unwrapBlock returns a block without what makes it one.
func unwrapBlock(field string) string {
	return strings.TrimSuffix(strings.TrimPrefix(field, "{% ( "), " ) %}")
}

// known binds what an execution has seen of the record before.
const known = "$seen := $view.seen; $leave := $max([0, $call.leave - $millis()]); $token := $view.token; $slot := $view.slot; "

// viewAfter is what an execution sees of the record that a step of the admission
// has written.
func (g *guard) viewAfter() string {
	return g.viewOf("Attributes", known+"$turn := {'step': $turn.step + 1}; ")
}

func (g *guard) look() {
	const fresh = "$seen := null; $leave := 0; $token := ''; $slot := 0; $turn := {'step': 0}; "
	asked := "request"
	if g.recovery {
		asked = "recovery"
	}
	begin := func(view string) map[string]string {
		return map[string]string{
			"request": g.block("$in := "+input+"; ", asked),
			"key":     evaluate(g.keyText()),
			"turn":    evaluate(fmt.Sprintf("{'step': 0, 'round': 0, 'attempt': $type(%s.continued.attempt) = 'number' ? %[1]s.continued.attempt : 0}", input)),
			"call":    evaluate("{'outcome': '', 'slow': false, 'error': '', 'cause': '', 'ended': 0, 'leave': 0}"),
			"item":    evaluate("$exists($states.result.Item) ? $states.result.Item : {}"),
			"view":    view,
		}
	}
	s := g.read(evaluate(g.keyText()))
	s.Comment = "Reads the record, and decides on the call."
	s.Assign = begin(g.viewOf("Item", fresh))
	lost := begin(g.block("$now := $millis(); $view := {'now': $now, 'otherwise': {'answer': 'call'}, 'answer': 'call', 'g': 0, 'state': 'closed', "+
		"'share': 0, 'first': false, 'slot': 0, 'was': '', 'cause': '', 'relapses': 0, "+
		"'seen': {'g': -1, 'at': 0, 'tokens': [], 'times': []}}; ", "alone"))
	lost["item"] = evaluate("{}")
	s.Catch = []catcher{{ErrorEquals: []string{everyError}, Assign: lost, Output: keep, Next: stDecide}}
	s.Next = stDecide
	g.add(stLook, s)

	s = g.read(evaluate("$key"))
	s.Comment = "Reads it again, after it has moved, or time has passed."
	s.Assign = map[string]string{
		"item": evaluate("$exists($states.result.Item) ? $states.result.Item : {}"),
		"view": g.viewOf("Item", known),
	}
	s.Catch = []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"view": g.alone()}, Output: keep, Next: stDecide}}
	s.Next = stDecide
	g.add(stLookAgain, s)
	if g.recovery {
		g.decideRecovery()
		return
	}
	g.decide()
}

// alone is what an execution decides without the store.
func (g *guard) alone() string { return g.block("$now := $millis(); ", "alone") }

// callState is the name of the state that calls a task.
func callState(task string) string { return "Call " + task }

func (g *guard) decide() {
	s := state{Type: "Choice", Comment: "Goes where the circuit says."}
	s.Choices = append(s.Choices, rule{Condition: evaluate("$request.problem != ''"), Next: stRefused})
	s.Choices = append(s.Choices, g.callRules("$view.answer = 'call'")...)
	for answer, next := range map[string]string{"'probe'": stClaim, "'claimed'": stClaimed, "'move'": stMove, "'unwatch'": stUnwatch} {
		s.Choices = append(s.Choices, rule{Condition: evaluate("$view.answer = " + answer), Next: next})
	}
	slices.SortStableFunc(s.Choices[1+len(g.Tasks):], func(a, b rule) int { return slices.Compare([]byte(a.Condition), []byte(b.Condition)) })
	if g.standard {
		s.Choices = append(s.Choices,
			rule{Condition: evaluate(fmt.Sprintf("$request.when = 'wait' and $turn.round >= %d", mostRounds)), Next: stContinue},
			rule{Condition: evaluate("$request.when = 'wait'"), Next: stWait})
	}
	if g.Park != "" {
		s.Choices = append(s.Choices, rule{Condition: evaluate("$request.when = 'park'"), Next: stPark})
	}
	if g.Fallback != "" {
		s.Choices = append(s.Choices, rule{Condition: evaluate("$request.when = 'fallback'"), Next: stFallback})
	}
	s.Default = stRejected
	g.add(stDecide, s)
}

// callRules are the rules of a choice that lead to the task that is asked for.
func (g *guard) callRules(conditions ...string) []rule {
	if g.recovery {
		return []rule{{Condition: evaluate("true"), Assign: map[string]string{"began": evaluate("$millis()")}, Next: stHealth}}
	}
	rules := make([]rule, len(g.Tasks))
	for i, task := range g.Tasks {
		rules[i] = rule{
			Condition: evaluate(strings.Join(append(slices.Clone(conditions), "$request.task = "+text(task)), " and ")),
			Assign:    map[string]string{"began": evaluate("$millis()")}, Next: callState(task),
		}
	}
	return rules
}
