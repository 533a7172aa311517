package recloser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/explorer"
)

// mutant is the protocol without one of its rules, and the smallest fleet that shows
// what the rule is for.
type mutant struct {
	name    string
	without string
	breaks  []string // one of these laws, whichever is broken first
	befalls explorer.Config
	probes  int // K; 1 if it is 0
	ahead   int // the second environment's clock
	mutant  explorer.Mutant
}

func mutants() []mutant {
	policy := func(change func(*recloser.Policy)) explorer.Mutant { return explorer.Mutant{Policy: change} }
	return []mutant{
		{
			name: "conditional_write", without: "rule 1: a slot is claimed whoever holds it", breaks: []string{"S1"},
			befalls: explorer.Config{Generations: 2, Calls: 3},
			mutant:  explorer.Mutant{AnyHolder: true},
		},
		{
			name: "unconditional_write", without: "rule 1: a write is made whatever generation it was made under", breaks: []string{"S2"},
			befalls: explorer.Config{Generations: 2, Calls: 2},
			mutant:  explorer.Mutant{AnyGeneration: true},
		},
		{
			name: "token_of_a_clone", without: "rule 2: environments that were cloned have one token", breaks: []string{"S3"},
			befalls: explorer.Config{Generations: 2, Calls: 2, Faults: 1},
			mutant:  explorer.Mutant{Owner: func(int) uint8 { return 1 }},
		},
		{
			name: "token_of_a_process", without: "rule 2: a token is the process's, and not the attempt's", breaks: []string{"S1", "S3"},
			befalls: explorer.Config{Generations: 2, Calls: 3, Faults: 1, Late: 1}, ahead: 1,
			mutant: explorer.Mutant{Owner: func(ahead int) uint8 { return uint8(1 + ahead) }},
		},
		{
			name: "lease", without: "rule 3: a claim does not run out", breaks: []string{"S8"},
			befalls: explorer.Config{Generations: 2, Calls: 2, Kills: 1},
			mutant:  policy(func(p *recloser.Policy) { p.HalfOpen.Lease = 100 * time.Second }),
		},
		{
			name: "margin_of_the_skew", without: "rule 4: the margin is no greater than what clocks are apart", breaks: []string{"S1"},
			befalls: explorer.Config{Generations: 2, Calls: 2, Freezes: 1}, ahead: 1,
			mutant: policy(func(p *recloser.Policy) { p.HalfOpen.Lease, p.HalfOpen.Margin = p.Lease(), time.Second }),
		},
		{
			name: "zero_margin", without: "rule 4: there is no margin", breaks: []string{"S1"},
			befalls: explorer.Config{Generations: 2, Calls: 2}, ahead: 1,
			mutant: policy(func(p *recloser.Policy) { p.HalfOpen.Margin = 0 }),
		},
		{
			name: "deadline_check", without: "rule 5: nobody looks at the clock before the call", breaks: []string{"S1"},
			befalls: explorer.Config{Generations: 4, Calls: 2, Pauses: 1},
			mutant:  explorer.Mutant{Unchecked: true},
		},
		{
			name: "unknown_claim", without: "rule 6: a claim of which nothing is known is owned", breaks: []string{"S3"},
			befalls: explorer.Config{Generations: 2, Calls: 2, Faults: 1},
			mutant:  explorer.Mutant{Believes: true},
		},
		{
			name: "open_time", without: "rule 7: the circuit is open for less than a lease and the margin", breaks: []string{"S1"},
			probes:  2, // One fails, while another is in flight.
			befalls: explorer.Config{Generations: 4, Calls: 4},
			mutant:  policy(func(p *recloser.Policy) { p.OpenFor.Cooldown, p.OpenFor.MaxCooldown = time.Second, time.Second }),
		},
	}
}

// Without any one of its rules the protocol breaks a law, and with all of them it does
// not, under the same faults. The shortest way there is a golden file. DESIGN.md, §2.4.
func TestEveryRuleIsNeeded(t *testing.T) {
	steps := make(map[string][]string)
	for _, m := range mutants() {
		t.Run(m.name, func(t *testing.T) {
			c := fleet(max(m.probes, 1), m.befalls, 0, m.ahead)
			c.Mutant = m.mutant
			if evidence.Race {
				c.Limit = 5_000
			}
			r, err := explorer.Explore(c)
			if err != nil {
				t.Fatal(err)
			}
			if evidence.Race && r.Broken == "" && !r.Complete {
				return // It takes more states than the race detector leaves time for: make laws.
			}
			law, _, _ := strings.Cut(r.Broken, ":")
			if !slices.Contains(m.breaks, law) {
				t.Fatalf("%d states break %q, want %v", r.States, r.Broken, m.breaks)
			}
			golden(t, filepath.Join("internal", "explorer", "testdata", m.name+".txt"),
				fmt.Sprintf("Without %s\n%s, after %d steps\n\n%v", m.without, r.Broken, r.Steps, r.Way))
			steps[law] = append(steps[law], strconv.Itoa(r.Steps))
			c.Mutant, c.Limit = explorer.Mutant{}, r.States
			if r, err = explorer.Explore(c); err != nil || r.Broken != "" {
				t.Errorf("nothing is wrong, and it breaks %q, %v\n%v", r.Broken, err, r.Way)
			}
		})
	}
	keepMutants(t, steps)
}

// golden compares got with a file, or writes it there.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *rewrite {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is another way now:\n%s", name, got)
	}
}

// keepMutants keeps in how many steps each mutant broke a law.
func keepMutants(t *testing.T, steps map[string][]string) {
	t.Helper()
	for law, of := range steps {
		evidence.Record(t, evidence.Entry{
			Law: law, How: "the same fleets without one of the rules", Mutants: len(of),
			Promise: "each breaks the law", Worst: "each does, in " + strings.Join(of, ", ") + " steps", Met: true,
		})
	}
}
