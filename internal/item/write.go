package item

import (
	"strconv"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/field"
)

func (b *builder) watch(w recloser.Watch) {
	b.only("watch_since_ms", string(integer(w.Was)))
	b.put("watch_since_ms", integer(w.At))
	b.put("share", b.share(w.Share))
	b.set("window", Map{})
	b.remove("voices")
}

func (b *builder) unwatch(w recloser.Unwatch) {
	b.only("watch_since_ms", string(integer(w.Was)))
	b.remove("watch_since_ms", "window", "voices")
}

func (b *builder) transition(w recloser.Transition) {
	b.move(w)
	b.put("open_until_ms", integer(w.OpenUntil))
	b.put("relapses", integer(w.Relapses))
	b.remove(probe(0))
}

// move is what every transition does: the evidence and the probes go, but for
// the first probe slot, and the override and the share stay.
func (b *builder) move(w recloser.Transition) {
	state, err := w.To.MarshalText()
	if err != nil {
		b.refuse("%w", err)
	}
	b.put("generation", Number(strconv.FormatUint(w.Generation+1, 10)))
	b.set("state", String(state))
	b.put("since_ms", integer(w.Since))
	b.set("cause", b.cause(w.Cause))
	b.remove("watch_since_ms", "window", "voices", "probe_ok", "probe_failed")
	for slot := 1; slot < recloser.MaxProbes; slot++ {
		b.remove(probe(slot))
	}
}

func (b *builder) claim(w recloser.Claim) {
	if w.Slot < 0 || w.Slot >= recloser.MaxProbes || w.Lease.Token == "" {
		b.refuse("%w: slot %d", ErrNever, w.Slot)
		return
	}
	if w.First {
		b.move(recloser.Transition{
			Generation: w.Generation,
			To:         recloser.StateHalfOpen,
			Since:      w.Since,
			Cause:      recloser.Cause{Rule: recloser.RuleCooledDown},
		})
		b.remove("open_until_ms")
		b.set(probe(0), b.lease(w.Lease))
		return
	}
	slot := probe(w.Slot)
	if w.Was == "" {
		b.whenever("attribute_not_exists(%s.%s)", b.name(slot), b.name("token"))
	} else {
		b.whenever("%s.%s = %s", b.name(slot), b.name("token"), b.hold("if_token", b.text("token", w.Was, field.MaxText)))
	}
	b.set(slot, b.lease(w.Lease))
}

func (b *builder) settle(w recloser.Settle) {
	if w.Slot < 0 || w.Slot >= recloser.MaxProbes || w.Token == "" {
		b.refuse("%w: slot %d", ErrNever, w.Slot)
		return
	}
	slot := probe(w.Slot)
	b.whenever("%s.%s = %s", b.name(slot), b.name("token"), b.hold("if_token", b.text("token", w.Token, field.MaxText)))
	b.remove(slot)
	switch w.Outcome {
	case recloser.OutcomeSuccess:
		b.count("probe_ok")
	case recloser.OutcomeFailure, recloser.OutcomeSlow:
		b.count("probe_failed")
	case recloser.OutcomeIgnored:
	}
}

func (b *builder) count(attribute string) {
	b.adds = append(b.adds, b.name(attribute)+" "+b.hold("one", Number("1")))
}

func (b *builder) override(o recloser.Override) {
	if o == (recloser.Override{}) {
		b.remove("override")
		return
	}
	b.set("override", b.forced(o))
}

func (b *builder) forced(o recloser.Override) Map {
	switch o.Mode {
	case recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed:
	default:
		b.refuse("an override is open or closed, not %.40q", string(o.Mode))
	}
	m := make(Map)
	m.text("mode", String(o.Mode))
	m.number("until_ms", integer(o.Until))
	b.said(m, o.Actor, o.Reason)
	return m
}

func (b *builder) cause(c recloser.Cause) Map {
	m := make(Map)
	m.text("rule", b.text("rule", string(c.Rule), field.MaxText))
	m.number("calls", integer(c.Calls))
	m.number("failures", integer(c.Failures))
	m.number("slow", integer(c.Slow))
	m.number("span_ms", integer(c.Span.Milliseconds()))
	b.said(m, c.Actor, c.Reason)
	return m
}

// said adds who said something, and why.
func (b *builder) said(m Map, actor, reason string) {
	m.text("actor", b.text("actor", actor, recloser.MaxActor))
	m.text("reason", b.text("reason", reason, recloser.MaxReason))
}

func (b *builder) lease(l recloser.Lease) Map {
	return Map{"token": b.text("token", l.Token, field.MaxText), "end_ms": integer(l.End)}
}

// text sets what is not empty.
func (m Map) text(name string, s String) {
	if s != "" {
		m[name] = s
	}
}

// number sets what is not zero.
func (m Map) number(name string, n Number) {
	if n != "0" {
		m[name] = n
	}
}

func probe(slot int) string { return "p" + strconv.Itoa(slot) }
