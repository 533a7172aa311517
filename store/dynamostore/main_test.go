package dynamostore_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// server is DynamoDB Local.
var server = testserver.Shared{Start: testserver.DynamoDB}

// shapes is another one, for tables that change their shape: under load it has been
// seen to take minutes over an index.
var shapes = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(server.With(shapes.With(m)), testserver.Leaks()...)
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

// table makes a table for a test, and returns its name.
func table(t *testing.T) string {
	t.Helper()
	name := "recloser-" + strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())
	c := client(t, server.URL(t))
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
