package valkeystore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

// errNever is matched by the error of a write whose condition no record meets.
var errNever = errors.New("no record meets the write's condition")

// command is a script, and the arguments that follow its generation and expiry.
type command struct {
	script  script
	args    []any
	problem error
}

// command returns what a write is, by what [recloser.Record.Apply] says of it.
func (s scripts) command(w recloser.Write) (script, []any, error) {
	var c command
	switch w := w.(type) {
	case recloser.Watch:
		c.script = s.watch
		c.number(w.Was, w.At)
		c.share(w.Share)
	case recloser.Unwatch:
		c.script = s.unwatch
		c.number(w.Was)
	case recloser.Report:
		c.script = s.report
		c.report(w)
	case recloser.Transition:
		c.script = s.transition
		c.transition(w)
	case recloser.Claim:
		c.script = s.claim
		if w.First {
			c.script = s.firstClaim
		}
		c.claim(w)
	case recloser.Settle:
		c.script = s.settle
		c.settle(w)
	case recloser.SetOverride:
		c.script = s.override
		c.override(w.Override)
	default:
		c.refuse("a write of type %T is unknown", w)
	}
	return c.script, c.args, c.problem
}

func (c *command) report(w recloser.Report) {
	c.number(w.Watch)
	c.share(w.Share)
	c.text("voice", escape(w.Voice), field.MaxText)
	c.args = append(c.args, len(w.Drop))
	for _, start := range w.Drop {
		c.slot(start)
	}
	for _, slot := range w.Counted {
		if slot.Start <= 0 {
			continue
		}
		c.slot(slot.Start)
		for _, n := range []int{slot.Calls, slot.Failures, slot.Slow, slot.Reports} {
			c.args = append(c.args, min(max(n, 0), maxCount))
		}
	}
}

func (c *command) transition(w recloser.Transition) {
	c.move(w.Generation, w.To, w.Since)
	c.number(w.OpenUntil, recloser.Instant(w.Relapses))
	c.text("rule", string(w.Cause.Rule), field.MaxText)
	c.args = append(c.args, w.Cause.Calls, w.Cause.Failures, w.Cause.Slow, w.Cause.Span.Milliseconds())
	c.said(w.Cause.Actor, w.Cause.Reason)
}

// move begins a transition. The next generation is calculated here: Lua's
// numbers are too small for it.
func (c *command) move(generation uint64, to recloser.State, since recloser.Instant) {
	state, err := to.MarshalText()
	if err != nil {
		c.refuse("%w", err)
	}
	c.args = append(c.args, strconv.FormatUint(generation+1, 10), string(state))
	c.number(since)
}

func (c *command) claim(w recloser.Claim) {
	if w.Slot < 0 || w.Slot >= recloser.MaxProbes || w.Lease.Token == "" {
		c.refuse("%w: slot %d", errNever, w.Slot)
		return
	}
	if w.First {
		c.move(w.Generation, recloser.StateHalfOpen, w.Since)
		c.text("rule", string(recloser.RuleCooledDown), field.MaxText)
	} else {
		c.args = append(c.args, w.Slot)
		c.text("token", w.Was, field.MaxText)
	}
	c.text("token", w.Lease.Token, field.MaxText)
	c.number(w.Lease.End)
}

func (c *command) settle(w recloser.Settle) {
	if w.Slot < 0 || w.Slot >= recloser.MaxProbes || w.Token == "" {
		c.refuse("%w: slot %d", errNever, w.Slot)
		return
	}
	c.args = append(c.args, w.Slot)
	c.text("token", w.Token, field.MaxText)
	counter := ""
	switch w.Outcome {
	case recloser.OutcomeSuccess:
		counter = "probe_ok"
	case recloser.OutcomeFailure, recloser.OutcomeSlow:
		counter = "probe_failed"
	case recloser.OutcomeIgnored:
	}
	c.args = append(c.args, counter)
}

func (c *command) override(o recloser.Override) {
	switch o.Mode {
	case recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed:
	default:
		c.refuse("an override is open or closed, not %.40q", string(o.Mode))
	}
	c.text("mode", string(o.Mode), field.MaxText)
	c.number(o.Until)
	c.said(o.Actor, o.Reason)
}

// said is who said something, and why.
func (c *command) said(actor, reason string) {
	c.text("actor", actor, recloser.MaxActor)
	c.text("reason", reason, recloser.MaxReason)
}

func (c *command) number(all ...recloser.Instant) {
	for _, n := range all {
		c.args = append(c.args, int64(n))
	}
}

// share writes a share as the shortest text that is read as the same number.
func (c *command) share(s recloser.Share) {
	if !(s >= 0 && s <= 1) {
		c.refuse("no share is %v", float64(s))
	}
	c.args = append(c.args, strconv.FormatFloat(float64(s)+0, 'g', -1, 64))
}

func (c *command) text(what, s string, longest int) {
	if len(s) > longest || !utf8.ValidString(s) {
		c.refuse("the %s has %d bytes of at most %d of UTF-8", what, len(s), longest)
	}
	c.args = append(c.args, s)
}

// slot refuses a slot whose start cannot be written.
func (c *command) slot(start recloser.Instant) {
	unit := recloser.Instant(field.SlotUnit.Milliseconds())
	if start%unit != 0 {
		c.refuse("a slot starts at a multiple of %v, not at %d ms", field.SlotUnit, start)
	}
	c.args = append(c.args, int64(start/unit))
}

func (c *command) refuse(format string, args ...any) {
	c.problem = errors.Join(c.problem, fmt.Errorf(format, args...))
}

// Voices stand in one text with spaces between. A space in a name is escaped so
// that names sort as they did, for the script compares them so.
const (
	mark         = "\x1f"
	escapedMark  = "\x1f\x01"
	escapedSpace = "\x1f\x02"
)

func escape(name string) string {
	return strings.NewReplacer(mark, escapedMark, " ", escapedSpace).Replace(name)
}

func unescape(text string) string {
	return strings.NewReplacer(escapedMark, mark, escapedSpace, " ").Replace(text)
}
