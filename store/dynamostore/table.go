package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser/internal/item"
)

// TableAPI is what [Create], [Check] and [Destroy] ask of DynamoDB: a
// [*dynamodb.Client].
type TableAPI interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteTableOutput, error)
	DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
}

// settled is how long a table may take to come or go, if the context allows.
const settled = 5 * time.Minute

// Create makes a table for records, paid per request, and waits until it can be
// used. A table that is one already is left as it is, but for its time to live,
// which is turned on. The error of a table of another kind matches
// [ErrWrongTable].
func Create(ctx context.Context, client TableAPI, table string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:   &table,
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String(item.Key), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String(item.Key), KeyType: types.KeyTypeHash}},
	})
	var there *types.ResourceInUseException
	if err != nil && !errors.As(err, &there) {
		return failed(client, table, "CreateTable", err)
	}
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second, 5*time.Second })
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, settled); err != nil {
		return failed(client, table, "DescribeTable", err)
	}
	if err := checkKey(ctx, client, table); err != nil {
		return err
	}
	on, err := expiry(ctx, client, table)
	if err != nil || on {
		return err
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName:               &table,
		TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String(item.Expires), Enabled: aws.Bool(true)},
	})
	if err != nil {
		return failed(client, table, "UpdateTimeToLive", err)
	}
	return nil
}

// Check returns what is wrong with a table: that there is none, an error that
// matches [ErrNoTable], or that it is not one of records, [ErrWrongTable].
func Check(ctx context.Context, client TableAPI, table string) error {
	if err := checkKey(ctx, client, table); err != nil {
		return err
	}
	on, err := expiry(ctx, client, table)
	if err != nil {
		return err
	}
	if !on {
		return &Error{
			Operation: "DescribeTimeToLive", Table: table, Kind: ErrWrongTable,
			advice: fmt.Sprintf("its time to live is off, so that records of circuits that nobody uses stay; turn it on for the attribute %s, or run recloser store init", item.Expires),
		}
	}
	return nil
}

// Destroy deletes a table with all records in it, and waits until it is gone.
func Destroy(ctx context.Context, client TableAPI, table string) error {
	if err := checkKey(ctx, client, table); err != nil {
		return err // It is not ours to delete.
	}
	if _, err := client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: &table}); err != nil {
		return failed(client, table, "DeleteTable", err)
	}
	waiter := dynamodb.NewTableNotExistsWaiter(client, func(o *dynamodb.TableNotExistsWaiterOptions) { o.MinDelay, o.MaxDelay = time.Second, 5*time.Second })
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, settled); err != nil {
		return failed(client, table, "DescribeTable", err)
	}
	return nil
}

// checkKey returns an error unless the table is there and has the key of records.
func checkKey(ctx context.Context, client TableAPI, table string) error {
	out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return failed(client, table, "DescribeTable", err)
	}
	var key strings.Builder
	attributeTypes := make(map[string]types.ScalarAttributeType)
	for _, a := range out.Table.AttributeDefinitions {
		attributeTypes[aws.ToString(a.AttributeName)] = a.AttributeType
	}
	for _, k := range out.Table.KeySchema {
		name := aws.ToString(k.AttributeName)
		fmt.Fprintf(&key, "%s %s %s ", k.KeyType, name, attributeTypes[name])
	}
	if want := "HASH " + item.Key + " S "; key.String() != want {
		return &Error{
			Operation: "DescribeTable", Table: table, Kind: ErrWrongTable,
			advice: fmt.Sprintf("its key is %sand should be %s; use another table", line(key.String())+" ", line(want)),
		}
	}
	return nil
}

// expiry reports whether the table's time to live is on, for our attribute.
func expiry(ctx context.Context, client TableAPI, table string) (bool, error) {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: &table})
	if err != nil {
		return false, failed(client, table, "DescribeTimeToLive", err)
	}
	d := out.TimeToLiveDescription
	if d == nil || (d.TimeToLiveStatus != types.TimeToLiveStatusEnabled && d.TimeToLiveStatus != types.TimeToLiveStatusEnabling) {
		return false, nil
	}
	if name := aws.ToString(d.AttributeName); name != item.Expires {
		return false, &Error{
			Operation: "DescribeTimeToLive", Table: table, Kind: ErrWrongTable,
			advice: fmt.Sprintf("its time to live is by the attribute %q, not %s; use another table", name, item.Expires),
		}
	}
	return true, nil
}
