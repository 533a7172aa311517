package dynamostore_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
)

// meter is a client that adds up what its requests are charged for.
type meter struct {
	*dynamodb.Client
	table, index float64 // Units.
	pages        int
}

func (m *meter) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityIndexes
	out, err := m.Client.UpdateItem(ctx, in, optFns...)
	if err == nil {
		m.add(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) Query(ctx context.Context, in *dynamodb.QueryInput, optFns ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	in.ReturnConsumedCapacity = types.ReturnConsumedCapacityIndexes
	out, err := m.Client.Query(ctx, in, optFns...)
	if err == nil {
		m.pages++
		m.add(out.ConsumedCapacity)
	}
	return out, err
}

func (m *meter) add(c *types.ConsumedCapacity) {
	if c.Table != nil {
		m.table += aws.ToFloat64(c.Table.CapacityUnits)
	}
	for _, i := range c.GlobalSecondaryIndexes {
		m.index += aws.ToFloat64(i.CapacityUnits)
	}
}

// read returns what was charged since it was last read.
func (m *meter) read() (table, index float64) {
	table, index = m.table, m.index
	m.table, m.index = 0, 0
	return table, index
}

// TestIndexIsWrittenOnce: an update of a record costs what the record does. The
// index is written when a circuit comes, and not again.
func TestIndexIsWrittenOnce(t *testing.T) {
	m := &meter{Client: client(t, server.URL(t))}
	s := open(m, table(t))
	apply := func(w recloser.Write) {
		t.Helper()
		if _, err := s.Apply(t.Context(), "payments", w); err != nil {
			t.Fatal(err)
		}
	}
	apply(recloser.Watch{At: 1000, Share: 1})
	if table, index := m.read(); table != 1 || index != 1 {
		t.Errorf("to make a record costs %v units of the table and %v of the index", table, index)
	}
	const updates = 50
	for i := range updates {
		apply(recloser.Report{Watch: 1000, Share: 1, Counted: []recloser.Slot{{Start: 1000, Counts: recloser.Counts{Calls: i}}}})
	}
	if table, index := m.read(); table != updates || index != 0 {
		t.Errorf("%d updates cost %v units of the table and %v of the index", updates, table, index)
	}
}

// plantItem writes an item as no store would.
func plantItem(t *testing.T, c *dynamodb.Client, table, pk, sk string, schema int) {
	t.Helper()
	_, err := c.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
		"schema": &types.AttributeValueMemberN{Value: strconv.Itoa(schema)},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestKeysOfSchemas: circuits of this schema and the next one are listed in one
// order, each once, and what is no record of either is not.
func TestKeysOfSchemas(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	m := &meter{Client: c}
	s := open(m, name)
	var want []string
	for i := range 30 {
		key := fmt.Sprintf("circuit-%02d", i)
		want = append(want, key)
		plantItem(t, c, name, key, "record", 1+i%2)
	}
	for i := range 40 {
		plantItem(t, c, name, "circuit-10", "junk"+strconv.Itoa(i), 1)
		plantItem(t, c, name, "nothing", "junk"+strconv.Itoa(i), 2)
	}
	for _, limit := range []int{1, 2, 7, 30, 1000} {
		m.pages = 0
		var got []string
		after := ""
		for {
			page, err := s.Keys(t.Context(), after, limit)
			if err != nil || len(page) > limit {
				t.Fatalf("limit %d, after %q: %d keys, error %v", limit, after, len(page), err)
			}
			if len(page) == 0 {
				break
			}
			got = append(got, page...)
			after = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit %d: got %q", limit, got)
		}
		t.Logf("in pages of %d: %d requests", limit, m.pages)
	}
}

// TestKeysCost: to list circuits costs what is listed, whatever else they have.
func TestKeysCost(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	m := &meter{Client: c}
	s := open(m, name)
	const circuits = 300
	for i := range circuits {
		plantItem(t, c, name, fmt.Sprintf("circuit-%03d", i), "record", 1)
	}
	list := func(limit int) float64 {
		t.Helper()
		m.read()
		keys, err := s.Keys(t.Context(), "", limit)
		if err != nil || len(keys) != min(limit, circuits) {
			t.Fatalf("got %d keys, error %v", len(keys), err)
		}
		table, index := m.read()
		if table != 0 {
			t.Errorf("it reads the table, at %v units", table)
		}
		return index
	}
	few, all := list(10), list(1000)
	t.Logf("10 circuits cost %v units, %d cost %v", few, circuits, all)
	if few > 1 || all <= few || all > 5 {
		t.Errorf("10 circuits cost %v units, %d cost %v", few, circuits, all)
	}
}
