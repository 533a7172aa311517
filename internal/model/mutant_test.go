package model_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// mutant is the protocol without one of its rules, in the model and in the core.
type mutant struct {
	rule    string
	macro   string
	law     string
	departs string // the step that the core does not take
	core    mutation
}

var mutants = []mutant{
	{"rule 1, claims have no condition:", "M_CLAIM", "S1", "claims", mutation{writes: unconditionalClaim}},
	{"rule 1, no write has a condition:", "M_UNCONDITIONAL", "S1", "claims", mutation{writes: unconditional}},
	{"rule 1, no write has a condition:", "M_UNCONDITIONAL", "S2", "claims", mutation{writes: unconditional}},
	{"rule 2, the process is the owner:", "M_OWNER", "S1", "reads", mutation{owner: true}},
	{"rule 3, a claim is no lease:", "M_LEASE", "S8", "record", mutation{sees: endingAfter(24 * time.Hour)}},
	{"rule 4, no margin at all:", "M_MARGIN", "S1", "record", mutation{sees: endingAfter(-margin)}},
	{"rule 4, the margin is the skew:", "M_SKEW", "S1", "record", mutation{policy: func(p *recloser.Policy) {
		p.HalfOpen.Margin = skew
		p.OpenFor.Cooldown = p.Lease() + skew
		p.OpenFor.MaxCooldown = p.OpenFor.Cooldown
	}}},
	{"rule 5, no look at the clock:", "M_CHECK", "S1", "checks", mutation{blind: true}},
	{"rule 6, an unknown claim is owned:", "M_UNKNOWN", "S1", "checks", mutation{hopeful: true}},
	{"rule 6, an unknown claim is owned:", "M_UNKNOWN", "S3", "checks", mutation{hopeful: true}},
	{"rule 7, the open time is short:", "M_COOLDOWN", "S1", "record", mutation{policy: func(p *recloser.Policy) {
		p.OpenFor.Cooldown, p.OpenFor.MaxCooldown = tick, tick
	}}},
	{"S7, an ignored call fails:", "M_IGNORED", "S7", "record", mutation{writes: ignoredFails}},
}

// Each rule is needed: without it spin finds a fleet that breaks a law. The core does
// not take that walk, and without the same rule it takes it, and breaks the same law.
// LAWS.md, S1.
func TestMutantsAreFound(t *testing.T) {
	found := make(map[string][]string)
	for _, m := range mutants {
		t.Run(m.macro+" "+m.law, func(t *testing.T) {
			model := spin{k: 1, environments: 3, threads: 2, busy: 2, faults: 1, also: []string{m.macro, "ONLY=" + m.law[1:]}}
			v := model.verify(t, shortest)
			if v.trail == nil {
				t.Fatalf("%s is not broken in %d states", m.law, v.states)
			}
			tell(t, "without %-45s %s is broken in %2d steps, %d states\n%s", m.rule, m.law, steps(v.trail), v.states, timeline(v.trail))
			found[m.law] = append(found[m.law], strconv.Itoa(steps(v.trail)))

			sound, without := newFleet(v.trail[0], mutation{}), newFleet(v.trail[0], m.core)
			sound.loose, without.only = true, m.law
			n, err := sound.replay(v.trail)
			var d departure
			if !errors.As(err, &d) || d.step.name != m.departs {
				t.Errorf("the core: step %d of %d: %v, want it to depart where the model %s", n, len(v.trail), err, m.departs)
			}
			tell(t, "the core departs: %v\n", err)
			n, err = without.replay(v.trail)
			var b breach
			if !errors.As(err, &b) || b.law != m.law || n < len(v.trail)-8 {
				t.Errorf("the core without the rule: step %d of %d: %v", n, len(v.trail), err)
			}
			tell(t, "without the rule: %v\n", err)
		})
	}
	for law, in := range found {
		evidence.Record(t, evidence.Entry{
			Law: law, How: "formal model without one of the rules; each counterexample replayed against the core", Mutants: len(in),
			Promise: "each breaks the law, in the model and in the core", Worst: "each does, in " + strings.Join(in, ", ") + " steps", Met: true,
		})
	}
}

// steps is how many steps somebody took.
func steps(walk []event) int {
	n := 0
	for _, e := range walk {
		if !strings.Contains("fleet record swap", e.name) {
			n++
		}
	}
	return n
}
