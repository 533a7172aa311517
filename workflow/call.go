package workflow

import (
	"fmt"
	"time"
)

func (g *guard) calls() {
	for _, task := range g.Tasks {
		s := state{Type: "Task", Resource: "arn:aws:states:::" + task, Comment: "The call."}
		s.Arguments = evaluate(input + ".task.arguments")
		if task == lambdaInvoke {
			s.Arguments = evaluate(fmt.Sprintf("$request.plain ? {'FunctionName': %s.task.lambda, 'Payload': $exists(%[1]s.payload) ? %[1]s.payload : {}} : %[1]s.task.arguments", input))
		}
		if g.Policy.Enforce > 0 {
			s.TimeoutSeconds = int(g.timeout() / time.Second) // In shadow mode no call is cut short.
		}
		s.Assign = map[string]string{"call": g.block("", "result", "outcome")}
		failed := map[string]string{"call": g.block("", "error", "outcome")}
		s.Catch = []catcher{
			{ErrorEquals: []string{tooLarge}, Assign: failed, Output: map[string]any{}, Next: stCalled},
			{ErrorEquals: []string{everyError}, Assign: failed, Output: map[string]any{}, Next: stCalled},
		}
		s.Next = stCalled
		g.add(callState(task), s)
	}
	const probe = "$view.answer in ['probe', 'claimed']"
	g.add(stCalled, state{
		Type: "Choice", Comment: "A call that succeeded while nobody watches is done.",
		Choices: []rule{
			{Condition: evaluate("$call.outcome = 'success' and $call.error = '' and $view.watch = 0 and $not(" + probe + ")"), Next: stDone},
			{Condition: evaluate(probe), Next: stSettle},
			{
				Condition: evaluate("$view.known and $call.outcome != 'ignored' and ($call.outcome != 'success' or $view.watch > 0)"),
				Assign: map[string]string{"after": evaluate("{'stage': 1, 'steps': 0, 'heard': $view.now, " +
					"'sample': $view.drawn ? {'watch': $view.watch, 'g': $view.g, 'share': $view.share} : null}")},
				Next: stWeigh,
			},
		},
		Default: stFinish,
	})
}
