package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser/internal/item"
)

// Index is the name of the table's index, which lists the circuits of each
// schema by their keys.
const Index = "circuits"

// TableAPI is what [Create], [Check] and [Destroy] ask of DynamoDB: a
// [*dynamodb.Client].
type TableAPI interface {
	CreateTable(context.Context, *dynamodb.CreateTableInput, ...func(*dynamodb.Options)) (*dynamodb.CreateTableOutput, error)
	DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error)
	UpdateTable(context.Context, *dynamodb.UpdateTableInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTableOutput, error)
	DeleteTable(context.Context, *dynamodb.DeleteTableInput, ...func(*dynamodb.Options)) (*dynamodb.DeleteTableOutput, error)
	DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error)
	UpdateTimeToLive(context.Context, *dynamodb.UpdateTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateTimeToLiveOutput, error)
}

const (
	// settled is how long a table may take to come or go, if the context allows.
	settled = 5 * time.Minute
	// indexed is how long an index may take to come to a table that has none.
	indexed = 30 * time.Minute
)

// Create makes a table for records with its index and its time to live, paid per
// request, and waits until it can be used. A table that is one already is left
// as it is; what it lacks of the two is added. It needs dynamodb:CreateTable,
// DescribeTable, UpdateTable, DescribeTimeToLive and UpdateTimeToLive. The error
// of a table of another kind matches [ErrWrongTable].
func Create(ctx context.Context, client TableAPI, table string) error {
	_, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName:            &table,
		BillingMode:          types.BillingModePayPerRequest,
		AttributeDefinitions: definitions(),
		KeySchema:            tableKey(),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{
			{IndexName: aws.String(Index), KeySchema: indexKey(), Projection: keysOnly()},
		},
	})
	var there *types.ResourceInUseException
	if err != nil && !errors.As(err, &there) {
		return failed(client, table, "CreateTable", err)
	}
	if err := usable(ctx, client, table, settled); err != nil {
		return err
	}
	d, err := describe(ctx, client, table)
	if err != nil {
		return err
	}
	if d.index() == nil {
		if err := addIndex(ctx, client, table); err != nil {
			return err
		}
		if d, err = describe(ctx, client, table); err != nil {
			return err
		}
	}
	if advice := d.wrongIndex(); advice != "" {
		return wrong(table, "DescribeTable", advice)
	}
	return addExpiry(ctx, client, table)
}

// addIndex gives a table its index, and waits until all records are in it.
func addIndex(ctx context.Context, client TableAPI, table string) error {
	_, err := client.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName:            &table,
		AttributeDefinitions: definitions(),
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{
			Create: &types.CreateGlobalSecondaryIndexAction{IndexName: aws.String(Index), KeySchema: indexKey(), Projection: keysOnly()},
		}},
	})
	if err != nil {
		return failed(client, table, "UpdateTable", err)
	}
	return usable(ctx, client, table, indexed)
}

// addExpiry turns a table's time to live on.
func addExpiry(ctx context.Context, client TableAPI, table string) error {
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
// matches [ErrNoTable], or that it is not one of records, [ErrWrongTable]. If it
// lacks both its index and its time to live, both are said, a line each. It needs
// dynamodb:DescribeTable and DescribeTimeToLive.
func Check(ctx context.Context, client TableAPI, table string) error {
	d, err := describe(ctx, client, table)
	if err != nil {
		return err
	}
	var problems []error
	if advice := d.wrongIndex(); advice != "" {
		problems = append(problems, wrong(table, "DescribeTable", advice))
	}
	on, err := expiry(ctx, client, table)
	switch {
	case err != nil:
		problems = append(problems, err)
	case !on:
		problems = append(problems, wrong(table, "DescribeTimeToLive", fmt.Sprintf(
			"its time to live is off, so that what nobody uses stays; turn it on for the attribute %s, or run recloser store init", item.Expires)))
	}
	return errors.Join(problems...)
}

// Destroy deletes a table with all that is in it, and waits until it is gone. It
// needs dynamodb:DescribeTable and DeleteTable.
func Destroy(ctx context.Context, client TableAPI, table string) error {
	if _, err := describe(ctx, client, table); err != nil {
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

// usable waits until a table, and its index if it has one, can be used.
func usable(ctx context.Context, client TableAPI, table string, limit time.Duration) error {
	waiter := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = time.Second, 5*time.Second
		exists := o.Retryable
		o.Retryable = func(ctx context.Context, in *dynamodb.DescribeTableInput, out *dynamodb.DescribeTableOutput, err error) (bool, error) {
			again, err := exists(ctx, in, out, err)
			if again || err != nil {
				return again, err
			}
			i := description{out.Table}.index()
			return i != nil && i.IndexStatus == types.IndexStatusCreating, nil
		}
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &table}, limit); err != nil {
		return failed(client, table, "DescribeTable", err)
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
		return false, wrong(table, "DescribeTimeToLive", fmt.Sprintf("its time to live is by the attribute %q, not %s; use another table", name, item.Expires))
	}
	return true, nil
}
