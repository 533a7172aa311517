package workflow_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/workflow"
)

// fleet is a Go environment and state machines on one circuit, in one table of
// DynamoDB Local.
type fleet struct {
	*world
	store   *dynamostore.Store
	breaker *recloser.Breaker
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	url := dynamo.URL(t)
	transport := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(transport.CloseIdleConnections)
	client, table := tableOn(t, url, transport)
	f := &fleet{world: newWorld(t, newEngine(t))}
	now := func() time.Time { return f.world.world.Now() }
	f.store = dynamostore.New(client, func(o *dynamostore.Options) { o.Table, o.Now = table, now })
	f.add(func(o *workflow.Options) { o.Table = table })
	server := statelanguage.Server(t.Context(), transport, url)
	f.account.DynamoDB(server)
	policy := recloser.DefaultPolicy()
	policy.OpenWhen.Consecutive = 0
	b, err := recloser.New("payments", func(o *recloser.Options) {
		o.Store, o.Policy, o.StoreTimeout = f.store, policy, 30*time.Second
		o.Clock = recloser.Clock{
			Wall: now, Mono: func() time.Duration { return now().Sub(epoch.Time()) },
			AfterFunc: func(time.Duration, func()) func() bool { return func() bool { return true } },
		}
		o.Rand = func() float64 { return f.coin }
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	f.breaker = b
	return f
}

// tableOn makes a table on a server, of which nothing is deleted: the world of these
// tests is long ago by the server's clock, and whatever expires in it has expired.
func tableOn(t *testing.T, url string, transport *http.Client) (client *dynamodb.Client, table string) {
	t.Helper()
	client = dynamodb.New(dynamodb.Options{
		Region: "eu-central-1", BaseEndpoint: &url, HTTPClient: transport, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	})
	table = fmt.Sprintf("workflow-%d", rand.Uint32())
	if err := dynamostore.Create(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	if _, err := client.UpdateTimeToLive(t.Context(), &dynamodb.UpdateTimeToLiveInput{
		TableName: &table, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(item.Expires), Enabled: aws.Bool(false)},
	}); err != nil {
		t.Fatal(err)
	}
	return client, table
}

var errDependency = errors.New("the dependency failed")

// go1 makes a call of the Go environment, and reports whether it was made.
func (f *fleet) go1(fails bool) bool {
	p, err := f.breaker.Allow(f.tb.Context())
	if err != nil {
		return false
	}
	if fails {
		p.Failure()
	} else {
		p.Success()
	}
	return true
}

// guard makes a call of a workflow, and reports whether it was made.
func (f *fleet) guard(fails bool) bool {
	payload := map[string]any{}
	if fails {
		payload["fails"] = errDependency.Error()
	}
	e := f.start("guard-express", call(payload))
	f.at(f.world.world.Now().Sub(epoch.Time()))
	return e.Failure == nil || e.Failure.Name == errDependency.Error()
}

// TestMixedFleet: an outage that workflows see makes a Go environment reject, and
// the other way round; both probe one circuit, and both close it. LAWS.md, W1.
func TestMixedFleet(t *testing.T) {
	f := newFleet(t)
	step := func(d time.Duration) { f.at(f.world.world.Now().Sub(epoch.Time()) + d) }
	if !f.go1(false) || !f.guard(false) {
		t.Fatal("a new circuit rejects")
	}
	// The outage of the workflows.
	made := 0
	for range 30 {
		step(250 * time.Millisecond)
		if f.guard(true) {
			made++
		}
	}
	step(time.Second)
	if f.go1(true) {
		t.Error("an outage that workflows see makes no Go environment reject")
	}
	if made < 10 || made > 29 {
		t.Errorf("the workflows made %d calls of 30", made)
	}
	// The Go environment probes, with a workflow; together they close it.
	step(12 * time.Second)
	for i, who := range []func(bool) bool{f.go1, f.guard, f.go1} {
		if !who(false) {
			t.Errorf("probe %d was not made", i)
		}
		step(100 * time.Millisecond)
	}
	r, err := f.store.Load(t.Context(), "payments")
	if err != nil || r.State != recloser.StateClosed || r.Cause.Rule != recloser.RuleRecovered {
		t.Fatalf("%v (%v), %v", r.State, r.Cause, err)
	}
	// Both go by its ramp.
	f.coin = 0.5
	if f.go1(false) || f.guard(false) {
		t.Error("the ramp admits half of all calls at its beginning")
	}
	step(60 * time.Second)
	f.coin = 0
	// The outage of the Go environment.
	for range 60 {
		step(150 * time.Millisecond)
		f.go1(true)
	}
	if f.guard(true) {
		t.Error("an outage that a Go environment sees makes no workflow reject")
	}
	entries, err := f.store.History(t.Context(), "payments", 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	want := []recloser.EventKind{recloser.EventOpened, recloser.EventClosed, recloser.EventHalfOpened, recloser.EventOpened}
	if len(entries) != len(want) {
		t.Fatalf("the history is %v", entries)
	}
	for i, e := range entries {
		if e.Kind != want[i] || e.Generation != uint64(len(want)-i) {
			t.Errorf("entry %d is %v of generation %d", i, e.Kind, e.Generation)
		}
	}
}
