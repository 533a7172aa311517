package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// answered looks at what an environment hears of the store, just before it does.
func (k *checker) answered(op *operation) {
	known := &op.handle.env.known[op.handle.partition]
	heard := op.answered && (op.err == nil || op.err == recloser.ErrConflict) //nolint:errorlint // It is our own.
	known.attached = heard
	if !heard {
		return
	}
	if op.asked.since(known.asked) > 0 {
		known.asked = op.asked
	}
	t := k.w.current
	for i := range op.record.Probes {
		if token := op.record.Probes[i].Token; token != "" && token == t.token {
			t.shown = true
		}
	}
}

// fresh holds that no decision rests on a view that is too old by any clock of its
// environment. While one call of it reads, and for as long as that may take, others
// go on. LAWS.md, L4.
func (k *checker) fresh(c *call) {
	known := &c.env.known[c.partition]
	limit := int64(recloser.RefreshInterval + 2*k.w.s.Store.Timeout)
	if age := c.env.moment().since(known.asked); known.attached && age > limit {
		k.broken("L4", c.env, "call %d was decided on by a view that is %v old", c.number, time.Duration(age))
	}
}

// obeyed holds that an environment which reaches the store, and whose clock is
// right, does what an operator said a refresh ago. LAWS.md, S9.
func (k *checker) obeyed(c *call, mode recloser.OverrideMode, did string) {
	o := k.w.store.items[c.partition].record.Override
	if o.Mode != mode {
		return
	}
	skew := k.w.s.Fleet.ClockError + time.Second
	late := k.w.now - k.circuits[c.partition].ordered - int64(recloser.RefreshInterval+2*k.w.s.Store.Timeout)
	ended := time.Unix(0, k.w.epoch+k.w.now).After(o.Until.Time().Add(-skew))
	if known := &c.env.known[c.partition]; late > 0 && !ended && known.attached && !c.env.wrong() {
		k.broken("S9", c.env, "call %d was %s %v after an operator forced the circuit %s", c.number, did, time.Duration(late), mode)
	}
}

// overruled holds that a rejection does not go against an operator's word.
func (k *checker) overruled(c *call, reason recloser.Reason) {
	switch reason {
	case recloser.ReasonOpen, recloser.ReasonForcedOpen, recloser.ReasonProbing, recloser.ReasonRamp:
		k.obeyed(c, recloser.OverrideClosed, "rejected")
	case recloser.ReasonConcurrency, recloser.ReasonStore:
	}
}

// ordered notes an operator's word.
func (k *checker) ordered(partition int) { k.circuits[partition].ordered = k.w.now }

// rejected looks at a call that was turned away.
func (k *checker) rejected(c *call, rejection *recloser.OpenError) {
	tried := k.w.current.token != ""
	if !tried { // Who was held up after a claim gives up, whatever it knows.
		k.fresh(c)
		k.overruled(c, rejection.Reason)
	}
	if k.sound {
		k.broken("B1", c.env, "call %d was rejected (%s), though nothing was wrong with the dependency", c.number, rejection.Reason)
	}
	if rejection.Reason == recloser.ReasonStore && k.w.s.Policy.WhenStoreFails == recloser.StoreFailureLastKnown {
		k.broken("B1", c.env, "call %d was rejected because the store is out of reach", c.number)
	}
	if tried {
		c.env.known[c.partition].tried = k.w.now
	}
	if rejection.Reason == recloser.ReasonProbing {
		k.freed(c)
	}
}

// freed holds that no slot is held for longer than a lease and the margin, give or
// take what clocks differ by and a turn. Who has just tried to claim one, and was
// too slow, may say so for as long as a turn lasts. LAWS.md, S8.
func (k *checker) freed(c *call) {
	known := &c.env.known[c.partition]
	if !known.attached || c.env.wrong() || known.tried > 0 && k.w.now-known.tried <= int64(time.Second) {
		return
	}
	p := &k.w.s.Policy
	at := &k.circuits[c.partition]
	record := &k.w.store.items[c.partition].record
	limit := int64(p.Lease() + p.HalfOpen.Margin + 2*k.w.s.Fleet.ClockError + time.Second + 2*k.w.s.Store.Timeout)
	for i := range record.Probes[:p.HalfOpen.Probes] {
		held := &at.slots[i]
		if record.Probes[i].Token != held.token || held.token == "" || held.astray {
			continue
		}
		if lasted := k.w.now - held.since; lasted > limit {
			k.broken("S8", c.env, "call %d was rejected since slot %d is held for %v", c.number, i, time.Duration(lasted))
		}
	}
}
