package dynamostore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// unanswered are networks that leave whoever writes without an answer, and
// whether the write is made all the same.
var unanswered = []struct {
	name, toxic string
	made        bool
}{
	{"loses answer", testserver.LosesAnswer, true},
	{"cuts answer", testserver.CutsAnswer(40), true},
	{"resets before answer", testserver.Resets, true},
	{"loses question", testserver.LosesQuestion, false},
	{"cuts question", testserver.CutsQuestion(200), false},
}

// plant leaves a circuit open for longer than it should be.
func plant(t *testing.T, s recloser.Store, key string, c *clock) {
	t.Helper()
	now := recloser.InstantOf(c.wall())
	_, err := s.Apply(t.Context(), key, recloser.Transition{
		To: recloser.StateOpen, Since: now.Add(-time.Minute), OpenUntil: now.Add(-time.Second),
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestUnknownClaim: a claim of which there is no answer is neither made nor lost;
// a read shows which. LAWS.md, S3.
func TestUnknownClaim(t *testing.T) {
	name := table(t)
	direct := open(client(t, server.URL(t)), name)
	for _, row := range unanswered {
		t.Run(row.name, func(t *testing.T) {
			p := testserver.NewProxy(t, server.URL(t))
			hasty := dynamostore.New(client(t, p.URL(), anew), func(o *dynamostore.Options) { o.Table, o.Timeout = name, 300*time.Millisecond })
			key := strings.ReplaceAll(row.name, " ", "-")
			plant(t, direct, key, newClock())
			p.Poison(row.toxic)
			claim := recloser.Claim{Generation: 1, First: true, Since: 1, Lease: recloser.Lease{Token: "mine", End: 2}}
			r, err := hasty.Apply(t.Context(), key, claim)
			if err == nil || errors.Is(err, recloser.ErrConflict) || r != (recloser.Record{}) {
				t.Fatalf("got error %v and %+v", err, r)
			}
			t.Log(err)
			p.Heal()
			r = await(t, direct, key, row.made)
			if made := r.Probes[0].Token == "mine" && r.Generation == 2; made != row.made {
				t.Errorf("made: %t; the record is %+v", made, r)
			}
		})
	}
	evidence.Record(t, evidence.Entry{
		Law: "S3", Promise: "an unknown claim is ownership only if a read shows it", Worst: "no breach", Met: true,
		How: "claims to DynamoDB Local behind Toxiproxy: answers and questions lost, cut, reset",
	})
}

// await reads a record until its claim has arrived, if it is on its way.
func await(t *testing.T, s recloser.Store, key string, made bool) recloser.Record {
	t.Helper()
	for {
		r, err := s.Load(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if !made || r.Probes[0].Token != "" {
			return r
		}
	}
}

// ambush is a client on whose writes a network falls, and on nothing else.
type ambush struct {
	dynamostore.API
	before, after func()
	fell          int
}

func (a *ambush) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	a.fell++
	a.before()
	defer a.after()
	return a.API.UpdateItem(ctx, in, optFns...)
}

// TestBreakerAndUnknownClaim: a breaker probes by such a claim once it has read
// its token, and not otherwise. LAWS.md, S3.
func TestBreakerAndUnknownClaim(t *testing.T) {
	name := table(t)
	direct := open(client(t, server.URL(t)), name)
	for _, row := range []struct {
		name, toxic   string
		heals, probes bool
	}{
		{"found by a read", testserver.CutsAnswer(40), true, true},
		{"never made", testserver.CutsQuestion(200), true, false},
		{"not found out", testserver.CutsAnswer(40), false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testserver.NewProxy(t, server.URL(t))
			a := &ambush{API: client(t, p.URL(), anew), before: func() { p.Poison(row.toxic) }, after: func() {}}
			if row.heals {
				a.after = p.Heal
			}
			key := strings.ReplaceAll(row.name, " ", "-")
			c := newClock()
			plant(t, direct, key, c)
			b := breaker(t, key, c, open(a, name), nil)
			if _, err := b.Refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			c.advance(time.Second) // Longer than environments are spread.
			permit, err := b.Allow(t.Context())
			switch {
			case a.fell == 0:
				t.Error("nothing was claimed")
			case row.probes && (err != nil || !permit.Probe()):
				t.Errorf("its token is in the store, but it may not probe: %v", err)
			case !row.probes && err == nil:
				t.Errorf("it probes by a claim it does not know of: %+v", b.Status())
			}
			if err == nil {
				permit.Success()
			}
		})
	}
}
