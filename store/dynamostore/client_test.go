package dynamostore_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// TestClientOfLambda: what Lambda puts in the environment is enough.
func TestClientOfLambda(t *testing.T) {
	var asked atomic.Pointer[http.Request]
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r)
		_, _ = w.Write([]byte("{}"))
	}))
	defer s.Close()
	for name, value := range map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "AKIATEST", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
		"AWS_ENDPOINT_URL_DYNAMODB": s.URL,
	} {
		t.Setenv(name, value)
	}
	c, err := dynamostore.NewClient()
	if err != nil {
		t.Fatal(err)
	}
	if r, err := dynamostore.New(c).Load(t.Context(), "payments"); err != nil || r != (recloser.Record{}) {
		t.Fatalf("got %v and %+v", err, r)
	}
	c.Options().HTTPClient.(*http.Client).CloseIdleConnections()
	header := asked.Load().Header
	if got := header.Get("Authorization"); !strings.Contains(got, "AKIATEST") || !strings.Contains(got, "eu-central-1/dynamodb") {
		t.Errorf("signed as %q", got)
	}
	if got := header.Get("X-Amz-Security-Token"); got != "token" {
		t.Errorf("session token %q", got)
	}
}

// TestClientWithout: what is missing is said before anything is sent.
func TestClientWithout(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	if _, err := dynamostore.NewClient(); !errors.Is(err, dynamostore.ErrRegion) {
		t.Errorf("without a region: %v", err)
	}
	c, err := dynamostore.NewClient(func(o *dynamodb.Options) { o.Region = "eu-west-1" })
	if err != nil {
		t.Fatal(err)
	}
	_, err = dynamostore.New(c).Load(t.Context(), "payments")
	t.Log(err)
	checkLine(t, err, dynamostore.ErrCredentials)
	_, err = dynamostore.New(dynamodb.New(dynamodb.Options{Credentials: credentials.NewStaticCredentialsProvider("test", "secret", "session")})).Load(t.Context(), "payments")
	t.Log(err)
	checkLine(t, err, dynamostore.ErrRegion)
}

// TestThaw: what a freeze has left of a connection is not used again. LAWS.md,
// L4 by its spirit: no clock that stood still is trusted.
func TestThaw(t *testing.T) {
	var dialled atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) }))
	defer s.Close()
	clk := newClock()
	client := dynamostore.NewHTTPClientAt(clk.wall, func() { dialled.Add(1) })
	defer client.CloseIdleConnections()
	for _, row := range []struct {
		after time.Duration
		want  int64
	}{{0, 1}, {50 * time.Second, 1}, {30 * time.Second, 1}, {61 * time.Second, 2}, {-time.Hour, 3}, {time.Second, 3}, {24 * time.Hour, 4}} {
		clk.advance(row.after)
		resp, err := client.Get(s.URL)
		if err != nil {
			t.Fatal(err)
		}
		var body [2]byte
		_, _ = resp.Body.Read(body[:])
		_, _ = resp.Body.Read(body[:])
		resp.Body.Close()
		if got := dialled.Load(); got != row.want {
			t.Errorf("after %v: %d connections were made, want %d", row.after, got, row.want)
		}
	}
}

// forgetful is a server that does not tell what made a condition fail, as some do
// not.
type forgetful struct {
	*dynamodb.Client
	// before is called before the record is read in its place.
	before func()
}

func (f forgetful) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	out, err := f.Client.UpdateItem(ctx, in, optFns...)
	if failed, ok := errors.AsType[*types.ConditionalCheckFailedException](err); ok {
		failed.Item = nil
		if f.before != nil {
			f.before()
		}
	}
	return out, err
}
