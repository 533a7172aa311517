package workflow_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

// pair is one circuit twice: in the Go core, whose every call is made by an
// environment of its own, and in state machines. Both see the same times, coins and
// tokens, and must say the same and come to the same record. LAWS.md, W1.
type pair struct {
	*world
	core    *core
	records *recordStore
	token   int
	// holding is the call that is begun now, and held.
	holding *heldCall
	// lag is how long each operation of the store takes, and ahead how far the
	// core is ahead of the state machines, since it goes first.
	lag, ahead time.Duration
	meanwhile  func()
	// asked is how many operations of the store each side has made.
	asked struct{ core, machine int }
}

// storeFault is the fault of one operation of the store.
type storeFault uint8

const (
	storeWell storeFault = iota
	// storeDown fails the operation, which is not made.
	storeDown
	// storeLost makes the operation and loses its answer at once.
	storeLost
)

var errStore = errors.New("connection refused")

func newPair(tb testing.TB, engine *statelanguage.Engine, policy recloser.Policy) *pair {
	tb.Helper()
	return newPairOf(tb, engine, policy, machinesOf(tb, ofPair(policy)))
}

// ofPair are the options of the state machines of a pair.
func ofPair(policy recloser.Policy) func(*workflow.Options) {
	return func(o *workflow.Options) { o.Policy, o.Ignore = policy, []string{"Ignored"} }
}

// newPairOf is newPair with state machines that are there already.
func newPairOf(tb testing.TB, engine *statelanguage.Engine, policy recloser.Policy, machines map[string]*statelanguage.Machine) *pair {
	tb.Helper()
	p := &pair{world: newWorld(tb, engine)}
	p.register(machines)
	now := func() time.Time { return p.world.world.Now().Add(p.ahead) }
	p.records = &recordStore{records: map[string]recloser.Record{}, entries: map[string][]recloser.HistoryEntry{}, now: now}
	p.account.Intercept = p.hold
	p.tokens = func() string { return fmt.Sprintf("token-%d", p.token) }
	p.core = &core{
		tb: tb, policy: policy, now: now,
		coin: func() float64 { return p.coin }, tokens: func() string { return fmt.Sprintf("token-%d", p.token) },
	}
	return p
}

// script makes the store of one side fail as the call asks for.
func (p *pair) script(faults []storeFault) {
	n := 0
	next := func() storeFault {
		n++
		if n <= len(faults) {
			return faults[n-1]
		}
		return storeWell
	}
	p.core.store = faulty{p.records, func(recloser.Write) (before, after error) {
		p.asked.core++
		p.ahead += p.lag
		fault := next()
		p.records.lost = fault == storeLost
		switch fault {
		case storeDown:
			return errStore, nil
		case storeLost:
			return nil, errStore
		case storeWell:
		}
		return nil, nil
	}}
	m := 0
	p.fault = func(operation string, request map[string]any) (bool, map[string]any, error) {
		if !ofRecord(request) {
			return false, nil, nil // The history has no part in it.
		}
		p.asked.machine++
		m++
		if m > len(faults) {
			return false, nil, nil
		}
		switch faults[m-1] {
		case storeDown:
			return true, nil, &statelanguage.Refusal{Code: "InternalServerError", Message: "down"}
		case storeLost:
			_, _ = p.apply(operation, request)
			return true, nil, &statelanguage.Refusal{Code: "InternalServerError", Message: "lost"}
		case storeWell:
		}
		return false, nil, nil
	}
}

// ofRecord reports whether a request is of a record, rather than of its history.
func ofRecord(request map[string]any) bool {
	key, _ := request["Key"].(map[string]any)
	sort, _ := key[item.Sort].(map[string]any)
	return sort["S"] == item.SortRecord
}

// hold lets a call wait that is begun to be held, and an operation of the store
// take its time.
func (p *pair) hold(i *statelanguage.Invocation) (bool, any, error) {
	if p.lag > 0 && ofRecord(argumentsOf(i)) {
		i.Sleep(p.lag)
	}
	if p.meanwhile != nil && i.State == "Call lambda:invoke" {
		p.meanwhile()
	}
	h := p.holding
	if h == nil || i.State != "Call lambda:invoke" {
		return false, nil, nil
	}
	h.gate.Pass()
	switch h.verb {
	case "fails":
		return true, nil, statelanguage.Failed("Failed", "as asked for")
	case "ignores":
		return true, nil, statelanguage.Failed("Ignored", "as asked for")
	}
	return true, map[string]any{"StatusCode": 200, "Payload": nil}, nil
}

// step is a call: it takes a time, and comes to something.
type step struct {
	verb      string // fails, succeeds or ignores
	took      time.Duration
	asked     time.Duration // to be left alone
	partition string
	faults    []storeFault
	lag       time.Duration // of the store
	// meanwhile, if set, is what others do to the record while the call is made.
	meanwhile func(*recloser.Record)
}

// call makes a call on both sides, and reports what each said. The side of the core
// comes first; time passes on that of the state machines.
func (p *pair) call(s step) (core, machine string) {
	p.tb.Helper()
	p.token++
	p.script(s.faults)
	p.lag, p.asked.core, p.asked.machine = s.lag, 0, 0
	l := p.core.begin(s.partition)
	made := p.world.world.Now().Add(p.ahead + s.took)
	p.meanwhile = nil
	if s.meanwhile != nil {
		key, err := recloser.Key("payments", s.partition)
		if err != nil {
			p.tb.Fatal(err)
		}
		r := p.records.record(key)
		s.meanwhile(&r)
		p.records.plant(key, r)
		p.meanwhile = func() {
			r := p.record(key)
			s.meanwhile(&r)
			p.plant(key, r)
		}
	}
	payload := map[string]any{"took_ms": float64(s.took.Milliseconds())}
	switch {
	case s.verb == "ignores":
		payload["fails"] = "Ignored"
	case s.verb == "fails" && s.asked > 0:
		payload["answers"] = map[string]any{"statusCode": 503, "headers": map[string]any{"Retry-After": fmt.Sprint(int(s.asked.Seconds()))}}
	case s.verb == "fails":
		payload["fails"] = "Failed"
	}
	input := map[string]any{"task": map[string]any{"lambda": "payments"}, "payload": payload}
	if s.partition != "" {
		input["partition"] = s.partition
	}
	e, err := p.account.Start(workflow.KindGuardExpress, input)
	if err != nil {
		p.tb.Fatal(err)
	}
	end := p.world.world.Now().Add(s.took)
	if s.lag > 0 {
		p.world.world.Run()
	}
	p.world.world.RunUntil(end)
	if e.Status == statelanguage.StatusRunning {
		p.tb.Fatalf("the execution goes on: %v", names(e))
	}
	if !strings.HasPrefix(l.said, "rejected") {
		p.ahead = made.Sub(p.world.world.Now())
		l.end(s.verb, s.asked)
	}
	p.ahead, p.lag, p.records.lost = 0, 0, false
	core, machine = l.said, saidBy(e)
	if p.asked.core != p.asked.machine {
		core += fmt.Sprintf(", with %d operations of the store", p.asked.core)
		machine += fmt.Sprintf(", with %d operations of the store: %v", p.asked.machine, names(e))
	}
	return core, machine
}

// saidBy says what an execution was told, in the words of the core's side.
func saidBy(e *statelanguage.Execution) string {
	if e.Failure != nil && e.Failure.Name == "Recloser.CircuitOpen" {
		var cause struct {
			Reason     string
			RetryAfter float64 `json:"retry_after_ms"`
		}
		if err := json.Unmarshal([]byte(e.Failure.Cause), &cause); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("rejected: %s, retry after %v", cause.Reason, time.Duration(cause.RetryAfter)*time.Millisecond)
	}
	if e.Failure != nil && e.Failure.Name != "Failed" && e.Failure.Name != "Ignored" {
		return "broken: " + e.Failure.Error()
	}
	if e.Passed("Claim") && e.Passed("In time") {
		return "probe"
	}
	return "admitted"
}

// compare reports what differs between the two records of a circuit, and between
// the histories.
func (p *pair) compare(key string) string {
	want := p.records.record(key)
	if want.Check() != nil {
		return "" // It is neither read nor written.
	}
	got := p.record(key)
	// The expressions of a state machine write 15 digits.
	if math.Abs(float64(got.Share-want.Share)) < 1e-12 {
		got.Share = want.Share
	}
	var out []string
	if got != want {
		out = append(out, fmt.Sprintf("core    %s\nmachine %s", brief(want), brief(got)))
	}
	entries := p.records.entries[key]
	if left := p.history(key); !slices.Equal(entries, left) {
		out = append(out, fmt.Sprintf("history of the core    %v\nhistory of the machine %v", entries, left))
	}
	return strings.Join(out, "\n")
}

// history returns the entries of a circuit in the table, the newest first.
func (p *pair) history(key string) []recloser.HistoryEntry {
	type placed struct {
		at string
		recloser.HistoryEntry
	}
	var found []placed
	for _, attributes := range p.itemsOf(key) {
		sort, _ := attributes[item.Sort].(map[string]any)
		if sort["S"] == item.SortRecord {
			continue
		}
		e, err := item.DecodeEntry(key, itemOf(attributes))
		if err != nil {
			p.tb.Fatal(err)
		}
		at, _ := sort["S"].(string)
		found = append(found, placed{at, e})
	}
	slices.SortFunc(found, func(a, b placed) int { return strings.Compare(b.at, a.at) })
	var entries []recloser.HistoryEntry
	for _, f := range found {
		entries = append(entries, f.HistoryEntry)
	}
	return entries
}

// itemsOf returns all items of a circuit.
func (p *pair) itemsOf(key string) (items []map[string]any) {
	if p.server == nil {
		for _, attributes := range p.table.Items() {
			if pk, _ := attributes[item.Key].(map[string]any); pk["S"] == key {
				items = append(items, attributes)
			}
		}
		return items
	}
	result, err := p.server("Query", map[string]any{
		"TableName": p.name, "KeyConditionExpression": "#k = :k", "ConsistentRead": true,
		"ExpressionAttributeNames": map[string]any{"#k": item.Key}, "ExpressionAttributeValues": map[string]any{":k": s(key)},
	})
	if err != nil {
		p.tb.Fatal(err)
	}
	list, _ := result["Items"].([]any)
	for _, each := range list {
		attributes, _ := each.(map[string]any)
		items = append(items, attributes)
	}
	return items
}

// brief says what is in a record.
func brief(r recloser.Record) string {
	return fmt.Sprintf("%v since %d until %d, generation %d, relapses %d (%v), watch %d share %v voices %v, slots %+v, probes %v, %d ok, %d failed",
		r.State, r.Since, r.OpenUntil, r.Generation, r.Relapses, r.Cause, r.WatchSince, float64(r.Share), r.Voices, r.Window.Slots(), r.Probes, r.ProbeOK, r.ProbeFailed)
}
