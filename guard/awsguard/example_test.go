package awsguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/awsguard"
)

// A table that is throttled is left alone until it has recovered.
func ExampleGuard() {
	server := httptest.NewServer(answer(http.StatusBadRequest, fault("ThrottlingException")))
	defer server.Close()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	panel := recloser.NewPanel()
	defer panel.Close()

	cfg := config(server.URL, transport) // In a program: config.LoadDefaultConfig(ctx).
	cfg.APIOptions = append(cfg.APIOptions, awsguard.Guard(panel))
	client := dynamodb.NewFromConfig(cfg)

	for calls := 1; ; calls++ {
		_, err := client.ListTables(context.Background(), &dynamodb.ListTablesInput{})
		if open, ok := errors.AsType[*recloser.OpenError](err); ok {
			fmt.Println(open.Circuit, open.Reason)
			fmt.Println("a handful of calls were enough:", calls <= 15)
			return
		}
	}

	// Output:
	// dynamodb/eu-west-1 open
	// a handful of calls were enough: true
}

// Reads and writes of one service have circuits of their own.
func ExampleOptions_circuit() {
	server := httptest.NewServer(answer(http.StatusOK, `{}`))
	defer server.Close()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	panel := recloser.NewPanel()
	defer panel.Close()
	client := sqs.NewFromConfig(config(server.URL, transport, awsguard.Guard(panel, func(o *awsguard.Options) {
		o.Circuit = func(ctx context.Context) (name, partition string) {
			service, _ := awsguard.Service(ctx)
			return service, middleware.GetOperationName(ctx)
		}
	})))
	_, err := client.ListQueues(context.Background(), &sqs.ListQueuesInput{})
	fmt.Println(panel.Breakers()[0].Key(), err)
	_, err = client.PurgeQueue(context.Background(), &sqs.PurgeQueueInput{QueueUrl: aws.String(server.URL)})
	fmt.Println(panel.Breakers()[1].Key(), err)

	// Output:
	// sqs/ListQueues <nil>
	// sqs/PurgeQueue <nil>
}
