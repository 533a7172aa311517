package circuit_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"

	"github.com/recloser-dev/recloser/bench/fleet/arrival"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

var errFailed = errors.New("failed")

// specs are the circuits of a test, which nobody has written yet.
func specs(t *testing.T) []circuit.Spec {
	t.Helper()
	spec := circuit.Spec{Peer: circuit.RecloserDynamoDB, URL: dynamo.URL(t), Table: t.Name() + rand.Text()}
	if err := circuit.CreateTable(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	url := testserver.Emptied(t, valkey.URL(t))
	return []circuit.Spec{spec, {Peer: circuit.RecloserValkey, URL: url}, {Peer: circuit.GobreakerValkey, URL: url}}
}

// minCalls is how many calls are judged, by their plain rate.
const minCalls = 10

// member is one environment of a test.
type member struct {
	*circuit.Circuit
	*tally.Recorder
	opened atomic.Bool
}

func join(t *testing.T, s circuit.Spec) *member {
	t.Helper()
	m := new(member)
	m.Recorder = tally.NewRecorder(func(e phase.Event) {
		if e == phase.Opened {
			m.opened.Store(true)
		}
	})
	policy := recloser.DefaultPolicy()
	policy.OpenWhen.MinCalls, policy.OpenWhen.Confidence, policy.OpenWhen.Consecutive = minCalls, 0, 0
	c, err := circuit.Open(t.Context(), s, policy, m.Recorder)
	if err != nil {
		t.Fatal(err)
	}
	m.Circuit = c
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	m.Begin(time.Now())
	return m
}

func (m *member) call(err error) error {
	return m.Do(context.Background(), func(context.Context) error { return err })
}

// Every operation is counted twice, where it is asked for and where it arrives,
// and the two agree.
func TestCountedTwice(t *testing.T) {
	for _, s := range specs(t) {
		t.Run(string(s.Peer), func(t *testing.T) {
			counter, err := arrival.NewCounter(valkey.URL(t))
			if err != nil {
				t.Fatal(err)
			}
			defer counter.Close()
			m := join(t, s)
			before, err := counter.Count(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			const calls = minCalls / 2
			for range calls {
				if err := m.call(errFailed); !errors.Is(err, errFailed) {
					t.Fatal(err)
				}
			}
			after, err := counter.Count(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			done := m.End()
			reads, writes, texts := after.Since(before).Operations()
			if s.Peer == circuit.RecloserDynamoDB {
				reads, writes, texts = done.Requests.GetItem, done.Requests.UpdateItem, 0
			}
			if asked := done.Asked; asked.Reads == 0 || asked.Writes == 0 || asked.Reads+asked.Writes != reads+writes-texts || asked.Faults > 0 {
				t.Errorf("asked for %+v; %d reads and %d writes arrived, %d of them with a text", asked, reads, writes, texts)
			}
			switch r := done.Requests; s.Peer {
			case circuit.RecloserDynamoDB:
				// The first write of a circuit is one of the index, too.
				if r.ReadUnits != float64(r.GetItem) || r.WriteUnits != float64(r.UpdateItem+1) || r.Refused != 0 {
					t.Errorf("%+v; want a unit for each, and one for the index", r)
				}
			case circuit.GobreakerValkey:
				if reads != calls || writes != 3*calls {
					t.Errorf("%d reads and %d writes for %d calls; want GET, and SET NX, SET and DEL", reads, writes, calls)
				}
			case circuit.RecloserValkey:
			}
		})
	}
}

// One environment opens the circuit, all turn calls away, and who sees it is
// told.
func TestOpened(t *testing.T) {
	for _, s := range specs(t) {
		t.Run(string(s.Peer), func(t *testing.T) {
			fleet := []*member{join(t, s), join(t, s), join(t, s)}
			limit := time.Now().Add(time.Minute)
			for rejected := 0; rejected < len(fleet); {
				rejected = 0
				for _, m := range fleet {
					switch err := m.call(errFailed); {
					case m.Rejected(err):
						rejected++
					case !errors.Is(err, errFailed):
						t.Fatal(err)
					}
				}
				if time.Now().After(limit) {
					t.Fatalf("after a minute of failures %d of %d environments turn calls away", rejected, len(fleet))
				}
			}
			var done tally.Tally
			told := false
			for _, m := range fleet {
				done.Add(m.End())
				told = told || m.opened.Load()
			}
			if done.Openings != 1 || done.OpenedAfter <= 0 || !told {
				t.Errorf("%d openings, the first after %v; want one. Told of it: %t", done.Openings, done.OpenedAfter, told)
			}
		})
	}
}

func TestNobody(t *testing.T) {
	r := tally.NewRecorder(func(phase.Event) {})
	for _, s := range []circuit.Spec{
		{Peer: "nobody"},
		{Peer: circuit.RecloserValkey, URL: "nowhere"},
		{Peer: circuit.GobreakerValkey, URL: "nowhere"},
	} {
		if _, err := circuit.Open(t.Context(), s, recloser.DefaultPolicy(), r); err == nil {
			t.Errorf("opened %+v", s)
		}
	}
}
