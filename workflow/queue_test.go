package workflow_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/statelanguage"
)

// queue is a queue as SQS documents it, on virtual time: at least once, hidden
// while somebody holds it, with the number of times it was received.
type queue struct {
	world    *world
	messages []*message
	handles  int
}

type message struct {
	id, body, handle string
	visible          time.Time
	received         int
}

func newQueue(w *world) *queue { return &queue{world: w} }

// all gives the queue to the state machines of a world.
func (q *queue) all() *queue {
	q.world.account.Tasks["sqs:sendMessage"] = q.send
	q.world.account.Tasks["aws-sdk:sqs:receiveMessage"] = q.receive
	q.world.account.Tasks["aws-sdk:sqs:deleteMessage"] = q.remove
	q.world.account.Tasks["aws-sdk:sqs:changeMessageVisibility"] = q.hide
	return q
}

func textOf(tb testing.TB, v any) string {
	tb.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

func argumentsOf(i *statelanguage.Invocation) map[string]any {
	m, _ := i.Arguments.(map[string]any)
	return m
}

const queueAddress = "https://sqs.eu-central-1.amazonaws.com/123456789012/parked"

func (q *queue) send(i *statelanguage.Invocation) (any, error) {
	a := argumentsOf(i)
	if a["QueueUrl"] != queueAddress {
		return nil, statelanguage.Failed("SQS.QueueDoesNotExistException", "%v", a["QueueUrl"])
	}
	body, err := json.Marshal(a["MessageBody"])
	if err != nil {
		return nil, err
	}
	m := &message{id: fmt.Sprintf("message-%d", len(q.messages)+1), body: string(body), visible: i.Now()}
	q.messages = append(q.messages, m)
	return map[string]any{"MessageId": m.id}, nil
}

func (q *queue) receive(i *statelanguage.Invocation) (any, error) {
	a := argumentsOf(i)
	most, _ := a["MaxNumberOfMessages"].(float64)
	hidden, _ := a["VisibilityTimeout"].(float64)
	var list []any
	for _, m := range q.messages {
		if len(list) == int(most) || m.visible.After(i.Now()) {
			continue
		}
		q.handles++
		m.received++
		m.handle = fmt.Sprintf("handle-%d", q.handles)
		m.visible = i.Now().Add(time.Duration(hidden) * time.Second)
		list = append(list, map[string]any{
			"MessageId": m.id, "Body": m.body, "ReceiptHandle": m.handle,
			"Attributes": map[string]any{"ApproximateReceiveCount": fmt.Sprint(m.received)},
		})
	}
	if list == nil {
		return map[string]any{}, nil
	}
	return map[string]any{"Messages": list}, nil
}

func (q *queue) find(i *statelanguage.Invocation) (int, *message) {
	for n, m := range q.messages {
		if m.handle == argumentsOf(i)["ReceiptHandle"] {
			return n, m
		}
	}
	return -1, nil
}

func (q *queue) remove(i *statelanguage.Invocation) (any, error) {
	n, _ := q.find(i)
	if n < 0 {
		return nil, statelanguage.Failed("Sqs.ReceiptHandleIsInvalidException", "no such handle")
	}
	q.messages = append(q.messages[:n], q.messages[n+1:]...)
	return map[string]any{}, nil
}

func (q *queue) hide(i *statelanguage.Invocation) (any, error) {
	_, m := q.find(i)
	seconds, ok := argumentsOf(i)["VisibilityTimeout"].(float64)
	if m == nil || !ok || seconds < 0 || seconds > 43_200 || seconds != float64(int(seconds)) {
		return nil, statelanguage.Failed("Sqs.SqsException", "no such handle, or no such time: %v", argumentsOf(i))
	}
	m.visible = i.Now().Add(time.Duration(seconds) * time.Second)
	return map[string]any{}, nil
}

// crowded keeps the probe slots of a half-open circuit taken by ever others.
func (w *world) crowded(faults inject, states ...string) {
	w.inject(faults)
	faulty, n := w.account.Intercept, 0
	w.account.Intercept = func(i *statelanguage.Invocation) (bool, any, error) {
		for _, state := range states {
			if i.State == state {
				n++
				r := halfOpen(0, 0)
				r.Probes[0] = recloser.Lease{Token: fmt.Sprintf("other-%d", n), End: recloser.InstantOf(i.Now()).Add(3500 * time.Millisecond)}
				w.plant("payments", r)
			}
		}
		return faulty(i)
	}
}

// continued lets an execution of the guard wait for so long that it continues as
// another, whose end is its own.
func continued(t *testing.T, engine *statelanguage.Engine, m *statelanguage.Machine, all map[string]bool) {
	t.Helper()
	for i, row := range []struct {
		faults []string
		want   string
	}{
		{[]string{"StepFunctions.ThrottlingException", "StepFunctions.ExecutionLimitExceededException", "StepFunctions.SdkClientException", "well"}, "Odd"},
		{[]string{"StepFunctions.StateMachineDoesNotExistException"}, "StepFunctions.StateMachineDoesNotExistException"},
	} {
		w := newWorld(t, engine)
		if i > 0 || evidence.Race {
			w.addImpatient(full)
		} else {
			w.add(full)
		}
		request := call(map[string]any{"fails": "Odd"})
		request["when_open"] = "wait"
		w.crowded(inject{"Continue as new": row.faults}, "Look", "Look again")
		e, err := w.account.Start("guard", request)
		if err != nil {
			t.Fatal(err)
		}
		for !e.Passed("Continue as new") {
			w.at(w.world.Now().Sub(epoch.Time()) + time.Minute)
			if w.world.Now().Sub(epoch.Time()) > 12*time.Hour {
				t.Fatal("it never continues as new")
			}
		}
		w.inject(inject{"Continue as new": row.faults})
		w.plant("payments", recloser.Record{})
		w.world.Run()
		if e.Failure == nil || e.Failure.Name != row.want {
			t.Errorf("it ended with %v and %v, want %s", e.Output, e.Failure, row.want)
		}
		if e.Events > 25_000*3/4 {
			t.Errorf("its history has %d events", e.Events)
		}
		t.Logf("it continued as new after %d events and %d transitions", e.Events, e.Transitions)
		take(m, e, all)
	}
}
