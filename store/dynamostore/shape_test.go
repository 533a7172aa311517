package dynamostore_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// made returns what a table is made with, changed.
func made(name string, change func(*dynamodb.CreateTableInput)) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName:   &name,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("sk"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("schema"), AttributeType: types.ScalarAttributeTypeN},
		},
		KeySchema: hashAndRange("pk", "sk"),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("circuits"), KeySchema: hashAndRange("schema", "pk"),
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	}
	change(in)
	return in
}

func hashAndRange(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &hash, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func withoutIndex(in *dynamodb.CreateTableInput) {
	in.GlobalSecondaryIndexes, in.AttributeDefinitions = nil, in.AttributeDefinitions[:2]
}

// TestShapes: whatever of a table is not as it should be is named, in a line of
// its own, and Create puts right what can be.
func TestShapes(t *testing.T) {
	c := client(t, indexer.URL(t))
	const expiryOff = "time to live is off"
	for _, row := range []struct {
		name   string
		change func(*dynamodb.CreateTableInput)
		lines  []string // In the order in which they are said.
		mended bool     // By Create.
	}{
		{"sound", func(*dynamodb.CreateTableInput) {}, []string{expiryOff}, true},
		{"no-sort-key", func(in *dynamodb.CreateTableInput) {
			withoutIndex(in)
			in.KeySchema, in.AttributeDefinitions = in.KeySchema[:1], in.AttributeDefinitions[:1]
		}, []string{"its key is pk S and must be pk S, sk S"}, false},
		{"sort-key-of-numbers", func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions[1].AttributeType = types.ScalarAttributeTypeN
		}, []string{"its key is pk S, sk N and must be pk S, sk S"}, false},
		{"no-index", withoutIndex, []string{"it has no index circuits", expiryOff}, true},
		{"index-by-another-key", func(in *dynamodb.CreateTableInput) {
			in.GlobalSecondaryIndexes[0].KeySchema = hashAndRange("schema", "sk")
		}, []string{"the key of its index circuits is schema N, sk S and must be schema N, pk S", expiryOff}, false},
		{"index-of-texts", func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions[2].AttributeType = types.ScalarAttributeTypeS
		}, []string{"the key of its index circuits is schema S, pk S", expiryOff}, false},
		{"index-of-all", func(in *dynamodb.CreateTableInput) {
			in.GlobalSecondaryIndexes[0].Projection.ProjectionType = types.ProjectionTypeAll
		}, []string{"its index circuits holds more than keys", expiryOff}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			name := newTable(t, c)
			if _, err := c.CreateTable(t.Context(), made(name, row.change)); err != nil {
				t.Fatal(err)
			}
			err := dynamostore.Check(t.Context(), c, name)
			if !errors.Is(err, dynamostore.ErrWrongTable) {
				t.Fatalf("got error %v", err)
			}
			lines := strings.Split(err.Error(), "\n")
			if len(lines) != len(row.lines) {
				t.Fatalf("want %d lines, got %q", len(row.lines), lines)
			}
			for i, line := range lines {
				t.Log(line)
				if !strings.Contains(line, row.lines[i]) || !strings.HasPrefix(line, "dynamostore: ") {
					t.Errorf("line %d says %q, and not %q", i, line, row.lines[i])
				}
			}
			err = dynamostore.Create(t.Context(), c, name)
			if !row.mended {
				checkLine(t, err, dynamostore.ErrWrongTable)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if err := dynamostore.Check(t.Context(), c, name); err != nil {
				t.Errorf("after Create: %v", err)
			}
		})
	}
}

// TestIndexComesLater: circuits that were there before the index are in it.
func TestIndexComesLater(t *testing.T) {
	c := client(t, indexer.URL(t))
	name := newTable(t, c)
	if _, err := c.CreateTable(t.Context(), made(name, withoutIndex)); err != nil {
		t.Fatal(err)
	}
	s := open(c, name)
	if _, err := s.Apply(t.Context(), "payments", recloser.Watch{At: 1, Share: 1}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Keys(t.Context(), "", 10)
	checkLine(t, err, dynamostore.ErrWrongTable)
	if !strings.Contains(err.Error(), "it has no index circuits") {
		t.Errorf("got error %v", err)
	}
	if err := dynamostore.Create(t.Context(), c, name); err != nil {
		t.Fatal(err)
	}
	if keys, err := s.Keys(t.Context(), "", 10); err != nil || len(keys) != 1 || keys[0] != "payments" {
		t.Errorf("got the keys %q, error %v", keys, err)
	}
}
