package testserver

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Edit changes the items of a partition of a table in DynamoDB as a hand would:
// it sets attributes, whatever they mean, and knows nothing of the other ones.
func Edit(ctx context.Context, client *dynamodb.Client, table, partition string, attributes map[string]types.AttributeValue) error {
	described, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return err
	}
	found, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return err
	}
	edited := false
	for _, item := range found.Items {
		key := make(map[string]types.AttributeValue)
		for _, element := range described.Table.KeySchema {
			key[*element.AttributeName] = item[*element.AttributeName]
		}
		if pk, ok := item[*described.Table.KeySchema[0].AttributeName].(*types.AttributeValueMemberS); !ok || pk.Value != partition {
			continue
		}
		updates := make(map[string]types.AttributeValueUpdate)
		for name, value := range attributes {
			updates[name] = types.AttributeValueUpdate{Action: types.AttributeActionPut, Value: value}
		}
		if _, err := client.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: &table, Key: key, AttributeUpdates: updates}); err != nil {
			return err
		}
		edited = true
	}
	if !edited {
		return errors.New("testserver: there is no item " + partition + " in table " + table)
	}
	return nil
}
