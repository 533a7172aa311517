package dynamostore

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser/internal/item"
)

// The shape of a table: what it is made with, and what is checked of it.
//
// A circuit is one partition of the table: its record, and what has happened to
// it. Only records have a schema, so the index by it is one of circuits, and it
// holds nothing but keys that no update changes: it is written when a record
// comes or goes, and not in between.

func definitions() []types.AttributeDefinition {
	return []types.AttributeDefinition{
		{AttributeName: aws.String(item.Key), AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: aws.String(item.Sort), AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: aws.String(item.Schema), AttributeType: types.ScalarAttributeTypeN},
	}
}

func tableKey() []types.KeySchemaElement { return key(item.Key, item.Sort) }

func indexKey() []types.KeySchemaElement { return key(item.Schema, item.Key) }

func key(partition, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &partition, KeyType: types.KeyTypeHash},
		{AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func keysOnly() *types.Projection {
	return &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
}

// description is what DynamoDB says of a table.
type description struct{ *types.TableDescription }

// describe returns what DynamoDB says of a table that has the key of records; of
// any other it returns an error.
func describe(ctx context.Context, client TableAPI, table string) (description, error) {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return description{}, failed(client, table, "DescribeTable", err)
	}
	d := description{out.Table}
	if d.TableDescription == nil {
		return description{}, &Error{Operation: "DescribeTable", Table: table, Kind: ErrUnavailable, advice: "its answer cannot be read"}
	}
	if is, want := d.say(d.KeySchema), say(tableKey(), definitions()); is != want {
		return description{}, wrong(table, "DescribeTable", fmt.Sprintf("its key is %s and must be %s, which cannot be changed; use another table", is, want))
	}
	return d, nil
}

// index returns the table's index of circuits; nil if it has none.
func (d description) index() *types.GlobalSecondaryIndexDescription {
	for i := range d.GlobalSecondaryIndexes {
		if aws.ToString(d.GlobalSecondaryIndexes[i].IndexName) == Index {
			return &d.GlobalSecondaryIndexes[i]
		}
	}
	return nil
}

// wrongIndex says what is wrong with the table's index, and what to do; nothing
// if all is well.
func (d description) wrongIndex() string {
	i := d.index()
	if i == nil {
		return fmt.Sprintf("it has no index %s, without which its circuits cannot be listed; run recloser store init", Index)
	}
	if is, want := d.say(i.KeySchema), say(indexKey(), definitions()); is != want {
		return fmt.Sprintf("the key of its index %s is %s and must be %s; delete the index, and run recloser store init", Index, is, want)
	}
	if i.Projection == nil || i.Projection.ProjectionType != types.ProjectionTypeKeysOnly {
		return fmt.Sprintf("its index %s holds more than keys, so that every write costs two; delete the index, and run recloser store init", Index)
	}
	if i.IndexStatus != types.IndexStatusActive && i.IndexStatus != types.IndexStatusUpdating {
		return fmt.Sprintf("its index %s is %s, and cannot be used yet; wait for it", Index, strings.ToLower(string(i.IndexStatus)))
	}
	return ""
}

func (d description) say(key []types.KeySchemaElement) string {
	return say(key, d.AttributeDefinitions)
}

// say returns a key as its attributes and their types: "pk S, sk S".
func say(key []types.KeySchemaElement, all []types.AttributeDefinition) string {
	typeOf := make(map[string]types.ScalarAttributeType)
	for _, a := range all {
		typeOf[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	var parts []string
	for _, k := range key {
		name := aws.ToString(k.AttributeName)
		parts = append(parts, fmt.Sprintf("%s %s", line(name), typeOf[name]))
	}
	return strings.Join(parts, ", ")
}

// wrong returns what is wrong with a table that is not one of records.
func wrong(table, operation, advice string) error {
	return &Error{Operation: operation, Table: table, Kind: ErrWrongTable, advice: advice}
}
