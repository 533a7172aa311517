package workflow_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/workflow"
)

// opinion is moto, which runs the state machines whole, in real time, on its own
// DynamoDB and SQS: an interpreter that somebody else has written.
type opinion struct {
	in  io.Writer
	out *bufio.Scanner
}

// opined is how an execution ended in moto, or in the interpreter of these tests.
type opined struct {
	Status, Error string
	Cause         string
	Output        any
	States        []string
	Items         []map[string]any
	Messages      []string
}

func newOpinion(t *testing.T, machines map[string]string) *opinion {
	t.Helper()
	dir, err := modules()
	dir = testserver.Need(t, dir, err)
	python, packages, err := testserver.Python(t.Context())
	python = testserver.Need(t, python, err)
	cmd := exec.CommandContext(t.Context(), python, "testdata/opinion.py", "../internal/statelanguage/engine.js", filepath.Join(dir, "jsonata", "jsonata.js"))
	cmd.Env = append(os.Environ(), "PYTHONPATH="+packages, "PYTHONDONTWRITEBYTECODE=1", "AWS_DEFAULT_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
	o := &opinion{in: in, out: bufio.NewScanner(out)}
	o.out.Buffer(nil, 1<<24)
	if a := o.ask(t, map[string]any{"machines": machines}); a.Status != "DEFINED" {
		t.Fatalf("moto takes none of the state machines: %s", a.Error)
	}
	return o
}

func (o *opinion) ask(t *testing.T, request map[string]any) (a opined) {
	t.Helper()
	if _, err := fmt.Fprintln(o.in, textOf(t, request)); err != nil {
		t.Fatal(err)
	}
	for o.out.Scan() {
		answer, found := strings.CutPrefix(o.out.Text(), "answer ")
		if !found {
			continue // moto prints what it logs.
		}
		if err := json.Unmarshal([]byte(answer), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	t.Fatalf("moto has ended: %v", o.out.Err())
	return a
}

// asked is one execution that both are asked about.
type asked struct {
	name, machine string
	record        recloser.Record // with times as if it were epoch now
	input         map[string]any
	messages      []map[string]any
	coin          float64
}

// later returns a record whose times are later by d.
func later(r recloser.Record, d time.Duration) recloser.Record {
	for _, at := range []*recloser.Instant{&r.Since, &r.OpenUntil, &r.WatchSince, &r.Override.Until} {
		if *at != 0 {
			*at = at.Add(d)
		}
	}
	for i := range r.Probes {
		if r.Probes[i].Token != "" {
			r.Probes[i].End = r.Probes[i].End.Add(d)
		}
	}
	slots := r.Window.Slots()
	r.Window = recloser.Window{}
	for _, s := range slots {
		r.Window = r.Window.Add(s.Start.Add(d.Truncate(100*time.Millisecond)), s.Counts)
	}
	return r
}

// TestSecondOpinion: moto comes to the same as the interpreter of these tests: by
// the same states to the same end, with the same record, history and messages. What
// moto cannot is in docs/step-functions.md.
func TestSecondOpinion(t *testing.T) {
	options := []func(*workflow.Options){full, func(o *workflow.Options) {
		o.Tasks = []string{"lambda:invoke"} // moto knows no http:invoke.
		o.Attempts = 1
		p := &o.Policy
		p.Call.Timeout, p.HalfOpen.Lease, p.HalfOpen.Margin = time.Second, 5*time.Second, time.Second
		p.OpenWhen.SlowAfter = time.Second
		p.OpenFor.Cooldown, p.OpenFor.Jitter = 6*time.Second, 0
	}}
	files, err := workflow.Generate("payments", options...)
	if err != nil {
		t.Fatal(err)
	}
	machines := map[string]string{}
	for _, f := range files {
		kind := strings.TrimSuffix(strings.TrimPrefix(f.Name, "payments."), ".asl.json")
		machines[workflow.MachineName("payments", kind)] = string(f.Text)
	}
	o := newOpinion(t, machines)
	engine := newEngine(t)
	cases := allAsked()
	for i, a := range cases {
		if evidence.Race && i%10 != 0 {
			continue // Python has no races that Go could see.
		}
		t.Run(a.name, func(t *testing.T) {
			// moto lives in real time, and its machine may be busy.
			const attempts = 3
			for attempt := range attempts {
				key := a.in(fmt.Sprintf("c%d-%d", i, attempt))
				want, got := a.here(t, engine, options, key), a.there(t, o, key)
				cause := got.Cause
				got.Cause = ""
				if reflect.DeepEqual(got, want) {
					break
				}
				if attempt == attempts-1 {
					t.Errorf("moto came to\n%+v\nby %.500s, and here it came to\n%+v", got, cause, want)
				}
			}
		})
	}
}

// in makes it of a partition, and returns its key.
func (a asked) in(partition string) string {
	a.input["partition"] = partition
	for _, m := range a.messages {
		m["partition"] = partition
	}
	return "payments/" + partition
}

// here is the case in the interpreter of these tests.
func (a asked) here(t *testing.T, engine *statelanguage.Engine, options []func(*workflow.Options), key string) opined {
	t.Helper()
	w := newWorld(t, engine)
	w.add(options...)
	q := newQueue(w).all()
	for _, m := range a.messages {
		q.messages = append(q.messages, &message{id: "m", body: textOf(t, m), visible: w.world.Now()})
	}
	if a.record != (recloser.Record{}) {
		w.plant(key, a.record)
	}
	w.coin = a.coin
	e := w.run(a.machine, a.input)
	r := opined{Status: e.Status, Output: e.Output}
	if e.Failure != nil {
		r.Error = e.Failure.Name
	}
	for _, v := range e.Visited {
		r.States = append(r.States, v.State)
	}
	for _, m := range q.messages {
		if !m.visible.After(w.world.Now()) {
			r.Messages = append(r.Messages, m.body)
		}
	}
	r.Items = (&pair{world: w}).itemsOf(key)
	return r.plain(t, key)
}

// there is the case in moto.
func (a asked) there(t *testing.T, o *opinion, key string) opined {
	t.Helper()
	request := map[string]any{"start": workflow.MachineName("payments", a.machine), "input": a.input, "coin": a.coin, "key": key, "item": nil}
	var bodies []string
	for _, m := range a.messages {
		bodies = append(bodies, textOf(t, m))
	}
	request["messages"] = bodies
	if a.record != (recloser.Record{}) {
		request["item"] = attributesOf(key, later(a.record, now().Sub(epoch.Time())))
	}
	return o.ask(t, request).plain(t, key)
}

// plain returns what does not depend on when it happened.
func (o opined) plain(t *testing.T, key string) opined {
	t.Helper()
	if m, ok := o.Output.(map[string]any); ok {
		delete(m, "retry_after_ms")
		delete(m, "message_id")
		list, _ := m["items"].([]any)
		for _, each := range list {
			if one, ok := each.(map[string]any); ok {
				delete(one, "cause") // A function's is JSON.
			}
		}
	}
	for i, body := range o.Messages {
		var m map[string]any
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Fatal(err)
		}
		if parked, ok := m["parked"].(map[string]any); ok {
			delete(parked, "at")
			delete(parked, "execution")
		}
		o.Messages[i] = textOf(t, m)
	}
	if len(o.Messages) == 0 {
		o.Messages = nil
	}
	// Whether a view is fresh enough depends on how fast it goes.
	var states []string
	for i := 0; i < len(o.States); i++ {
		if o.States[i] == "Read again" && slices.Equal(o.States[i:i+3], []string{"Read again", "Weigh", "Act"}) {
			i += 2
			continue
		}
		states = append(states, o.States[i])
	}
	o.States = states
	if slices.Contains(o.States, "Guard") {
		slices.Sort(o.States) // Items go on side by side.
	}
	var items []map[string]any
	for _, attributes := range o.Items {
		items = append(items, summary(t, key, attributes))
	}
	slices.SortFunc(items, func(a, b map[string]any) int { return strings.Compare(textOf(t, a), textOf(t, b)) })
	o.Items = items
	return o
}

// summary is a record, or an entry of history, without times and tokens.
func summary(t *testing.T, key string, attributes map[string]any) map[string]any {
	t.Helper()
	sort, _ := attributes[item.Sort].(map[string]any)
	if sort["S"] != item.SortRecord {
		e, err := item.DecodeEntry(key, itemOf(attributes))
		if err != nil {
			t.Fatal(err)
		}
		e.Cause.Span = 0 // It depends on where in a slot it happens.
		return map[string]any{"entry": string(e.Kind), "generation": e.Generation, "relapses": e.Relapses, "cause": fmt.Sprint(e.Cause), "open": max(e.OpenUntil-e.At, 0)}
	}
	r, err := item.Decode(key, itemOf(attributes))
	if err != nil {
		return map[string]any{"unreadable": true}
	}
	r.Cause.Span = 0
	sum := r.Window.Sum(0, 1<<60)
	return map[string]any{
		"state": r.State.String(), "generation": r.Generation, "relapses": r.Relapses, "cause": fmt.Sprint(r.Cause), "watched": r.WatchSince != 0,
		"counts": fmt.Sprintf("%+v", sum), "ok": r.ProbeOK, "failed": r.ProbeFailed, "held": r.Probes[0].Token != "",
		"voices": len(slices.DeleteFunc(slices.Clone(r.Voices[:]), func(v string) bool { return v == "" })), "open": max(r.OpenUntil-r.Since, 0),
	}
}
