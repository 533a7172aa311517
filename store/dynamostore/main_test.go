package dynamostore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// DynamoDB Local has ten threads for its jobs, and keeps one busy for each table
// with a time to live: on a server of many tables no index is ever made. So what
// adds one to a table does so on a server of its own.
var server, indexer = testserver.Shared{Start: testserver.DynamoDB}, testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(server.With(indexer.With(m)), testserver.Leaks()...)
}

// client returns a client of the server, or of what stands before it at url.
func client(t *testing.T, url string, optFns ...func(*dynamodb.Options)) *dynamodb.Client {
	t.Helper()
	http := dynamostore.NewHTTPClient()
	t.Cleanup(http.CloseIdleConnections)
	c, err := dynamostore.NewClient(append([]func(*dynamodb.Options){func(o *dynamodb.Options) {
		o.Region = "eu-west-1"
		o.BaseEndpoint = &url
		o.Credentials = credentials.NewStaticCredentialsProvider("test", "secret", "session")
		o.HTTPClient = http
	}}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// anew makes every request by a connection of its own.
func anew(o *dynamodb.Options) {
	o.HTTPClient = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
}

// tables is how many tables the tests have had.
var tables atomic.Int32

// newTable returns the name of a table that nobody has had yet, and deletes what is
// made under it after the test.
func newTable(t *testing.T, c *dynamodb.Client) string {
	t.Helper()
	name := fmt.Sprintf("recloser-%s-%d", strings.NewReplacer("/", "-", " ", "-").Replace(t.Name()), tables.Add(1))
	t.Cleanup(func() {
		_, err := c.DeleteTable(context.WithoutCancel(t.Context()), &dynamodb.DeleteTableInput{TableName: &name})
		if _, gone := errors.AsType[*types.ResourceNotFoundException](err); err != nil && !gone {
			t.Error(err)
		}
	})
	return name
}

// table makes a table for a test, and returns its name.
func table(t *testing.T) string {
	t.Helper()
	c := client(t, server.URL(t))
	name := newTable(t, c)
	if err := dynamostore.Create(t.Context(), c, name); err != nil {
		t.Fatal(err)
	}
	return name
}

// open returns a store in a table, by a client.
func open(c dynamostore.API, table string) *dynamostore.Store {
	// A busy machine may take longer than an environment would wait.
	return dynamostore.New(c, func(o *dynamostore.Options) { o.Table, o.Timeout = table, 30*time.Second })
}

var _ dynamostore.TableAPI = (*dynamodb.Client)(nil)
