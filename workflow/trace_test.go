package workflow_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// perPolicy is how many traces one policy is good for: to write its state machines
// and to compile their expressions takes as long as some traces.
const perPolicy = 50

var (
	firstTrace = flag.Int("first", 0, "the seed of the first trace that TestTraces makes")
	mostTraces = flag.Int("traces", 0, "the seed before which it ends; 0 is as many traces as its budget")
)

// TestTraces: whatever happens to a circuit, its state machine decides as the core
// does, and asks the store as often. LAWS.md, W1.
func TestTraces(t *testing.T) {
	traces := *mostTraces
	if traces == 0 {
		traces = budget(2_000, 10_000, 100_000)
	}
	t.Cleanup(func() { // The workers are parallel.
		evidence.Record(t, evidence.Entry{
			Law: "W1", Seeds: traces, Promise: "10,000 random traces, 0 differences", Worst: "0 differences", Met: traces >= 10_000,
			How:  "up to 25 calls, with faults, operators and others between, by the core and by a state machine on an interpreter",
			Note: "make soak plays 10,000; CI has time for fewer",
		})
	})
	for worker := range runtime.GOMAXPROCS(0) {
		t.Run(fmt.Sprintf("worker %d", worker), func(t *testing.T) {
			t.Parallel()
			engine := newEngine(t)
			for family := *firstTrace/perPolicy + worker; family*perPolicy < traces; family += runtime.GOMAXPROCS(0) {
				policy := anyPolicy(rand.New(rand.NewPCG(1, uint64(family))))
				machines := parsed(t, strings.NewReplacer(), []func(*workflow.Options){ofPair(policy)})
				for n := max(family*perPolicy, *firstTrace); n < min((family+1)*perPolicy, traces); n++ {
					p := newPairOf(t, engine, policy, machines)
					trace(t, p, uint64(n), "")
					p.world.world.Close()
				}
			}
		})
	}
}

// TestTracesOnServer is the same with the record of the state machines on DynamoDB
// Local, as traces of circuits of their own in one table.
func TestTracesOnServer(t *testing.T) {
	url := dynamo.URL(t)
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	_, table := tableOn(t, url, client)
	engine := newEngine(t)
	var policy recloser.Policy
	var machines map[string]*statelanguage.Machine
	traces := budget(100, 1_000, 10_000)
	for n := range traces {
		if n%perPolicy == 0 {
			policy = anyPolicy(rand.New(rand.NewPCG(2, uint64(n))))
			machines = machinesOf(t, ofPair(policy), func(o *workflow.Options) { o.Table = table })
		}
		p := newPairOf(t, engine, policy, machines)
		p.name, p.server = table, statelanguage.Server(t.Context(), client, url)
		trace(t, p, uint64(n), fmt.Sprintf("t%d", n))
		p.world.world.Close()
	}
	evidence.Record(t, evidence.Entry{
		Law: "W1", Seeds: traces, Promise: "0 differences", Worst: "0 differences", Met: true,
		How: "the same with the state machine's record on DynamoDB Local",
	})
}

func pick[T any](dice *rand.Rand, of ...T) T { return of[dice.IntN(len(of))] }

// anyPolicy returns a policy by chance.
func anyPolicy(dice *rand.Rand) recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenWhen.Consecutive = 0
	p.OpenWhen.MinCalls = 1 + dice.IntN(12)
	p.OpenWhen.Confidence = pick[recloser.Share](dice, 0, 0.5, 0.9, 0.999)
	p.OpenWhen.FailureRate = pick[recloser.Share](dice, 0.5, 0.5, 0.2, 1)
	p.OpenWhen.SlowRate = pick[recloser.Share](dice, 0.8, 0, 1)
	p.HalfOpen.Probes = 1 + dice.IntN(3)
	p.HalfOpen.Successes = 1 + dice.IntN(2)
	p.Enforce = pick[recloser.Share](dice, 1, 1, 1, 0.5, 0)
	p.WhenStoreFails = pick(dice, recloser.StoreFailureLastKnown, recloser.StoreFailureAllow, recloser.StoreFailureReject)
	return p
}

// trace makes up to 25 calls, with operators between them, on both sides. In some
// the store is unwell most of the time.
func trace(t *testing.T, p *pair, seed uint64, partition string) {
	t.Helper()
	dice := rand.New(rand.NewPCG(3, seed))
	key := "payments"
	if partition != "" {
		key += "/" + partition
	}
	unwell := pick(dice, 10, 10, 10, 2)
	var at time.Duration
	var log strings.Builder
	if dice.IntN(2) == 0 {
		r := anyRecord(dice)
		fmt.Fprintf(&log, "from %s\n", brief(r))
		p.plant(key, r)
		p.records.plant(key, r)
	}
	for i := range 1 + dice.IntN(25) {
		at += pick(dice, 0, 20*time.Millisecond, 300*time.Millisecond, 1100*time.Millisecond, 6*time.Second, 15*time.Second)
		p.at(at)
		p.coin = pick(dice, 0, 0.05, 0.3, 0.7, 0.999)
		if dice.IntN(20) == 0 {
			at += time.Millisecond // Two entries of one moment have no order.
			p.at(at)
			w := anyOrder(dice, p.records.record(key), recloser.InstantOf(p.world.world.Now()))
			fmt.Fprintf(&log, "%d %v operator %+v\n", i, at, w)
			if err := p.both(key, w); err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, &log)
			}
		}
		s := anyStep(dice, partition, unwell)
		fmt.Fprintf(&log, "%d %v coin %v %+v\n", i, at, p.coin, s)
		core, machine := p.call(s)
		at = max(at, p.world.world.Now().Sub(epoch.Time()))
		if core != machine {
			t.Fatalf("seed %d of %+v\n%score says    %s\nmachine says %s", seed, p.core.policy, &log, core, machine)
		}
		if diff := p.compare(key); diff != "" {
			t.Fatalf("seed %d of %+v\n%s%s\n%s", seed, p.core.policy, &log, core, diff)
		}
	}
}

// anyRecord returns a record by chance, as others may have left it.
func anyRecord(dice *rand.Rand) recloser.Record {
	ago := func(of ...time.Duration) recloser.Instant { return epoch.Add(-pick(dice, of...)) }
	r := recloser.Record{
		Schema: recloser.Schema, State: pick(dice, recloser.StateClosed, recloser.StateClosed, recloser.StateOpen, recloser.StateHalfOpen),
		Generation: uint64(1 + dice.IntN(4)), Since: ago(0, 500*time.Millisecond, 3*time.Second, 12*time.Second, time.Minute), Relapses: dice.IntN(3),
	}
	switch r.State {
	case recloser.StateOpen:
		r.Cause.Rule, r.OpenUntil = recloser.RuleFailureRate, r.Since.Add(pick(dice, time.Second, 10*time.Second, 13*time.Second, time.Hour))
	case recloser.StateHalfOpen:
		r.Cause.Rule, r.ProbeOK, r.ProbeFailed = recloser.RuleCooledDown, dice.IntN(3), dice.IntN(4)/3
		for i := range 3 {
			if dice.IntN(2) == 0 {
				r.Probes[i] = recloser.Lease{Token: fmt.Sprintf("other-%d", i), End: epoch.Add(pick(dice, -10*time.Second, -time.Second, 0, 5*time.Second))}
			}
		}
	case recloser.StateClosed:
		r.Cause.Rule = pick(dice, recloser.RuleRecovered, recloser.RuleRecovered, recloser.RuleReset)
		if dice.IntN(4) > 0 {
			watchBy(dice, &r, ago(20*time.Millisecond, time.Second, 4*time.Second, 6*time.Second, 20*time.Second))
		}
	}
	return r
}

// watchBy makes it a watched record that has counted something by chance.
func watchBy(dice *rand.Rand, r *recloser.Record, since recloser.Instant) {
	r.WatchSince, r.Share = since, pick[recloser.Share](dice, 1, 0.5, 0.1)
	for i := range dice.IntN(4) {
		r.Voices[i] = fmt.Sprintf("v%d", i)
	}
	for range dice.IntN(4) {
		calls := dice.IntN(30)
		r.Window = r.Window.Add(epoch.Add(time.Second*time.Duration(pick(dice, -30, -11, -9, -5, -3, -2, -1, 0, 2, 9))), recloser.Counts{
			Calls: calls, Failures: dice.IntN(calls + 1), Slow: dice.IntN(calls+1) * dice.IntN(2), Reports: 1 + dice.IntN(20),
		})
	}
}

// anyStep returns a call by chance. One in so many meets a store that is unwell.
func anyStep(dice *rand.Rand, partition string, unwell int) step {
	s := step{
		partition: partition,
		verb:      pick(dice, "fails", "fails", "succeeds", "ignores"),
		took:      pick(dice, 0, 0, 30*time.Millisecond, 80*time.Millisecond, 2500*time.Millisecond),
		lag:       pick(dice, 40*time.Millisecond, 400*time.Millisecond),
	}
	if dice.IntN(unwell) > 0 && dice.IntN(3) > 0 {
		s.lag = 0
	}
	if dice.IntN(unwell) == 0 {
		for range 1 + dice.IntN(4) {
			s.faults = append(s.faults, pick(dice, storeWell, storeDown, storeLost))
		}
	}
	if s.verb == "fails" && dice.IntN(10) == 0 {
		s.asked = 40 * time.Second
	}
	return s
}

// anyOrder returns what an operator does by chance.
func anyOrder(dice *rand.Rand, r recloser.Record, now recloser.Instant) recloser.Write {
	if dice.IntN(3) == 0 {
		return recloser.Transition{Generation: r.Generation, To: recloser.StateClosed, Since: now, Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "ops"}}
	}
	w := recloser.SetOverride{Generation: r.Generation}
	if mode := pick(dice, "", recloser.OverrideOpen, recloser.OverrideClosed); mode != "" {
		w.Override = recloser.Override{Mode: mode, Until: now.Add(time.Duration(1+dice.IntN(20)) * time.Second), Actor: "ops", Reason: "maintenance"}
	}
	return w
}
