package simulator_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/simulator"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// The servers that the model of the store is held against.
var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	valkey = testserver.Shared{Start: testserver.Valkey}
)

// backend is a real store.
type backend struct {
	name   string
	server *testserver.Shared
	// open opens it by the URL of its server, or of what stands before that. An
	// operation takes so long at most.
	open func(t *testing.T, url string, timeout time.Duration) recloser.Store
}

func reals() []backend {
	return []backend{{"DynamoDB", &dynamo, openDynamo}, {"Valkey", &valkey, openValkey}}
}

func openDynamo(t *testing.T, url string, timeout time.Duration) recloser.Store {
	t.Helper()
	const table = "recloser-model"
	client := func(url string) *dynamodb.Client {
		// Every request has a connection of its own, so that none is spoiled for
		// the next.
		once := &http.Client{Transport: &http.Transport{DisableKeepAlives: url != dynamo.URL(t)}}
		t.Cleanup(once.CloseIdleConnections)
		c, err := dynamostore.NewClient(func(o *dynamodb.Options) {
			o.Region, o.BaseEndpoint, o.HTTPClient = "eu-west-1", &url, once
			o.Credentials = credentials.NewStaticCredentialsProvider("test", "secret", "session")
		})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if err := dynamostore.Create(t.Context(), client(dynamo.URL(t)), table); err != nil {
		t.Fatal(err)
	}
	return dynamostore.New(client(url), func(o *dynamostore.Options) { o.Table, o.Timeout = table, timeout })
}

func openValkey(t *testing.T, url string, timeout time.Duration) recloser.Store {
	t.Helper()
	s, err := valkeystore.Open(url, func(o *valkeystore.OpenOptions) { o.Timeout = timeout })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// arrival is what came to the model of the store, and what it answered.
type arrival struct {
	partition int
	write     recloser.Write
	answer    recloser.Record
	err       error
}

// The model of the store is held to the contract that defines one.
func TestModelIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) recloser.Store { return simulator.NewModel(t, 1) },
		func(o *storetest.Options) { o.Histories = budget(20, 200, 1_000) })
}

// What came to the model in runs in which everything goes wrong, late and lost and
// doubtful writes among it, comes to real stores in the same order: each operation is
// answered there as the model answered it, by the same record or the same conflict.
// LAWS.md, S6.
func TestModelAnswersAsRealStores(t *testing.T) {
	const most = 2_000 // of one run
	for _, to := range reals() {
		t.Run(to.name, func(t *testing.T) {
			store := to.open(t, to.server.URL(t), 30*time.Second)
			operations, conflicts, runs := 0, 0, budget(12, 200, 1_000)
			if evidence.Race {
				runs = 2
			}
			for seed := uint64(1); seed <= uint64(runs); seed++ {
				var arrivals []arrival
				s := simulator.Swarm(seed).Witnessed(func(partition int, write recloser.Write, answer recloser.Record, err error) {
					arrivals = append(arrivals, arrival{partition, write, answer, err})
				})
				play(t, s)
				prefix := "model-" + rand.Text()
				for i, a := range arrivals[:min(len(arrivals), most)] {
					operations++
					if a.err != nil {
						conflicts++
					}
					if diff := a.parting(t, store, fmt.Sprintf("%s-%d", prefix, a.partition)); diff != "" {
						t.Fatalf("seed %d, operation %d, %T%+[3]v: %s", seed, i, a.write, diff)
					}
				}
			}
			t.Logf("%d operations, %d of them conflicts", operations, conflicts)
			if operations < 200*runs || conflicts < runs {
				t.Errorf("%d operations and %d conflicts prove little", operations, conflicts)
			}
			evidence.Record(t, evidence.Entry{
				Law: "S6", How: fmt.Sprintf("the simulator's store model against a real %s: %s operations of simulated fleets, in their order of arrival", to.name, evidence.Thousands(operations)),
				Seeds: runs, Promise: "each answered alike", Worst: "0 differ", Met: true,
			})
		})
	}
}

// parting returns in what a real store answers otherwise.
func (a *arrival) parting(t *testing.T, store recloser.Store, key string) string {
	t.Helper()
	var got recloser.Record
	var err error
	if a.write == nil {
		got, err = store.Load(t.Context(), key)
	} else {
		got, err = store.Apply(t.Context(), key, a.write)
	}
	if !errors.Is(err, a.err) || (err == nil) != (a.err == nil) {
		return fmt.Sprintf("the error is %v, and %v in the model", err, a.err)
	}
	if got != a.answer {
		return fmt.Sprintf("the answer is\n%+v\nand in the model\n%+v", got, a.answer)
	}
	return ""
}

// What a fault does to a write in the model, a network does to one on its way to a
// real server, and to its answer: what its writer hears, and whether and when it is
// made. LAWS.md, S3.
func TestModelFaultsAreThoseOfANetwork(t *testing.T) {
	type fate struct {
		answered   bool // whether the writer hears that it was made
		made, late bool // whether it is in the end; and is not when its writer has given up
	}
	const timeout, delay = 400 * time.Millisecond, 2 * time.Second
	for _, row := range []struct {
		kind   simulator.FaultKind
		length time.Duration
		toxics map[string][]string
		want   fate
	}{
		{simulator.FaultLostAnswer, 0, both(testserver.LosesAnswer, testserver.Resets), fate{made: true}},
		{simulator.FaultNotDone, 0, map[string][]string{"DynamoDB": {testserver.CutsQuestion(200)}, "Valkey": {testserver.CutsQuestion(20)}}, fate{}},
		{simulator.FaultHang, 0, both(testserver.LosesQuestion), fate{}},
		{simulator.FaultLate, 5 * time.Second, both(testserver.DelaysQuestion(delay)), fate{made: true, late: true}},
		{simulator.FaultSlow, time.Millisecond, both(testserver.DelaysAnswer(2*time.Millisecond, 0)), fate{answered: true, made: true}},
	} {
		t.Run(string(row.kind), func(t *testing.T) {
			lates := 0
			for seed := range uint64(10) {
				m := simulator.NewModel(t, seed+1, simulator.Fault{Kind: row.kind, Share: 1, Length: row.length, Until: time.Hour})
				_, err := m.Apply(t.Context(), "payments", opening)
				before := m.Truth("payments")
				m.Settle()
				after := m.Truth("payments")
				if before.Generation != after.Generation {
					lates++
				}
				got := fate{err == nil, after.Generation == 1, row.want.late}
				if got != row.want || errors.Is(err, recloser.ErrConflict) {
					t.Errorf("seed %d: in the model %+v, want %+v (%v)", seed+1, got, row.want, err)
				}
			}
			if late := lates > 5; late != row.want.late { // Some come just before their writers give up.
				t.Errorf("in the model %d of 10 were made after their writers had given up", lates)
			}
			for _, to := range reals() {
				for _, toxic := range row.toxics[to.name] {
					direct := to.open(t, to.server.URL(t), 30*time.Second)
					p := testserver.NewProxy(t, to.server.URL(t))
					limit := timeout
					if row.want.answered {
						limit = 30 * time.Second
					}
					hasty := to.open(t, p.URL(), limit)
					// Whoever keeps connections has one now, and the server its scripts.
					key := "fault-" + rand.Text()
					if _, err := direct.Apply(t.Context(), key+"-before", opening); err != nil {
						t.Fatal(err)
					}
					for range 100 { // A busy machine may be slow.
						if _, err := hasty.Load(t.Context(), key); err == nil {
							break
						}
					}
					p.Poison(toxic)
					_, err := hasty.Apply(t.Context(), key, opening)
					before := load(t, direct, key)
					after := before
					for began := time.Now(); after.Generation == 0 && row.want.made && time.Since(began) < time.Minute; {
						after = load(t, direct, key)
					}
					// How long a server is at it that is not late is its own affair.
					late := row.want.late && before.Generation != after.Generation
					if got := (fate{err == nil, after.Generation == 1, late}); got != row.want || errors.Is(err, recloser.ErrConflict) {
						t.Errorf("%s behind %s: %+v, want %+v (%v)", to.name, toxic, got, row.want, err)
					}
				}
			}
		})
	}
}

// both returns the same toxics for both stores.
func both(toxics ...string) map[string][]string {
	return map[string][]string{"DynamoDB": toxics, "Valkey": slices.Clone(toxics)}
}

var opening = recloser.Transition{To: recloser.StateOpen, Since: 1_800_000_000_000, OpenUntil: 1_800_000_010_000, Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10}}

func load(t *testing.T, store recloser.Store, key string) recloser.Record {
	t.Helper()
	r, err := store.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
