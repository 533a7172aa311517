package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// dice returns a number in [0, n); what names what it is for.
type dice func(what string, n int) int

func (roll dice) oneIn(what string, n int) bool { return roll(what, n) == 0 }

// author makes up writes from the record it last saw. Most fit that record; how
// many of them fit the one that stands depends on who else is writing.
type author struct {
	roll dice
	name string
	made int // Every token and every mark is made once.
}

// write returns a write for one who has seen r.
func (a *author) write(r recloser.Record) recloser.Write {
	a.made++
	w := a.fit(r)
	if a.roll.oneIn("stale", 12) {
		return under(w, max(r.Generation, 1)-1)
	}
	return w
}

func (a *author) fit(r recloser.Record) recloser.Write {
	g := r.Generation
	switch n := a.roll("write", 20); {
	case n < 2:
		return recloser.Watch{Generation: g, Was: a.watch(r), At: a.instant(), Share: a.share()}
	case n < 3:
		return recloser.Unwatch{Generation: g, Was: a.watch(r)}
	case n < 9:
		return a.report(r)
	case n < 11:
		return recloser.Transition{
			Generation: g,
			To:         recloser.State(a.roll("state", 3)),
			Since:      a.instant(),
			OpenUntil:  a.instant(),
			Relapses:   a.roll("relapses", 1001),
			Cause:      a.cause(),
		}
	case n < 12:
		return recloser.Claim{Generation: g, First: true, Since: a.instant(), Lease: a.lease()}
	case n < 15:
		slot := a.roll("slot", recloser.MaxProbes)
		return recloser.Claim{Generation: g, Slot: slot, Was: a.token(r, slot), Lease: a.lease()}
	case n < 18:
		slot := a.heldSlot(r)
		outcome := recloser.Outcome(a.roll("outcome", 4))
		return recloser.Settle{Generation: g, Slot: slot, Token: a.token(r, slot), Outcome: outcome}
	default:
		return recloser.SetOverride{Generation: g, Override: a.override()}
	}
}

// report adds to slots, each of them once, and drops others.
func (a *author) report(r recloser.Record) recloser.Write {
	const slots = recloser.MaxSlots - 4 // Never so many that one pushes out another.
	w := recloser.Report{Generation: r.Generation, Watch: a.watch(r), Share: a.share()}
	first := a.roll("first slot", slots)
	for i := range min(a.roll("slots", 4), slots-first) {
		w.Counted = append(w.Counted, recloser.Slot{Start: slotStart(first + i), Counts: recloser.Counts{
			Calls:    1 + a.roll("calls", 1000),
			Failures: a.roll("failures", 1000),
			Slow:     a.roll("slow", 1000),
			Reports:  a.roll("reports", 2),
		}})
	}
	if a.roll.oneIn("voice", 3) {
		w.Voice = fmt.Sprint("voice-", a.roll("voice", 5))
	}
	w.Drop = a.drop(r, w.Counted)
	return w
}

// drop returns some slots of r, and sometimes one that it has not; never one
// that is counted in the same write.
func (a *author) drop(r recloser.Record, counted []recloser.Slot) []recloser.Instant {
	var drop []recloser.Instant
	if a.roll.oneIn("drop", 3) {
		drop = starts(r)[:a.roll("dropped", len(r.Window.Slots())+1)]
	}
	if a.roll.oneIn("drop none", 8) {
		drop = append(slices.Clone(drop), slotStart(100))
	}
	return slices.DeleteFunc(drop, func(start recloser.Instant) bool {
		return slices.ContainsFunc(counted, func(s recloser.Slot) bool { return s.Start == start })
	})
}

func (a *author) watch(r recloser.Record) recloser.Instant {
	if a.roll.oneIn("other watch", 12) {
		return a.instant()
	}
	return r.WatchSince
}

func (a *author) heldSlot(r recloser.Record) int {
	from := a.roll("held", recloser.MaxProbes)
	for i := range recloser.MaxProbes {
		if slot := (from + i) % recloser.MaxProbes; r.Probes[slot].Token != "" {
			return slot
		}
	}
	return from
}

func (a *author) token(r recloser.Record, slot int) string {
	if a.roll.oneIn("other token", 12) {
		return "nobody's"
	}
	return r.Probes[slot].Token
}

func (a *author) lease() recloser.Lease {
	return recloser.Lease{Token: fmt.Sprintf("%s-%d", a.name, a.made), End: a.instant()}
}

func (a *author) instant() recloser.Instant {
	return epoch.Add(time.Duration(1+a.roll("instant", 100_000_000)) * time.Millisecond)
}

func (a *author) share() recloser.Share {
	return recloser.Share(1+a.roll("share", 9999)) / 9999
}

func (a *author) cause() recloser.Cause {
	rules := [...]recloser.Rule{
		recloser.RuleFailureRate, recloser.RuleSlowRate, recloser.RuleConsecutive, recloser.RuleProbeFailed,
		recloser.RuleCooledDown, recloser.RuleRecovered, recloser.RuleReset,
	}
	c := recloser.Cause{
		Rule:     rules[a.roll("rule", len(rules))],
		Calls:    a.roll("cause calls", 100_000),
		Failures: a.roll("cause failures", 100_000),
		Slow:     a.roll("cause slow", 100_000),
		Span:     time.Duration(a.roll("span", 100)) * 100 * time.Millisecond,
	}
	if c.Rule == recloser.RuleReset {
		c.Actor, c.Reason = a.text("actor", 12), a.text("reason", 24)
	}
	return c
}

func (a *author) override() recloser.Override {
	modes := [...]recloser.OverrideMode{recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed}
	mode := modes[a.roll("mode", len(modes))]
	if mode == recloser.OverrideNone {
		return recloser.Override{}
	}
	return recloser.Override{Mode: mode, Until: a.instant(), Actor: "a" + a.text("actor", 12), Reason: a.text("reason", 24)}
}

// text returns what an operator could say.
func (a *author) text(what string, longest int) string {
	letters := []rune("aZ09 \t\n\"'\\/{}<>&%$#:;,é€漢🔌\u0000")
	var b strings.Builder
	for range a.roll(what, longest) {
		b.WriteRune(letters[a.roll("letter", len(letters))])
	}
	return b.String()
}
