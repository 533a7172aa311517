package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// maxPages is how many pages one question may take. Each brings at least one
// key, of a table that nobody has put anything else in.
const maxPages = 10_000

// Keys implements [recloser.Lister]. It reads the table's index, and as much of
// it as it returns, in half a read unit for 4 KB: some 80 circuits. An index is
// never read consistently: a circuit that was written for the first time a
// moment ago may be missing. It lists circuits of the schemas that this version
// knows, and of the next one. It needs dynamodb:Query on the index, and is for
// operators. Options.Timeout bounds each page.
func (s *Store) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	var keys []string
	for schema := 1; schema <= recloser.Schema+1; schema++ {
		some, err := s.keysOf(ctx, schema, after, limit)
		if err != nil {
			return nil, err
		}
		keys = append(keys, some...)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys) // One whose schema changes may be seen in both.
	return keys[:min(limit, len(keys))], nil
}

// keysOf returns the first keys of one schema.
func (s *Store) keysOf(ctx context.Context, schema int, after string, limit int) ([]string, error) {
	in := &dynamodb.QueryInput{
		TableName:                 &s.options.Table,
		IndexName:                 aws.String(Index),
		KeyConditionExpression:    aws.String("#schema = :schema"),
		ProjectionExpression:      aws.String("#pk, #sk"),
		ExpressionAttributeNames:  map[string]string{"#schema": item.Schema, "#pk": item.Key, "#sk": item.Sort},
		ExpressionAttributeValues: map[string]types.AttributeValue{":schema": &types.AttributeValueMemberN{Value: strconv.Itoa(schema)}},
	}
	if after != "" {
		in.KeyConditionExpression = aws.String("#schema = :schema AND #pk > :after")
		in.ExpressionAttributeValues[":after"] = &types.AttributeValueMemberS{Value: after}
	}
	var keys []string
	for range maxPages {
		in.Limit = aws.Int32(int32(min(limit-len(keys), 1000)))
		out, err := s.query(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, attributes := range out.Items {
			m := values(attributes)
			if key, ok := m[item.Key].(item.String); ok && m[item.Sort] == item.String(item.SortRecord) {
				keys = append(keys, string(key))
			}
		}
		if len(keys) >= limit || len(out.LastEvaluatedKey) == 0 {
			return keys, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
	return nil, fmt.Errorf("dynamostore: table %.300q has more than %d pages to look through; ask for fewer keys", s.options.Table, maxPages)
}

// query reads one page. To repeat a read harms nobody, so the client's own
// retries stand.
func (s *Store) query(ctx context.Context, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	out, err := s.client.Query(ctx, in, detach)
	if err != nil {
		return nil, s.failed("Query", err)
	}
	return out, nil
}
