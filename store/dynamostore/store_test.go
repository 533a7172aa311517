package dynamostore_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/storetest"
)

// TestStore holds the store to the contract, on DynamoDB Local.
func TestStore(t *testing.T) {
	c := client(t, server.URL(t))
	var name string
	histories := 0
	storetest.Run(t,
		func(t *testing.T) recloser.Store {
			t.Helper()
			name = table(t)
			return open(c, name)
		},
		func(o *storetest.Options) {
			o.OpenFaulty = func(t *testing.T) recloser.Store {
				t.Helper()
				p := testserver.NewProxy(t, server.URL(t))
				for _, network := range unanswered {
					p.Poison(testserver.Sometimes(network.toxic, 0.04))
				}
				p.Poison(testserver.Sometimes(testserver.DelaysAnswer(2*time.Millisecond, 2*time.Millisecond), 0.3))
				return dynamostore.New(client(t, p.URL(), anew), func(o *dynamostore.Options) { o.Table, o.Timeout = name, 50*time.Millisecond })
			}
			o.PlantNewer = func(ctx context.Context, _ recloser.Store, key string) error {
				_, err := c.PutItem(ctx, &dynamodb.PutItemInput{TableName: &name, Item: map[string]types.AttributeValue{
					"pk":     &types.AttributeValueMemberS{Value: key},
					"sk":     &types.AttributeValueMemberS{Value: "record"},
					"schema": &types.AttributeValueMemberN{Value: "2"},
					"state":  &types.AttributeValueMemberS{Value: "ajar"},
				}})
				return err
			}
			histories = o.Histories
		})
	evidence.Record(t, evidence.Entry{
		Law: "S6", Seeds: histories, Promise: "100 histories × 200 operations: 0 illegal, 0 unknown", Worst: "0 illegal, 0 unknown",
		Met: histories >= 100, Note: "fewer with -short",
		How: "concurrent clients of DynamoDB Local over connections that fail, checked for linearizability by Porcupine",
	})
}

// TestForgetfulServer: where the loser of a race is not told the winner's record
// it reads it, and if its own condition holds by then it tries again.
func TestForgetfulServer(t *testing.T) {
	c := client(t, server.URL(t))
	storetest.Run(t,
		func(t *testing.T) recloser.Store {
			t.Helper()
			return open(forgetful{Client: c}, table(t))
		},
		func(o *storetest.Options) { o.Histories = min(o.Histories, 10) })
}

// TestConditionHoldsAfterAll: the record that is read after a condition has
// failed may meet it.
func TestConditionHoldsAfterAll(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	direct := open(c, name)
	overtaken := 0
	s := open(forgetful{Client: c, before: func() {
		overtaken++
		if _, err := direct.Apply(t.Context(), "payments", recloser.Transition{To: recloser.StateOpen, Since: 1}); err != nil {
			t.Error(err)
		}
	}}, name)
	r, err := s.Apply(t.Context(), "payments", recloser.Watch{Generation: 1, At: 2, Share: 1})
	if err != nil || overtaken != 1 || r.Generation != 1 || r.WatchSince != 2 {
		t.Errorf("got error %v and %+v, overtaken %d times", err, r, overtaken)
	}
}
