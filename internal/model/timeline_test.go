package model_test

import (
	"fmt"
	"strings"
)

// timeline shows a walk: the tick, who does what, and the record after it if that has
// changed. Whoever begins an attempt gets the next letter; threads that only make what
// is due, and the network, have none.
func timeline(walk []event) string {
	var text strings.Builder
	names := map[int]string{}
	begun, now, record, pending := 0, 0, "", ""
	flush := func() {
		if pending != "" {
			fmt.Fprintln(&text, strings.TrimRight(pending, " "))
			pending = ""
		}
	}
	for _, e := range walk {
		switch e.name {
		case "fleet":
			fmt.Fprintf(&text, "%4s  %-3s  %-44s %s\n", "tick", "who", "does", "record: slots as token for ticks")
		case "swap":
			a, b := e.number[0], e.number[1]
			names[a], names[b] = names[b], names[a]
		case "record":
			if now := shown(e); now != record {
				record = now
				pending = fmt.Sprintf("%-58s %s", pending, record)
			}
		case "tick":
			flush()
			now++
			pending = fmt.Sprintf("%4d  %-3s  %-44s", now, "", "")
		case "broken":
			flush()
			pending = fmt.Sprintf("%4d  %-3s  %s", now, "", "law S"+e.words[0]+" is broken")
		default:
			flush()
			who := ""
			if e.name == "looks" {
				names[e.number[0]] = letter(begun)
				begun++
			}
			if e.name != "lands" && e.name != "moves" {
				who = names[e.number[0]]
			}
			pending = fmt.Sprintf("%4d  %-3s  %-44s", now, who, said(e))
		}
	}
	flush()
	return text.String()
}

func letter(n int) string {
	if n < 26 {
		return string(rune('a' + n))
	}
	return letter(n/26-1) + letter(n%26)
}

// said is a step in words.
func said(e event) string {
	answer := map[string]string{"made": "", "conflict": ", and is refused", "unknown": ", and gets no answer"}
	landed := []string{"in vain", "and is written", "and it will be late"}
	switch e.name {
	case "looks":
		return "reads the record: may probe"
	case "claims":
		if e.words[4] == "unknown" {
			return fmt.Sprintf("claims slot %s as %s%s: %s", e.words[2], e.words[3], answer["unknown"], [...]string{"lost", "written", "late"}[e.number[5]])
		}
		return fmt.Sprintf("claims slot %s as %s%s", e.words[2], e.words[3], answer[e.words[4]])
	case "reads":
		return "reads: " + map[string]string{"made": "its token is there", "conflict": "its token is not there", "unknown": "no answer"}[e.words[1]]
	case "checks":
		return "looks at the clock: in time"
	case "gives_up":
		return "looks at the clock: too late"
	case "calls":
		if e.number[1] == 1 {
			return "calls, after a pause"
		}
		return "calls"
	case "ends":
		return "its call ends: " + e.words[1]
	case "settles":
		return "settles " + e.words[1] + answer[e.words[2]]
	case "moves":
		return "somebody " + e.words[1] + " the circuit" + answer[e.words[2]]
	case "lands":
		return "a late write (" + e.words[0] + ") lands " + landed[e.number[1]]
	}
	return e.name
}

// shown is a record in words.
func shown(e event) string {
	text := e.words[0]
	if e.words[0] == "open" {
		text += fmt.Sprintf(" for %d", e.number[1])
	}
	for _, slot := range []int{4, 6} {
		if e.number[slot] != 0 && (slot == 4 || e.number[slot] != e.number[4]) {
			text += fmt.Sprintf(" [%d for %d]", e.number[slot], e.number[slot+1])
		}
	}
	if e.number[2] > 0 {
		text += " ok"
	}
	if e.number[3] > 0 {
		text += " failed"
	}
	return text
}
