package dynamostore_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// plantEntries gives a circuit a history, a page of 25 at a time.
func plantEntries(t *testing.T, c *dynamodb.Client, table, circuit string, n int) {
	t.Helper()
	var all []types.WriteRequest
	for i := range n {
		all = append(all, types.WriteRequest{PutRequest: &types.PutRequest{Item: map[string]types.AttributeValue{
			"pk":    &types.AttributeValueMemberS{Value: circuit},
			"sk":    &types.AttributeValueMemberS{Value: fmt.Sprintf("history#%019d#%020d#opened", 1000+i, 1+i)},
			"cause": &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"rule": &types.AttributeValueMemberS{Value: "failure_rate"}}},
		}}})
	}
	for page := range slices.Chunk(all, 25) {
		if _, err := c.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: page}}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEntryCost: a transition costs its record and its entry, and writes nothing
// to the index; what leaves no entry costs the record alone.
func TestEntryCost(t *testing.T) {
	m := &meter{Client: client(t, server.URL(t))}
	s := open(m, table(t))
	if _, err := s.Apply(t.Context(), "payments", recloser.Watch{At: 1000, Share: 1}); err != nil {
		t.Fatal(err)
	}
	m.read()
	for _, row := range []struct {
		w    recloser.Write
		want float64
	}{
		{recloser.Report{Watch: 1000, Share: 1}, 1},
		{opening(0, 2000), 2},
		{recloser.Claim{Generation: 1, First: true, Since: 3000, Lease: recloser.Lease{Token: "mine", End: 4000}}, 2},
		{recloser.Claim{Generation: 2, Slot: 1, Lease: recloser.Lease{Token: "mine too", End: 4000}}, 1},
		{recloser.Settle{Generation: 2, Token: "mine"}, 1},
		{recloser.SetOverride{Generation: 2}, 2},
		{recloser.Transition{Generation: 2, Since: 5000, Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "ana"}}, 2},
	} {
		if _, err := s.Apply(t.Context(), "payments", row.w); err != nil {
			t.Fatal(err)
		}
		if table, index := m.read(); table != row.want || index != 0 {
			t.Errorf("%T costs %v units of the table and %v of the index, not %v", row.w, table, index, row.want)
		}
	}
}

// TestHistoryCost: to read a history costs what is read of it, in as many pages
// as it takes, and to list circuits costs the same however long theirs are.
func TestHistoryCost(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	m := &meter{Client: c}
	s := open(m, name)
	const circuits, long = 20, 2300
	for i := range circuits {
		plantItem(t, c, name, fmt.Sprintf("circuit-%02d", i), "record", 1)
	}
	list := func() float64 {
		t.Helper()
		keys, err := s.Keys(t.Context(), "", 100)
		table, index := m.read()
		if err != nil || len(keys) != circuits || table != 0 {
			t.Fatalf("got %d keys at %v units of the table, error %v", len(keys), table, err)
		}
		return index
	}
	before := list()
	plantEntries(t, c, name, "circuit-07", long)
	if after := list(); after != before {
		t.Errorf("to list the circuits has cost %v units, and costs %v", before, after)
	}
	m.pages = 0
	all, err := s.History(t.Context(), "circuit-07", 0, long+1000)
	if err != nil || len(all) != long || all[0].Generation != long || all[long-1].Generation != 1 {
		t.Fatalf("got %d entries, error %v", len(all), err)
	}
	cost, _ := m.read()
	t.Logf("%d circuits cost %v units; %d entries cost %v, in %d pages", circuits, before, long, cost, m.pages)
	if m.pages < 3 {
		t.Errorf("it took %d pages", m.pages)
	}
	if few, err := s.History(t.Context(), "circuit-07", 0, 10); err != nil || len(few) != 10 || !slices.Equal(few, all[:10]) {
		t.Errorf("got %+v and %v", few, err)
	}
	if table, index := m.read(); table > 1 || index != 0 {
		t.Errorf("ten entries cost %v units of the table, %v of the index", table, index)
	}
}

// TestEntryExpiry: an entry may be deleted 30 days after it was written, however
// wrong the clock of the transition.
func TestEntryExpiry(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	now := time.Now().Truncate(time.Second) // What is past, the server deletes by its own clock.
	s := dynamostore.New(c, func(o *dynamostore.Options) {
		o.Table, o.Timeout, o.Now = name, 30*time.Second, func() time.Time { return now }
	})
	want := strconv.FormatInt(now.Add(recloser.HistoryAge).Unix(), 10)
	for i, at := range []recloser.Instant{recloser.InstantOf(now), -1000, 1 << 62} {
		if _, err := s.Apply(t.Context(), "payments", opening(uint64(i), at)); err != nil {
			t.Fatal(err)
		}
		out, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
			"pk": &types.AttributeValueMemberS{Value: "payments"},
			"sk": &types.AttributeValueMemberS{Value: fmt.Sprintf("history#%019d#%020d#opened", max(at, 0), i+1)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if ttl, _ := out.Item["ttl"].(*types.AttributeValueMemberN); ttl == nil || ttl.Value != want {
			t.Errorf("at %d: ttl %v, want %s", at, ttl, want)
		}
		if out.Item["schema"] != nil {
			t.Error("it has a schema")
		}
	}
}
