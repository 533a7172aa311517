package circuit

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"
	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/dynamostore"

	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

func openOnDynamoDB(s Spec, policy recloser.Policy, r *tally.Recorder) (*Circuit, error) {
	transport := dynamostore.NewHTTPClient()
	client, err := dynamoClient(s, transport, func(o *dynamodb.Options) {
		o.HTTPClient = requests{transport, r}
		o.APIOptions = append(o.APIOptions, capacity(r))
	})
	if err != nil {
		return nil, err
	}
	store := dynamostore.New(client, func(o *dynamostore.Options) { o.Table, o.Timeout = s.Table, storeTimeout })
	closeStore := func() error {
		transport.CloseIdleConnections()
		return nil
	}
	return openRecloser(store, closeStore, policy, r)
}

func dynamoClient(s Spec, transport *http.Client, optFns ...func(*dynamodb.Options)) (*dynamodb.Client, error) {
	return dynamostore.NewClient(append([]func(*dynamodb.Options){func(o *dynamodb.Options) {
		o.Region = "us-east-1"
		o.BaseEndpoint = &s.URL
		o.Credentials = credentials.NewStaticCredentialsProvider("bench", "bench", "")
		o.HTTPClient = transport
	}}, optFns...)...)
}

// CreateTable makes the table of a circuit.
func CreateTable(ctx context.Context, s Spec) error {
	transport := dynamostore.NewHTTPClient()
	defer transport.CloseIdleConnections()
	client, err := dynamoClient(s, transport)
	if err != nil {
		return err
	}
	return dynamostore.Create(ctx, client, s.Table)
}

// requests counts what a client sends, below everything that could send it
// again or not at all.
type requests struct {
	next     *http.Client
	recorder *tally.Recorder
}

// Do implements [dynamodb.HTTPClient].
func (c requests) Do(req *http.Request) (*http.Response, error) {
	_, operation, _ := strings.Cut(req.Header.Get("X-Amz-Target"), ".")
	resp, err := c.next.Do(req)
	c.recorder.Request(func(r *tally.Requests) {
		switch operation {
		case "GetItem":
			r.GetItem++
		case "UpdateItem":
			r.UpdateItem++
		}
		if err == nil && resp.StatusCode == http.StatusBadRequest {
			r.Refused++
		}
	})
	return resp, err
}

// capacity has DynamoDB tell what each request consumed.
func capacity(recorder *tally.Recorder) func(*middleware.Stack) error {
	count := func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
		out middleware.InitializeOutput, metadata middleware.Metadata, err error,
	) {
		switch p := in.Parameters.(type) {
		case *dynamodb.GetItemInput:
			p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		case *dynamodb.UpdateItemInput:
			p.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
		}
		out, metadata, err = next.HandleInitialize(ctx, in)
		recorder.Request(func(r *tally.Requests) {
			switch o := out.Result.(type) {
			case *dynamodb.GetItemOutput:
				r.ReadUnits += units(o.ConsumedCapacity)
			case *dynamodb.UpdateItemOutput:
				r.WriteUnits += units(o.ConsumedCapacity)
			}
		})
		return out, metadata, err
	}
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("ConsumedCapacity", count), middleware.Before)
	}
}

func units(c *types.ConsumedCapacity) float64 {
	if c == nil {
		return 0
	}
	return aws.ToFloat64(c.CapacityUnits)
}
