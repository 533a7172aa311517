package dynamostore

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser/internal/item"
)

// Keys implements [recloser.Lister]. A table has no order of its keys, so every
// call reads the whole table, at one read unit for 4 KB: it is for operators,
// not for environments. An index would cost every write of every environment
// what this costs an operator now and then. Options.Timeout bounds each page.
func (s *Store) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	if limit <= 0 {
		return nil, ctx.Err()
	}
	in := &dynamodb.ScanInput{
		TableName:                &s.options.Table,
		ConsistentRead:           aws.Bool(true),
		ProjectionExpression:     aws.String("#pk"),
		ExpressionAttributeNames: map[string]string{"#pk": item.Key},
	}
	if after != "" {
		in.FilterExpression = aws.String("#pk > :after")
		in.ExpressionAttributeValues = map[string]types.AttributeValue{":after": &types.AttributeValueMemberS{Value: after}}
	}
	var keys []string
	for {
		out, err := s.scan(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, attributes := range out.Items {
			if key, ok := attributes[item.Key].(*types.AttributeValueMemberS); ok {
				keys = append(keys, key.Value)
			}
		}
		slices.Sort(keys)
		keys = keys[:min(limit, len(keys))]
		if len(out.LastEvaluatedKey) == 0 {
			return keys, nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// scan reads one page. To repeat a read harms nobody, so the client's own
// retries stand.
func (s *Store) scan(ctx context.Context, in *dynamodb.ScanInput) (*dynamodb.ScanOutput, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	defer cancel()
	out, err := s.client.Scan(ctx, in, detach)
	if err != nil {
		return nil, s.failed("Scan", err)
	}
	return out, nil
}
