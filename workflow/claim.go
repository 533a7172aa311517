package workflow

import "fmt"

// step counts a step of the admission.
const step = "{% $merge([$turn, {'step': $turn.step + 1}]) %}"

func (g *guard) claims() {
	s := g.write(g.with(g.claim()))
	s.Comment = "Claims a probe slot; the first claim makes an open circuit half-open."
	s.Catch = []catcher{
		{ErrorEquals: []string{conditionFailed}, Assign: map[string]string{"turn": step, "view": evaluate("$merge([$view, {'token': ''}])")}, Output: keep, Next: stLookAgain},
		// No time is left to look whether it was made.
		{ErrorEquals: []string{"States.Timeout"}, Assign: map[string]string{"view": g.alone()}, Output: keep, Next: stDecide},
		{ErrorEquals: []string{everyError}, Assign: map[string]string{"turn": step, "view": evaluate("$merge([$view, {'faults': 1, 'away': $millis()}])")}, Output: keep, Next: stLookAgain},
	}
	s.Next = stClaimed
	g.add(stClaim, s)

	g.add(stClaimed, state{
		Type: "Choice", Comment: "The first claim is a transition, and leaves its entry if it was answered.",
		Choices: []rule{{
			Condition: evaluate("$view.first"), Next: stRememberClaim,
			Assign: map[string]string{
				"claim": evaluate("{'g': $view.g + 1}"),
				"moved": evaluate("{'g': $view.g + 1, 'move': {'to': 'half_open', 'since': $view.now, 'until': 0, " +
					"'relapses': $view.relapses, 'cause': {'rule': 'cooled_down', 'calls': 0, 'failures': 0, 'slow': 0, 'span': 0}}}"),
			},
		}},
		Assign:  map[string]string{"claim": evaluate("{'g': $view.g}")},
		Default: stInTime,
	})
	g.remember(stRememberClaim, stInTime)

	late := fmt.Sprintf("$millis() - $view.now + %v > %v", millis(g.timeout()), g.numbers.Lease)
	g.add(stInTime, state{
		Type: "Choice", Comment: "Whoever was held up since the claim must not call.",
		Choices: append([]rule{{Condition: evaluate(late), Next: stGiveBack}}, g.callRules()...),
		Default: stGiveBack,
	})

	s = g.write(g.with(g.settle("'ignored'")))
	s.Comment = "Gives the slot back."
	back := g.enforced(fmt.Sprintf("{'answer': 'reject', 'reason': 'probing', 'retry': %v}", g.numbers.Lease), true)
	s.Assign = map[string]string{"view": back}
	s.Catch = []catcher{{ErrorEquals: []string{everyError}, Assign: map[string]string{"view": back}, Output: keep, Next: stDecide}}
	s.Next = stDecide
	g.add(stGiveBack, s)
}

// enforced is a view with another answer; a rejection is carried out by a coin.
func (g *guard) enforced(answer string, known bool) string {
	return evaluate(fmt.Sprintf("( $answer := %s; $merge([$view, {'reason': '', 'retry': 0}, "+
		"$answer.answer = 'reject' and $random() >= %v ? {'answer': 'call'} : $answer, {'drawn': false, 'token': '', 'known': %t}]) )", answer, g.numbers.Enforce, known))
}

// remember leaves the entry of history of a transition, which stands whatever
// becomes of it.
func (g *guard) remember(name, next string) {
	s := g.write(g.with(g.entry("moved")))
	s.Comment = "Leaves the transition's entry in the history."
	s.Catch = []catcher{{ErrorEquals: []string{everyError}, Output: keep, Next: next}}
	s.Next = next
	g.add(name, s)
}
