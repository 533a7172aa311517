package workflow_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/dynamotable"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/notation"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/workflow"
)

const epoch = notation.Epoch

// world is state machines on virtual time, with a table in memory and a
// dependency that does what a request says.
type world struct {
	tb      testing.TB
	world   *statelanguage.World
	account *statelanguage.Account
	engine  *statelanguage.Engine
	table   *dynamotable.Table
	// server, if set, is a server that has the table in place of memory.
	server statelanguage.Database
	name   string // of the table
	coin   float64
	tokens func() string
	calls  int
	// fault, if set, answers an operation of the store in its place.
	fault                    func(operation string, request map[string]any) (handled bool, result map[string]any, err error)
	reads, writes, conflicts int
}

func newWorld(tb testing.TB, engine *statelanguage.Engine) *world {
	tb.Helper()
	w := &world{tb: tb, engine: engine, name: "recloser", table: dynamotable.New("recloser", item.Key, item.Sort)}
	w.world = statelanguage.NewWorld(epoch.Time())
	tb.Cleanup(w.world.Close)
	n := 0
	w.tokens = func() string { n++; return fmt.Sprintf("token-%d", n) }
	engine.Random = func() float64 { return w.coin }
	engine.UUID = func() string { return w.tokens() }
	w.account = statelanguage.NewAccount(w.world, engine)
	w.account.DynamoDB(w.do)
	w.account.Tasks["lambda:invoke"] = w.invoke
	return w
}

// do is the table as state machines see it.
func (w *world) do(operation string, request map[string]any) (map[string]any, error) {
	key, _ := request["Key"].(map[string]any)
	sort, _ := key[item.Sort].(map[string]any)
	if sort["S"] == item.SortRecord {
		if operation == "GetItem" {
			w.reads++
		} else {
			w.writes++
		}
	}
	if w.fault != nil {
		if handled, result, err := w.fault(operation, request); handled {
			return result, err
		}
	}
	return w.apply(operation, request)
}

func (w *world) apply(operation string, request map[string]any) (map[string]any, error) {
	result, err := w.ask(operation, request)
	if refused, ok := errors.AsType[*statelanguage.Refusal](err); ok {
		if refused.Code == "ConditionalCheckFailedException" {
			w.conflicts++
		} else {
			w.tb.Errorf("the table refuses %s: %v\n%v", operation, err, request)
		}
	}
	return result, err
}

// ask asks whatever has the table.
func (w *world) ask(operation string, request map[string]any) (map[string]any, error) {
	if w.server != nil {
		return w.server(operation, request)
	}
	result, err := w.table.Do(operation, request)
	if refused, ok := errors.AsType[*dynamotable.Error](err); ok {
		return nil, &statelanguage.Refusal{Code: refused.Code, Message: refused.Message}
	}
	return result, err
}

// invoke is the dependency: it takes as long, and comes to what the payload says.
func (w *world) invoke(i *statelanguage.Invocation) (any, error) {
	w.calls++
	arguments, _ := i.Arguments.(map[string]any)
	payload, _ := arguments["Payload"].(map[string]any)
	if took, ok := payload["took_ms"].(float64); ok {
		i.Sleep(time.Duration(took) * time.Millisecond)
	}
	if name, ok := payload["fails"].(string); ok {
		return nil, statelanguage.Failed(name, "as asked for")
	}
	if answer, ok := payload["answers"]; ok {
		return map[string]any{"StatusCode": 200, "Payload": answer}, nil
	}
	return map[string]any{"StatusCode": 200, "Payload": map[string]any{"echo": payload}}, nil
}

// machinesOf returns the state machines of a circuit by their kinds.
func machinesOf(tb testing.TB, optFns ...func(*workflow.Options)) map[string]*statelanguage.Machine {
	tb.Helper()
	var o workflow.Options
	for _, fn := range optFns {
		fn(&o)
	}
	key := fmt.Sprintf("%+v", o)
	written.Lock()
	defer written.Unlock()
	if written.machines[key] == nil {
		written.machines[key] = parsed(tb, strings.NewReplacer(), optFns)
	}
	return written.machines[key]
}

// written are the state machines of the tests by their options: to write them takes
// longer than to run them.
var written = struct {
	sync.Mutex
	machines map[string]map[string]*statelanguage.Machine
}{machines: map[string]map[string]*statelanguage.Machine{}}

// impatient makes state machines continue as new after a few rounds or items, which
// else takes as long as all other tests.
var impatient = strings.NewReplacer("$turn.round >= 400 ", "$turn.round >= 4 ", "$turn.round >= 70 ", "$turn.round >= 2 ", " 1500", " 15")

// addImpatient registers the state machines of a circuit that are impatient.
func (w *world) addImpatient(optFns ...func(*workflow.Options)) {
	w.tb.Helper()
	w.register(parsed(w.tb, impatient, optFns))
}

func parsed(tb testing.TB, change *strings.Replacer, optFns []func(*workflow.Options)) map[string]*statelanguage.Machine {
	tb.Helper()
	files, err := workflow.Generate("payments", optFns...)
	if err != nil {
		tb.Fatal(err)
	}
	machines := make(map[string]*statelanguage.Machine)
	for _, f := range files {
		m, err := statelanguage.Parse([]byte(change.Replace(string(f.Text))))
		if err != nil {
			tb.Fatalf("%s: %v", f.Name, err)
		}
		machines[strings.TrimSuffix(strings.TrimPrefix(f.Name, "payments."), ".asl.json")] = m
	}
	return machines
}

// add registers the state machines of a circuit.
func (w *world) add(optFns ...func(*workflow.Options)) {
	w.tb.Helper()
	w.register(machinesOf(w.tb, optFns...))
}

func (w *world) register(machines map[string]*statelanguage.Machine) {
	for kind, m := range machines {
		w.account.Add(kind, m, kind == workflow.KindGuardExpress)
		// By the name that the others start it by, too.
		w.account.Add(workflow.MachineName("payments", kind), m, kind == workflow.KindGuardExpress)
	}
}

// record returns the record of a circuit as it is in the table.
func (w *world) record(key string) recloser.Record {
	w.tb.Helper()
	request := map[string]any{"TableName": w.name, "Key": dynamotable.Object(map[string]item.Value(item.RecordKey(key))), "ConsistentRead": true}
	result, err := w.ask("GetItem", request)
	if err != nil {
		w.tb.Fatal(err)
	}
	attributes, _ := result["Item"].(map[string]any)
	r, err := item.Decode(key, itemOf(attributes))
	if err != nil {
		w.tb.Fatalf("%v: %v", err, attributes)
	}
	return r
}

// itemOf returns attributes in DynamoDB's JSON as an item.
func itemOf(attributes map[string]any) item.Map {
	m := make(item.Map, len(attributes))
	for name, v := range attributes {
		value, _ := v.(map[string]any)
		switch {
		case value["S"] != nil:
			s, _ := value["S"].(string)
			m[name] = item.String(s)
		case value["N"] != nil:
			n, _ := value["N"].(string)
			m[name] = item.Number(n)
		case value["SS"] != nil:
			var set item.Set
			list, _ := value["SS"].([]any)
			for _, each := range list {
				s, _ := each.(string)
				set = append(set, s)
			}
			m[name] = set
		case value["M"] != nil:
			inner, _ := value["M"].(map[string]any)
			m[name] = itemOf(inner)
		default:
			m[name] = item.Other{}
		}
	}
	return m
}

// run starts an execution and lets time pass until it has ended.
func (w *world) run(machine string, input any) *statelanguage.Execution {
	w.tb.Helper()
	e, err := w.account.Start(machine, input)
	if err != nil {
		w.tb.Fatal(err)
	}
	w.world.Run()
	return e
}

// at lets time pass until so long after the beginning.
func (w *world) at(d time.Duration) { w.world.RunUntil(epoch.Add(d).Time()) }

// call is a request of the dependency.
func call(payload map[string]any) map[string]any {
	return map[string]any{"task": map[string]any{"lambda": "payments"}, "payload": payload}
}
