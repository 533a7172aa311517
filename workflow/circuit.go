package workflow

import (
	"fmt"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// circuit writes the state machines of one circuit.
type circuit struct {
	Options
	*writer
	name   string
	table  string
	expiry time.Duration
}

func newCircuit(name string, o Options) (*circuit, error) {
	n := numbersOf(o.Policy)
	n.Circuit, n.Tasks, n.WhenOpen = text(name), list(o.Tasks), text(o.WhenOpen)
	n.HTTP, n.Errors, n.Ignore, n.Named = list(o.HTTP), list(o.Errors), list(o.Ignore), len(o.Errors) > 0
	// What is a fault of the request or of the machine says nothing of the
	// dependency.
	n.Machine = list([]string{"States.DataLimitExceeded", "States.QueryEvaluationError", "States.Permissions", "States.ParameterPathFailure"})
	switch o.Policy.WhenStoreFails {
	case recloser.StoreFailureAllow:
		n.Alone = "{'answer': 'call'}"
	case recloser.StoreFailureReject:
		n.Alone = "{'answer': 'reject', 'reason': 'store', 'retry': (500 + $random() * 500) * ($view.faults = 1 ? 2 : 1)}"
	case recloser.StoreFailureLastKnown:
		n.Alone = "$left"
	}
	n.Whens = list(o.whens())
	w, err := newWriter(n)
	if err != nil {
		return nil, err
	}
	return &circuit{Options: o, writer: w, name: name, table: o.Table, expiry: o.Expiry}, nil
}

// input is the request, wherever in the machine one is.
const input = "$states.context.Execution.Input"

// keyText is an expression of the circuit's key, by the request. It is bounded, for
// whoever asks is checked only beside the read.
func (c *circuit) keyText() string {
	return fmt.Sprintf("%s & ($type(%s.partition) = 'string' and %[2]s.partition != '' ? '/' & $substring(%[2]s.partition, 0, 128) : '')", text(c.name), input)
}

// key is the key of the record in the arguments of a task.
func (c *circuit) key() any { return c.place(evaluate("$key")) }

func (c *circuit) place(key string) any {
	place := make(map[string]any)
	for name, v := range item.RecordKey(key) {
		s, _ := v.(item.String)
		place[name] = plain(string(s))
	}
	return place
}

// plain is a text as an attribute.
func plain(s string) map[string]string { return map[string]string{"S": s} }

// now binds the time, and when the state was entered: the text of a clock that
// cannot be read counts as now.
const now = "$now := $millis(); $entered := $states.context.State.EnteredTime; " +
	"$asked := $contains($entered, /^[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([.][0-9]+)?(Z|[+-][0-2][0-9]:?[0-5][0-9])$/) ? $min([$now, $toMillis($entered)]) : $now; "

// itemOf binds the item of an answer.
func itemOf(field string) string {
	return fmt.Sprintf("$item := $exists($states.result.%s) ? $states.result.%[1]s : {}; ", field)
}

// move is the arguments of the task that makes the transition of a variable.
func (c *circuit) move(of string) (map[string]any, error) {
	m := marks{
		fmt.Sprint(markGeneration): "$string($" + of + ".g)",
		fmt.Sprint(markNext):       "$string($" + of + ".g + 1)",
		fmt.Sprint(markSince):      "$string($" + of + ".move.since)",
		fmt.Sprint(markUntil):      "$string($" + of + ".move.until)",
		fmt.Sprint(markRelapses):   "$string($" + of + ".move.relapses)",
	}
	c.markCause(m, of)
	questions := []question{
		question("$" + of + ".move.to = 'open'"), question("$" + of + ".move.relapses > 0"), question("$" + of + ".g = 0"),
	}
	return c.arguments(m, questions, func(bits uint) recloser.Write {
		t := recloser.Transition{
			Generation: markGeneration, To: recloser.StateClosed, Since: markSince,
			Cause: recloser.Cause{
				Rule: markRule, Calls: markCalls, Failures: markFailures, Slow: markSlow, Span: markSpan * time.Millisecond,
			},
		}
		if bits&1 != 0 {
			t.To, t.OpenUntil = recloser.StateOpen, markUntil
		}
		if bits&2 != 0 {
			t.Relapses = markRelapses
		}
		if bits&4 != 0 {
			t.Generation = 0
		}
		return t
	})
}

func (c *circuit) markCause(m marks, of string) {
	m[markRule] = "$" + of + ".move.cause.rule"
	m[fmt.Sprint(markCalls)] = "$string($" + of + ".move.cause.calls)"
	m[fmt.Sprint(markFailures)] = "$string($" + of + ".move.cause.failures)"
	m[fmt.Sprint(markSlow)] = "$string($" + of + ".move.cause.slow)"
	m[fmt.Sprint(markSpan)] = "$string($" + of + ".move.cause.span)"
}

// watch is the arguments of the task that begins a watch.
func (c *circuit) watch() (map[string]any, error) {
	m := marks{
		fmt.Sprint(markGeneration): "$string($after.g)", fmt.Sprint(markWatch): "$string($millis())",
		shareMark(): "$string($after.share)",
	}
	return c.arguments(m, []question{"$after.g = 0"}, func(bits uint) recloser.Write {
		return recloser.Watch{Generation: markGeneration * uint64(1-bits), At: markWatch, Share: markShare}
	})
}

// unwatch is the arguments of the task that ends the watch of a variable.
func (c *circuit) unwatch(of string) (map[string]any, error) {
	m := marks{fmt.Sprint(markGeneration): "$string($" + of + ".g)", fmt.Sprint(markWatch): "$string($" + of + ".watch)"}
	return c.arguments(m, []question{question("$" + of + ".g = 0")}, func(bits uint) recloser.Write {
		return recloser.Unwatch{Generation: markGeneration * uint64(1-bits), Was: markWatch}
	})
}

// claim is the arguments of the task that claims a probe slot.
func (c *circuit) claim() (map[string]any, error) {
	m := marks{
		fmt.Sprint(markGeneration): "$string($view.g)",
		fmt.Sprint(markNext):       "$string($view.g + 1)",
		fmt.Sprint(markSince):      "$string($view.now)",
		fmt.Sprint(markEnd):        fmt.Sprintf("$string($floor($view.now + %v))", c.numbers.Lease),
		markToken:                  "$view.token",
		markWas:                    "$view.was",
		item.Probe(0):              "'p' & $string($view.slot)",
	}
	questions := []question{"$view.first", "$not($view.first) and $view.was != ''", "$view.g = 0"}
	return c.arguments(m, questions, func(bits uint) recloser.Write {
		w := recloser.Claim{Generation: markGeneration, Lease: recloser.Lease{Token: markToken, End: markEnd}}
		switch bits & 3 {
		case 1:
			w.First, w.Since = true, markSince
		case 2:
			w.Was = markWas
		case 3:
			return nil // Both cannot be.
		}
		if bits&4 != 0 {
			w.Generation = 0
		}
		return w
	})
}

// settle is the arguments of the task that ends a probe. outcome is an expression
// of what it came to.
func (c *circuit) settle(outcome string) (map[string]any, error) {
	m := marks{
		fmt.Sprint(markGeneration): "$string($claim.g)",
		markToken:                  "$view.token",
		item.Probe(0):              "'p' & $string($view.slot)",
	}
	questions := []question{
		question(outcome + " in ['success', 'failure']"), question(outcome + " = 'success'"), question(outcome + " = 'failure'"),
	}
	return c.arguments(m, questions, func(bits uint) recloser.Write {
		w := recloser.Settle{Generation: markGeneration, Token: markToken}
		switch bits {
		case 0:
			w.Outcome = recloser.OutcomeIgnored
		case 1 | 2:
			w.Outcome = recloser.OutcomeSuccess
		case 1 | 4:
			w.Outcome = recloser.OutcomeFailure
		default:
			return nil // These cannot be together.
		}
		return w
	})
}

// entry is the arguments of the task that leaves an entry of history of what a
// variable holds: {g, kind, at, move}.
func (c *circuit) entry(of string) (map[string]any, error) {
	m := marks{
		fmt.Sprint(markGeneration): "$string($" + of + ".g)",
		fmt.Sprint(markSince):      "$string($" + of + ".move.since)",
		fmt.Sprint(markUntil):      "$string($" + of + ".move.until)",
		fmt.Sprint(markRelapses):   "$string($" + of + ".move.relapses)",
		fmt.Sprint(int64(markExpires) / 1000): fmt.Sprintf(
			"$string($floor($millis() / 1000) + %d)", int64(recloser.HistoryAge.Seconds())),
		"opened": "$lookup({'open': 'opened', 'half_open': 'half_opened', 'closed': 'closed'}, $" + of + ".move.to)",
	}
	c.markCause(m, of)
	questions := []question{question("$" + of + ".move.to = 'open'"), question("$" + of + ".move.relapses > 0")}
	var forms []form
	var key string
	for bits := range uint(1) << len(questions) {
		e := recloser.HistoryEntry{
			Kind: recloser.EventOpened, At: markSince, Generation: markGeneration,
			Cause: recloser.Cause{
				Rule: markRule, Calls: markCalls, Failures: markFailures, Slow: markSlow, Span: markSpan * time.Millisecond,
			},
		}
		if bits&1 != 0 {
			e.OpenUntil = markUntil
		}
		if bits&2 != 0 {
			e.Relapses = markRelapses
		}
		place, u, err := item.Entry("mark-key", e, markExpires)
		if err != nil {
			return nil, fmt.Errorf("workflow: %w", err)
		}
		sort, _ := place[item.Sort].(item.String)
		key = string(sort)
		forms = append(forms, form{u, bits})
	}
	arguments, err := c.task(m, questions, forms)
	if err != nil {
		return nil, err
	}
	arguments["Key"] = map[string]any{
		item.Key: plain(evaluate("$key")), item.Sort: plain(evaluate(m.padded(key))),
	}
	delete(arguments, "ReturnValues")
	return arguments, nil
}

// padded returns an expression of a text of parts, whose numbers have zeros
// before them.
func (m marks) padded(key string) string {
	parts := strings.Split(key, "#")
	for i, part := range parts {
		number := strings.TrimLeft(part, "0")
		switch expression, found := m[number]; {
		case found && number == part:
			parts[i] = expression
		case found:
			parts[i] = fmt.Sprintf("$pad(%s, -%d, '0')", expression, len(part))
		default:
			parts[i] = text(part)
		}
	}
	return strings.Join(parts, " & '#' & ")
}
