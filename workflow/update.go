package workflow

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// An update of a workflow is the one that package item makes of a write, with
// expressions where the write has values: each value that is known only when a
// workflow runs is given to package item as a number that stands for it, and is
// found again in what item returns. Where an update takes another form, because
// a value is zero or a text empty, item is asked for each form, and an expression
// chooses among them.

// The numbers that stand for values.
const (
	markGeneration = 7_100_001
	markNext       = markGeneration + 1
	markSince      = recloser.Instant(7_200_001)
	markUntil      = recloser.Instant(7_200_002)
	markWatch      = recloser.Instant(7_200_003)
	markEnd        = recloser.Instant(7_200_004)
	markRelapses   = 7_300_001
	markCalls      = 7_300_002
	markFailures   = 7_300_003
	markSlow       = 7_300_004
	markSpan       = 7_300_005
	markExpires    = recloser.Instant(7_400_001_000)
	markSlot       = recloser.Instant(7_500_001_00)
	markMade       = recloser.Instant(7_500_002_00)
	markDrop       = recloser.Instant(7_600_001_00)
	markShare      = recloser.Share(0.7100001)
	markToken      = "mark-token"
	markWas        = "mark-was"
	markRule       = "mark-rule"
	markVoice      = "mark-voice"
)

// shareMark is the share's mark as package item writes it.
func shareMark() string { return strconv.FormatFloat(float64(markShare), 'g', -1, 64) }

// marked finds a mark that was not found again.
var marked = regexp.MustCompile(`\b7[1-6]00[01]0[0-9]|mark-`)

// marks are the expressions that the marks stand for, by the mark as item writes
// it. An expression comes to a text.
type marks map[string]string

// form is one form that an update may take: with each condition true or not.
type form struct {
	update item.Update
	bits   uint
}

// question is a condition on which the form of an update depends.
type question string

// arguments returns the arguments of the task that makes an update: of all forms
// the one that the questions choose. write returns the write of a form, of which
// bit i says whether the answer to question i is yes, or nil if they cannot be answered so.
func (c *circuit) arguments(marks marks, questions []question, write func(bits uint) recloser.Write) (map[string]any, error) {
	var forms []form
	for bits := range uint(1) << len(questions) {
		w := write(bits)
		if w == nil {
			continue
		}
		updates, err := item.Of(w, markExpires)
		if err != nil {
			return nil, fmt.Errorf("workflow: %w", err)
		}
		if len(updates) != 1 {
			return nil, fmt.Errorf("workflow: %T is %d updates, and must be one", w, len(updates))
		}
		forms = append(forms, form{updates[0], bits})
	}
	marks = maps.Clone(marks)
	marks[fmt.Sprint(int64(markExpires)/1000)] = fmt.Sprintf("$string($floor($millis() / 1000) + %d)", int64(c.expiry.Seconds()))
	return c.task(marks, questions, forms)
}

// task returns the arguments of the task that makes one of several forms of an
// update of the record.
func (c *circuit) task(marks marks, questions []question, forms []form) (map[string]any, error) {
	names, err := object(questions, forms, func(u item.Update) map[string]string {
		m := make(map[string]string)
		for placeholder, name := range u.Names {
			m[placeholder] = marks.in(name)
		}
		return m
	})
	if err != nil {
		return nil, err
	}
	values, err := object(questions, forms, func(u item.Update) map[string]string {
		m := make(map[string]string)
		for placeholder, v := range u.Values {
			m[placeholder] = marks.value(v)
		}
		return m
	})
	if err != nil {
		return nil, err
	}
	condition := choose(questions, variants(forms, func(u item.Update) string { return text(u.Condition) }))
	expression := choose(questions, variants(forms, func(u item.Update) string { return text(u.Expression) }))
	return map[string]any{
		"TableName":                 c.table,
		"Key":                       c.key(),
		"ConditionExpression":       constant(condition),
		"UpdateExpression":          constant(expression),
		"ExpressionAttributeNames":  evaluate(names),
		"ExpressionAttributeValues": evaluate(values),
		"ReturnValues":              "ALL_NEW",
	}, nil
}

// constant writes an expression that is a plain text without the expression.
func constant(expression string) string {
	if inner := strings.Trim(expression, "'"); strings.Count(expression, "'") == 2 && len(inner) == len(expression)-2 && !strings.Contains(inner, `\`) {
		return inner
	}
	return evaluate(expression)
}

// in returns an expression of a name: itself, or the letter of a counter and the
// slot that it is of.
func (m marks) in(name string) string {
	if expression, found := m[name]; found {
		return expression
	}
	if len(name) > 1 {
		if expression, found := m[name[1:]]; found {
			return text(name[:1]) + " & " + expression
		}
	}
	return text(name)
}

// value returns an expression of a value in DynamoDB's JSON.
func (m marks) value(v item.Value) string {
	one := func(s string) string {
		if expression, found := m[s]; found {
			return expression
		}
		return text(s)
	}
	switch v := v.(type) {
	case item.String:
		return "{'S': " + one(string(v)) + "}"
	case item.Number:
		return "{'N': " + one(string(v)) + "}"
	case item.Set:
		all := make([]string, len(v))
		for i, s := range v {
			all[i] = one(s)
		}
		return "{'SS': [" + strings.Join(all, ", ") + "]}"
	case item.Map:
		if len(v) == 0 {
			return "{'M': {}}"
		}
		var entries []string
		zero := false
		for _, name := range slices.Sorted(maps.Keys(v)) {
			n, number := v[name].(item.Number)
			_, marked := m[string(n)]
			zero = zero || number && marked
			entries = append(entries, text(name)+": "+m.value(v[name]))
		}
		inner := "{" + strings.Join(entries, ", ") + "}"
		if zero {
			// A number that is zero is left out.
			inner = "$sift(" + inner + ", function($a) { $not($a.N = '0') })"
		}
		return "{'M': " + inner + "}"
	}
	return "{'NULL': true}"
}

// variant is an expression of what one form has.
type variant struct {
	expression string
	bits       uint
}

func variants(forms []form, of func(item.Update) string) []variant {
	all := make([]variant, len(forms))
	for i, f := range forms {
		all[i] = variant{of(f.update), f.bits}
	}
	return all
}

// choose writes an expression of what differs among forms.
func choose(questions []question, all []variant) string {
	first := all[0].expression
	if !slices.ContainsFunc(all, func(v variant) bool { return v.expression != first }) {
		return first
	}
	for i, q := range questions {
		yes, no := split(all, uint(i))
		if len(yes) == 0 || len(no) == 0 {
			continue
		}
		y, n := choose(questions, yes), choose(questions, no)
		if y != n {
			return "(" + string(q) + " ? " + y + " : " + n + ")"
		}
	}
	return first
}

func split(all []variant, bit uint) (yes, no []variant) {
	for _, v := range all {
		if v.bits>>bit&1 == 1 {
			yes = append(yes, v)
		} else {
			no = append(no, v)
		}
	}
	return yes, no
}

// object writes an expression of an object some of whose entries only some forms
// have. Whether one is there may depend on one question only.
func object(questions []question, forms []form, of func(item.Update) map[string]string) (string, error) {
	having := make(map[string][]variant)
	for _, f := range forms {
		for key, expression := range of(f.update) {
			having[key] = append(having[key], variant{expression, f.bits})
		}
	}
	var always []string
	some := make(map[string][]string)
	for _, key := range slices.Sorted(maps.Keys(having)) {
		with := having[key]
		entry := text(key) + ": " + choose(questions, with)
		if len(with) == len(forms) {
			always = append(always, entry)
			continue
		}
		condition, found := onlyIf(questions, forms, with)
		if !found {
			return "", fmt.Errorf("workflow: whether an update holds %s depends on more than one question", key)
		}
		some[condition] = append(some[condition], entry)
	}
	out := "{" + strings.Join(always, ", ") + "}"
	if len(some) == 0 {
		return out, nil
	}
	parts := []string{out}
	for _, condition := range slices.Sorted(maps.Keys(some)) {
		parts = append(parts, condition+" ? {"+strings.Join(some[condition], ", ")+"} : {}")
	}
	return "$merge([" + strings.Join(parts, ", ") + "])", nil
}

// onlyIf returns the answer to one question that those forms have in common, and
// no other.
func onlyIf(questions []question, forms []form, with []variant) (condition string, found bool) {
	for i, q := range questions {
		yes, no := 0, 0
		for _, f := range forms {
			if f.bits>>i&1 == 1 {
				yes++
			} else {
				no++
			}
		}
		withYes, withNo := split(with, uint(i))
		switch {
		case len(withYes) == yes && len(withNo) == 0:
			return string(q), true
		case len(withNo) == no && len(withYes) == 0:
			return "$not(" + string(q) + ")", true
		}
	}
	return "", false
}
