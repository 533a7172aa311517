package recloser_test

import (
	"flag"
	"fmt"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// lives returns how many times a property is to be checked by each of so many
// runs of rapid: 10,000 in all, and a million where more are asked for.
func lives(t *testing.T) int {
	t.Helper()
	checks := flag.Lookup("rapid.checks")
	n, err := strconv.Atoi(checks.Value.String())
	if err != nil || n <= 0 {
		t.Fatalf("-rapid.checks=%v", checks.Value)
	}
	want := 10_000
	if testing.Short() {
		want = 1000
	}
	if n > want {
		want = 1_000_000
	}
	return max(want/n, 1)
}

// circle is a few environments around one record, and the writes that are on
// their way to it.
type circle struct {
	policy  recloser.Policy
	now     recloser.Instant
	record  recloser.Record
	naive   naiveCircuit
	members [3]member
	mail    []recloser.Write
	attempt int
	seen    map[string]int
}

// member is an environment: what it last saw of the record, and the probe it has
// in flight.
type member struct {
	name string
	view recloser.Record
	held []recloser.Settle
}

func newCircle(seen map[string]int) *circle {
	c := &circle{policy: recloser.DefaultPolicy(), now: noon, seen: seen}
	c.policy.HalfOpen.Probes, c.policy.HalfOpen.Successes = 2, 1
	c.policy.OpenWhen.MinCalls = 3
	c.policy.OpenWhen.Confidence = 0
	for i := range c.members {
		c.members[i].name = fmt.Sprint("member-", i)
	}
	return c
}

// will returns what a member does that sees its view of the record.
func (c *circle) will(t *rapid.T, m *member) recloser.Write {
	v := m.view.At(c.now)
	if w, ok := c.policy.Due(v, 0.5); ok {
		return w
	}
	if len(m.held) > 0 && rapid.Bool().Draw(t, "settle") {
		w := m.held[0]
		m.held = m.held[1:]
		w.Outcome = recloser.Outcome(rapid.IntRange(0, 3).Draw(t, "outcome"))
		return w
	}
	if v.State != recloser.StateClosed {
		return c.probe(t, m, v)
	}
	if w, ok := c.policy.WatchStart(v, rapid.Bool().Draw(t, "alarmed")); ok {
		return w
	}
	if w, ok := c.policy.WatchEnd(v); ok {
		return w
	}
	n := rapid.IntRange(0, 6).Draw(t, "calls")
	slot := recloser.Slot{Start: c.now - c.now%1000, Counts: failing(rapid.IntRange(0, n).Draw(t, "failures"), n)}
	return c.policy.Report(v, m.name, []recloser.Slot{slot})
}

// probe claims a slot, if there is one to claim; an operator has the time to do
// something else.
func (c *circle) probe(t *rapid.T, m *member, v recloser.View) recloser.Write {
	admission := c.policy.Admit(v, 0)
	if admission.Verdict != recloser.VerdictProbe {
		mode := rapid.SampledFrom([]recloser.OverrideMode{recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed}).Draw(t, "override")
		return recloser.SetOverride{Generation: v.Generation, Override: forcing(mode)}
	}
	c.attempt++
	w := c.policy.Claim(v, admission.Slot, fmt.Sprint("token-", c.attempt))
	settle := recloser.Settle{Generation: w.Generation, Slot: w.Slot, Token: w.Lease.Token}
	if w.First {
		settle.Generation++
	}
	m.held = append(m.held, settle) // It may believe so before it knows.
	return w
}

// deliver makes a write, in the record and in the naive circuit, and holds the
// two to each other. It returns what its writer is told.
func (c *circle) deliver(t *rapid.T, w recloser.Write) recloser.Record {
	before := c.record
	next, made := before.Apply(w)
	if want := c.naive.apply(w); made != want {
		t.Fatalf("%T%+v on %+v: made is %t, want %t", w, w, before, made, want)
	}
	switch {
	case !made && next != before:
		t.Fatalf("%T%+v was not made, but changed %+v to %+v", w, w, before, next)
	case w.Under() < before.Generation && made:
		t.Fatalf("%T%+v changed a newer generation, %+v", w, w, before)
	case begins(w) && made && next.Generation != before.Generation+1, (!begins(w) || !made) && next.Generation != before.Generation:
		t.Fatalf("%T%+v moved generation %d to %d", w, w, before.Generation, next.Generation)
	}
	if want := c.naive.record(); next != want {
		t.Fatalf("after %T%+v: got\n%+v, want\n%+v", w, w, next, want)
	}
	c.record = next
	c.count(w, before, made)
	return next
}

// count keeps how often there was what must be there for a law to be tried.
func (c *circle) count(w recloser.Write, before recloser.Record, made bool) {
	if made {
		c.seen[fmt.Sprintf("%T", w)]++
	}
	if w.Under()+3 <= before.Generation && before.State == recloser.StateClosed {
		c.seen[fmt.Sprintf("late %T", w)]++
	}
	if c.record.Generation > before.Generation {
		c.seen[fmt.Sprintf("%v to %v", before.State, c.record.State)]++
	}
}

// live lets a member, or time, or the post, do something.
func (c *circle) live(t *rapid.T) {
	m := &c.members[rapid.IntRange(0, len(c.members)-1).Draw(t, "member")]
	switch what := rapid.IntRange(0, 9).Draw(t, "what"); {
	case what < 2:
		c.now = c.now.Add(time.Duration(rapid.IntRange(1, 12).Draw(t, "seconds")) * time.Second)
	case what < 6: // Answered at once.
		if rapid.IntRange(0, 3).Draw(t, "stale") > 0 {
			m.view = c.record
		}
		m.view = c.deliver(t, c.will(t, m))
	case what < 8: // On its way.
		if len(c.mail) < 30 {
			c.mail = append(c.mail, c.will(t, m))
		}
	case len(c.mail) > 0:
		i := rapid.IntRange(0, len(c.mail)-1).Draw(t, "mail")
		w := c.mail[i]
		c.mail = append(c.mail[:i:i], c.mail[i+1:]...)
		answer := c.deliver(t, w)
		if rapid.Bool().Draw(t, "answered") {
			m.view = answer
		}
	}
}

// TestNewerGenerationsStand: environments that see old views decide by the rules,
// what they write arrives late, in any order, or never, and the record is at any
// time what the writes of its own generation have made of it. A result of an
// older one changes nothing, even where the circuit has come round to the same
// state. LAWS.md, S2.
func TestNewerGenerationsStand(t *testing.T) {
	seen := make(map[string]int)
	for range lives(t) {
		rapid.Check(t, func(t *rapid.T) {
			c := newCircle(seen)
			seen["lives"]++
			for range rapid.IntRange(40, 200).Draw(t, "steps") {
				c.live(t)
			}
			for _, w := range c.mail { // All that is still on its way arrives.
				c.deliver(t, w)
			}
		})
	}
	evidence.Record(t, evidence.Entry{
		Law: "S2", Seeds: seen["lives"], Promise: "10,000 runs against a naive reference", Worst: "0 differences", Met: seen["lives"] >= 10_000,
		Note: "fewer with -short", How: "environments with old views, whose writes arrive late, in any order or never",
	})
	if testing.Short() {
		return // Of a few lives, not each has everything.
	}
	for _, want := range []string{
		"recloser.Watch", "recloser.Unwatch", "recloser.Report", "recloser.Transition", "recloser.Claim", "recloser.Settle", "recloser.SetOverride",
		"late recloser.Watch", "late recloser.Report", "late recloser.Transition", "late recloser.Claim", "late recloser.Settle",
		"closed to open", "open to half_open", "half_open to open", "half_open to closed",
	} {
		if seen[want] == 0 {
			t.Errorf("nothing was tried of: %s (%v)", want, seen)
		}
	}
}
