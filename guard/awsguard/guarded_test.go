package awsguard_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/awsguard"
)

// Counts by which a test says what one call came to.
var (
	nothing = recloser.Counts{}
	success = recloser.Counts{Calls: 1}
	failure = recloser.Counts{Calls: 1, Failures: 1}
)

// guarded is a real client of DynamoDB behind a guard, and the server it calls.
type guarded struct {
	*dynamodb.Client
	panel    *recloser.Panel
	requests atomic.Int64
}

func guard(tb testing.TB, policy recloser.Policy, handler http.HandlerFunc, optFns ...func(*awsguard.Options)) *guarded {
	tb.Helper()
	g := new(guarded)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.requests.Add(1)
		w.Header().Set("Content-Type", "application/x-amz-json-1.0")
		handler(w, r)
	}))
	transport := new(http.Transport)
	g.panel = recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = policy })
	tb.Cleanup(func() { g.panel.Close(); transport.CloseIdleConnections(); server.Close() })
	g.Client = dynamodb.NewFromConfig(config(server.URL, transport, awsguard.Guard(g.panel, optFns...)))
	return g
}

func config(url string, transport http.RoundTripper, api ...func(*middleware.Stack) error) aws.Config {
	return aws.Config{
		Region:       "eu-west-1",
		BaseEndpoint: aws.String(url),
		Credentials:  credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
		HTTPClient:   &http.Client{Transport: transport},
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
		APIOptions: api,
	}
}

// get makes an operation.
func (g *guarded) get(ctx context.Context) error {
	_, err := g.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String("orders"),
		Key:       map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "5"}},
	})
	return err
}

// holds fails the test unless the only circuit has counted want and no call is in
// flight.
func (g *guarded) holds(t *testing.T, want recloser.Counts) {
	t.Helper()
	all := g.panel.Breakers()
	if len(all) != 1 {
		t.Fatalf("there are %d circuits, want 1", len(all))
	}
	s := all[0].Status()
	if s.Window != want || s.InFlight != 0 || all[0].Key() != "dynamodb/eu-west-1" {
		t.Errorf("the circuit %s counted %+v and has %d in flight, want %+v and none", all[0].Key(), s.Window, s.InFlight, want)
	}
}

// answer returns a handler that answers as a service does.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const item = `{"Item":{"id":{"S":"5"}}}`

// fault is the body of an error of DynamoDB.
func fault(code string) string {
	return `{"__type":"com.amazonaws.dynamodb.v20120810#` + code + `","message":"it is said why"}`
}

// quick is a policy that opens at the first failure, for ten seconds.
func quick() recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenWhen.MinCalls, p.OpenWhen.Confidence, p.OpenFor.Jitter = 1, 0, 0
	return p
}

func each(o *awsguard.Options) { o.EachAttempt = true }

// guardHanging is guard for a service that answers nothing, and no network, for a
// bubble of testing/synctest. The service does what is given when it is asked.
func guardHanging(t *testing.T, policy recloser.Policy, asked func(), optFns ...func(*awsguard.Options)) *guarded {
	t.Helper()
	g := new(guarded)
	g.panel = recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = policy })
	t.Cleanup(g.panel.Close)
	cfg := config("http://localhost", nil, awsguard.Guard(g.panel, optFns...))
	cfg.HTTPClient = client(func(r *http.Request) (*http.Response, error) {
		g.requests.Add(1)
		asked()
		<-r.Context().Done()
		return nil, r.Context().Err()
	})
	g.Client = dynamodb.NewFromConfig(cfg)
	return g
}

type client func(*http.Request) (*http.Response, error)

func (f client) Do(r *http.Request) (*http.Response, error) { return f(r) }

func shadow(p recloser.Policy) recloser.Policy {
	p.Enforce = 0
	return p
}
