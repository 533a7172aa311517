package workflow

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// report is the arguments of the task that tells of one call. How many slots
// have slid out of the window is known only when it runs, so what removes one is
// taken from package item too, and repeated.
func (c *circuit) report() (map[string]any, error) {
	const told = "$after.report"
	m := marks{
		fmt.Sprint(markGeneration):        "$string($after.g)",
		fmt.Sprint(markWatch):             "$string($after.watch)",
		shareMark():                       "$string(" + told + ".share)",
		fmt.Sprint(int64(markSlot) / 100): "$string(" + told + ".slot)",
		fmt.Sprint(int64(markMade) / 100): "$string(" + told + ".made)",
		markVoice:                         told + ".voice",
	}
	questions := []question{told + ".failure", told + ".slow", told + ".voice != ''", "$after.g = 0", told + ".later"}
	arguments, err := c.arguments(m, questions, func(bits uint) recloser.Write { return reportOf(bits, 0) })
	if err != nil {
		return nil, err
	}
	expression, names, err := removal()
	if err != nil {
		return nil, err
	}
	// The drops are bound once for each field that needs them.
	drops := "( $drops := $append([], " + told + ".drop); "
	before, _ := arguments["UpdateExpression"].(string)
	arguments["UpdateExpression"] = evaluate(drops + unwrap(before) + " & ($count($drops) = 0 ? '' : ' REMOVE ' & " +
		"$join($append([], $map($drops, function($t, $i) { " + expression + " })), ', ')) )")
	before, _ = arguments["ExpressionAttributeNames"].(string)
	arguments["ExpressionAttributeNames"] = evaluate(drops + "$merge($append([" + unwrap(before) + "], " +
		"$map($drops, function($t, $i) { {" + names + "} }))) )")
	return arguments, nil
}

// unwrap returns the expression of a field, also of one that is a plain text.
func unwrap(field string) string {
	if inner, found := strings.CutPrefix(field, "{% "); found {
		return strings.TrimSuffix(inner, " %}")
	}
	return text(field)
}

// reportOf is a report of one call that removes so many slots.
func reportOf(bits uint, drops int) recloser.Report {
	counts := recloser.Counts{Calls: 1}
	w := recloser.Report{Generation: markGeneration, Watch: markWatch, Share: markShare}
	if bits&1 != 0 {
		counts.Failures = 1
	}
	if bits&2 != 0 {
		counts.Slow = 1
	}
	if bits&4 != 0 {
		w.Voice = markVoice
	}
	if bits&8 != 0 {
		w.Generation = 0
	}
	if bits&16 == 0 {
		counts.Reports = 1
	}
	w.Counted = []recloser.Slot{{Start: markSlot, Counts: counts}}
	if bits&16 != 0 {
		w.Counted = append(w.Counted, recloser.Slot{Start: markMade, Counts: recloser.Counts{Reports: 1}})
	}
	for i := range drops {
		w.Drop = append(w.Drop, markDrop+recloser.Instant(i)*100)
	}
	return w
}

// removal returns the expressions of what removes slot $t as the $i-th, and of its
// names. It is an error if package item repeats it otherwise.
func removal() (expression, names string, err error) {
	updateOf := func(drops int) (item.Update, error) {
		all, err := item.Of(reportOf(0, drops), markExpires)
		if err != nil || len(all) != 1 {
			return item.Update{}, fmt.Errorf("workflow: a report is %d updates: %w", len(all), err)
		}
		return all[0], nil
	}
	none, err := updateOf(0)
	if err != nil {
		return "", "", err
	}
	one, err := updateOf(1)
	if err != nil {
		return "", "", err
	}
	const clause = " REMOVE "
	piece, found := strings.CutPrefix(one.Expression, none.Expression+clause)
	if !found {
		return "", "", fmt.Errorf("workflow: a report removes a slot by %q", one.Expression)
	}
	at := func(i int) string { return strings.ReplaceAll(piece, "d0", fmt.Sprintf("d%d", i)) }
	slot := func(i int) string { return fmt.Sprint(int64(markDrop)/100 + int64(i)) }
	var entries []string
	for _, placeholder := range slices.Sorted(maps.Keys(one.Names)) {
		name := one.Names[placeholder]
		if _, there := none.Names[placeholder]; there {
			continue
		}
		head, ok := strings.CutSuffix(placeholder, "d0")
		if !ok || name != name[:1]+slot(0) {
			return "", "", fmt.Errorf("workflow: a report calls %q %q", name, placeholder)
		}
		entries = append(entries, text(head+"d")+" & $string($i): "+text(name[:1])+" & $string($t / 100)")
	}
	var several strings.Builder
	several.WriteString(none.Expression + clause + at(0))
	for i := 1; i <= recloser.MaxSlots; i++ {
		more, err := updateOf(i + 1)
		if err != nil {
			return "", "", err
		}
		several.WriteString(", " + at(i))
		if more.Expression != several.String() || more.Names[fmt.Sprintf("#cd%d", i)] != "c"+slot(i) {
			return "", "", fmt.Errorf("workflow: a report removes %d slots by %q", i+1, more.Expression)
		}
	}
	return strings.ReplaceAll(text(piece), "d0", "d' & $string($i) & '"), strings.Join(entries, ", "), nil
}
