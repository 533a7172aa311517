package workflow_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/notation"
	"github.com/recloser-dev/recloser/internal/statelanguage"
)

// Every call of a scenario is made by an environment of its own, which is what a
// workflow is: so its answers are not those that stand in the file, where
// environments remember, but those of the core for such environments. What is
// left out is below, with the reason.
var notOfStateless = map[string]string{
	"breaker_of_one_process":              "has no store",
	"breaker_of_one_process_in_a_row":     "has no store",
	"concurrency_limit":                   "counts the calls in flight of one environment",
	"consecutive_isolates_one":            "counts the failures in a row of one environment",
	"isolated_probe_fails":                "counts the failures in a row of one environment",
	"freeze_trusts_no_old_view":           "freezes an environment; a workflow has no view that could be old",
	"late_result_after_a_whole_cycle":     "freezes an environment with calls in flight for a minute; a workflow's call has timed out",
	"identity_is_of_the_attempt":          "freezes an environment with a call in flight for ten minutes; a workflow's call has timed out",
	"deadline_is_checked_before_the_call": "freezes the writer of a claim for 20s; TestGuardHandles has a claim that comes late",
	"skewed_clocks_within_margin":         "sets clocks of environments apart; executions have the clock of Step Functions",
	"wall_clock_ahead":                    "sets clocks of environments apart; executions have the clock of Step Functions",
	"wall_clock_steps_back":               "steps the clock of an environment",
	"wall_clock_put_right":                "steps the clock of an environment",
	"in_flight_calls_count":               "looks at calls in flight by a timer; a workflow sees a call when it ends",
	"slow_rate":                           "looks at calls in flight by a timer; a workflow sees a call when it ends",
	"store_slow":                          "waits 100ms for the store; a workflow waits 1s, see TestGuardHandles",
	"first_watch_wins":                    "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"late_claim_holds_no_call":            "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"late_claim_of_older_generation":      "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"late_report_of_older_watch":          "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"lost_answer_of_opening":              "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"unknown_claim_is_not_ownership":      "gives the store up after 100ms; a workflow waits 1s, see TestGuardHandles",
	"a_result_says_whether_it_counted":    "settles permits twice; a workflow has no permits",
	"late_result_moves_nothing":           "holds calls for longer than call.timeout, which a workflow cuts off",
	"call_of_older_watch_is_not_counted":  "is of what an environment has counted and not told; a workflow tells at once",
}

// TestScenarios replays spec/scenarios by stateless callers, in the core and in
// state machines. LAWS.md, W1.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("../spec/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	engine := newEngine(t)
	replayed := 0
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		if why, out := notOfStateless[name]; out {
			t.Logf("%s is left out: it %s", name, why)
			continue
		}
		replayed++
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			replay(t, engine, string(script))
		})
	}
	t.Logf("%d of %d scenarios replayed", replayed, len(files))
	evidence.Record(t, evidence.Entry{
		Law: "W1", Seeds: replayed, Promise: "every scenario, 0 differences", Met: replayed == len(files),
		How:   "scenarios by stateless callers, in the core and in state machines",
		Worst: fmt.Sprintf("0 differences in %d of %d scenarios", replayed, len(files)),
		Note:  "the others are of what an execution does not have: a memory, a clock of its own, a call that outlives it. The test has a reason for each",
	})
}

// mostOfFlow is how many calls of one flow are made: what follows says the same.
// RECLOSER_FLOW makes more.
func mostOfFlow() int {
	if n, err := strconv.Atoi(os.Getenv("RECLOSER_FLOW")); err == nil {
		return n
	}
	if evidence.Race {
		return 5
	}
	return 30
}

// replayer replays one scenario.
type replayer struct {
	*pair
	policy     recloser.Policy
	partitions map[string]string
	coins      map[string]float64
	everyCoin  float64
	held       map[string][]*heldCall
	down       bool
	cut        bool
}

// heldCall is a call that was begun and has not ended.
type heldCall struct {
	leave     *leave
	execution *statelanguage.Execution
	gate      *statelanguage.Gate
	verb      string
}

func replay(t *testing.T, engine *statelanguage.Engine, script string) {
	t.Helper()
	r := &replayer{
		policy: recloser.DefaultPolicy(), partitions: map[string]string{}, coins: map[string]float64{}, held: map[string][]*heldCall{},
	}
	for line := range strings.Lines(script) {
		line = strings.TrimRight(line, " \r\n")
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "  ") {
			continue
		}
		if err := r.do(t, engine, strings.Fields(line), line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
}

func (r *replayer) do(t *testing.T, engine *statelanguage.Engine, words []string, line string) error {
	if words[0] == "policy" {
		return notation.SetPolicy(&r.policy, words[1:]...)
	}
	if r.pair == nil {
		r.pair = newPair(t, engine, r.policy)
	}
	if words[0] == "at" {
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return err
		}
		r.at(d)
		words = words[2:]
	}
	switch words[0] {
	case "coin":
		coin, err := strconv.ParseFloat(words[len(words)-1], 64)
		if len(words) > 2 {
			r.coins[words[1]] = coin
		} else {
			r.everyCoin = coin
		}
		return err
	case "environment":
		for _, word := range words[2:] {
			r.partitions[words[1]] = strings.TrimPrefix(word, "partition=")
		}
		return nil
	case "record":
		return r.same(line)
	case "kill":
		for name, held := range r.held {
			if env, _, _ := strings.Cut(name, " "); env == words[1] {
				for _, h := range held {
					h.execution.Stop()
				}
				delete(r.held, name)
			}
		}
		return nil
	case "hostile":
		record, err := notation.Record(words[2:]...)
		r.plant("payments", record)
		r.core2().plant("payments", record)
		return err
	case "operator":
		return r.operate(words[1:], line)
	case "store":
		switch words[1] {
		case "down", "up":
			r.down = words[1] == "down"
		case "cuts-answer":
			r.cut = true
		case "counts":
		default:
			return fmt.Errorf("no store is %s", words[1])
		}
		return nil
	}
	if words[1] == "status" || words[1] == "refreshes" {
		return nil // A workflow has none.
	}
	return r.behave(strings.Split(words[0], ","), words[1:])
}

func (r *replayer) same(what string) error {
	for _, key := range []string{"payments", "payments/eu", "payments/us"} {
		if diff := r.compare(key); diff != "" {
			return fmt.Errorf("%s: %s\n%s", what, key, diff)
		}
	}
	return nil
}

// behave lets environments make calls.
func (r *replayer) behave(envs, words []string) error {
	if words[0] == "begins" || words[0] == "ends" {
		return r.part(envs[0], words)
	}
	verbs, n, every := strings.Split(words[0], ","), 1, time.Duration(0)
	for i, word := range words[1:] {
		var err error
		switch {
		case strings.HasPrefix(word, "x"):
			n, err = strconv.Atoi(word[1:])
		case word == "every":
			every, err = time.ParseDuration(words[i+2])
		}
		if err != nil {
			return err
		}
	}
	start := r.world.world.Now().Sub(epoch.Time())
	for i := range n {
		if i >= mostOfFlow() && i < n-1 {
			continue
		}
		r.at(start + time.Duration(i)*every)
		env, verb := envs[i%len(envs)], verbs[i%len(verbs)]
		s := step{verb: verb, partition: r.partitions[env], faults: r.faults()}
		verb, asked, asks := strings.Cut(verb, ":")
		if s.verb = verb; asks {
			d, err := time.ParseDuration(asked)
			if s.asked = d; err != nil {
				return err
			}
		}
		if verb == "gives-up" {
			s.verb = "ignores"
		}
		if verb == "panics" {
			s.verb = "fails"
		}
		r.flip(env)
		core, machine := r.call(s)
		if core != machine {
			return fmt.Errorf("at %v the core says %q, the machine %q", start+time.Duration(i)*every, core, machine)
		}
		if err := r.same(core); err != nil {
			return err
		}
	}
	return nil
}

func (r *replayer) flip(env string) {
	r.coin = r.everyCoin
	if coin, own := r.coins[env]; own {
		r.coin = coin
	}
}

func (r *replayer) faults() []storeFault {
	if r.down {
		return []storeFault{storeDown, storeDown, storeDown, storeDown, storeDown, storeDown}
	}
	if r.cut {
		r.cut = false
		return []storeFault{storeWell, storeLost} // The read, then the write.
	}
	return nil
}

// part begins a call, or a number of them, or ends them.
func (r *replayer) part(env string, words []string) error {
	name := env + " " + words[1]
	r.flip(env)
	if words[0] == "begins" {
		n := 1
		if len(words) > 2 {
			n, _ = strconv.Atoi(words[2][1:])
		}
		for range min(n, mostOfFlow()) {
			r.token++
			r.script(r.faults())
			h := &heldCall{gate: r.world.world.NewGate()}
			h.leave = r.core.begin(r.partitions[env])
			r.holding = h
			h.execution = r.start("guard-express", map[string]any{
				"task": map[string]any{"lambda": "payments"}, "partition": r.partitions[env], "payload": map[string]any{"held": true},
			})
			r.at(r.world.world.Now().Sub(epoch.Time()))
			r.holding = nil
			machine := "admitted"
			if h.execution.Status != statelanguage.StatusRunning || h.execution.Passed("Claim") {
				machine = saidBy(h.execution)
			}
			if h.leave.said != machine {
				return fmt.Errorf("the core says %q, the machine %q", h.leave.said, machine)
			}
			if !strings.HasPrefix(machine, "rejected") {
				r.held[name] = append(r.held[name], h)
			}
		}
		return r.same(name)
	}
	for _, h := range r.held[name] {
		r.script(r.faults())
		h.verb = words[2]
		h.gate.Open()
		r.at(r.world.world.Now().Sub(epoch.Time()))
		h.leave.end(h.verb, 0)
		if err := r.same(name); err != nil {
			return err
		}
	}
	r.held[name] = nil
	return nil
}

// operate is an operator's hand.
func (r *replayer) operate(words []string, line string) error {
	now := recloser.InstantOf(r.world.world.Now())
	record := r.core2().record("payments")
	var w recloser.Write
	switch words[0] {
	case "opens", "closes":
		d, err := time.ParseDuration(words[2])
		if err != nil {
			return err
		}
		mode := recloser.OverrideOpen
		if words[0] == "closes" {
			mode = recloser.OverrideClosed
		}
		w = recloser.SetOverride{Generation: record.Generation, Override: recloser.Override{
			Mode: mode, Until: now.Add(d), Actor: words[len(words)-1], Reason: strings.Split(line, `"`)[1],
		}}
	case "releases":
		w = recloser.SetOverride{Generation: record.Generation}
	case "resets":
		w = recloser.Transition{Generation: record.Generation, To: recloser.StateClosed, Since: now, Cause: recloser.Cause{Rule: recloser.RuleReset}}
	default:
		return errors.New("an operator opens, closes, releases or resets")
	}
	return r.both("payments", w)
}
