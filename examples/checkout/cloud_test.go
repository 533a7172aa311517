package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/locallambda"
	"github.com/recloser-dev/recloser/store/dynamostore"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

const (
	environments = 5
	patience     = 30 * time.Second // With a machine that is busy.
)

// cloud is the function in its environments, with all that is around it.
type cloud struct {
	*locallambda.Function
	payments *payments
	store    recloser.Store
	clock    string

	mu    sync.Mutex
	lines []string
}

// backend is a store that the environments can share.
type backend struct {
	name string
	// open returns the store, and the variables by which the function finds it.
	open func(t *testing.T) (recloser.Store, map[string]string)
}

var backends = []backend{{"DynamoDB", inDynamoDB}, {"Redis", inRedis}}

func inDynamoDB(t *testing.T) (recloser.Store, map[string]string) {
	t.Helper()
	url := dynamo.URL(t)
	client, err := dynamostore.NewClient(func(o *dynamodb.Options) {
		o.Region, o.BaseEndpoint = "us-east-1", &url
		o.Credentials = credentials.NewStaticCredentialsProvider("test", "secret", "")
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Options().HTTPClient.(*http.Client).CloseIdleConnections() })
	table := "checkout-" + strings.ReplaceAll(t.Name(), "/", "-")
	if err := dynamostore.Create(t.Context(), client, table); err != nil {
		t.Fatal(err)
	}
	return dynamostore.New(client, func(o *dynamostore.Options) { o.Table, o.Timeout = table, patience }), map[string]string{
		"RECLOSER_TABLE": table, "AWS_ENDPOINT_URL_DYNAMODB": url,
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "secret",
	}
}

func inRedis(t *testing.T) (recloser.Store, map[string]string) {
	t.Helper()
	url := redis.URL(t) + "/0"
	store, err := valkeystore.Open(url, func(o *valkeystore.OpenOptions) { o.Timeout = patience })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	record, err := store.Load(t.Context(), "payments")
	if err != nil {
		t.Fatal(err)
	}
	if record.Generation > 0 { // Of another test, on the same server.
		reset := recloser.Transition{Generation: record.Generation, Cause: recloser.Cause{Rule: recloser.RuleReset}}
		if _, err := store.Apply(t.Context(), "payments", reset); err != nil {
			t.Fatal(err)
		}
	}
	return store, map[string]string{"VALKEY_URL": url}
}

// quick are the rules of a circuit that goes through all of its states in seconds.
func quick() map[string]string {
	return map[string]string{
		"RECLOSER_CALL__TIMEOUT": "1s", "RECLOSER_CALL__RESERVE": "200ms", "RECLOSER_OPEN_WHEN__SLOW_RATE": "0%",
		"RECLOSER_HALF_OPEN__MARGIN": "200ms", "RECLOSER_OPEN_FOR__COOLDOWN": "2s", "RECLOSER_OPEN_FOR__JITTER": "0%",
		"RECLOSER_OPEN_FOR__MAX_COOLDOWN": "5s", "RECLOSER_RAMP__OVER": "5s",
	}
}

// deploy starts the function, without environments yet.
func deploy(t *testing.T, b backend, timeout time.Duration, variables ...map[string]string) *cloud {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	store, env := b.open(t)
	c := &cloud{payments: newPayments(t), store: store, clock: filepath.Join(t.TempDir(), "clock")}
	step(t, c.clock, 0)
	env["PAYMENTS_URL"], env[variableClock] = c.payments.URL, c.clock
	for _, more := range append([]map[string]string{quick()}, variables...) {
		maps.Copy(env, more)
	}
	c.Function, err = locallambda.New(func(o *locallambda.Options) {
		o.Name, o.Command, o.Env, o.Timeout = "checkout", []string{program}, env, timeout
		o.MaxEnvironments = environments
		o.Log = c.log
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the environments said:\n%s", strings.Join(c.said(""), "\n"))
		}
	})
	return c
}

func (c *cloud) log(l locallambda.Line) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, l.Environment+" "+l.Text)
}

// said returns the lines of the log in which a text stands.
func (c *cloud) said(text string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(c.lines), func(line string) bool { return !strings.Contains(line, text) })
}

// purchase is what came of an invocation.
type purchase struct {
	status      int
	retryAfter  string
	environment string
	failure     string // The error of the function, if it did not answer.
}

// buy invokes the function as its URL does.
func (c *cloud) buy(ctx context.Context) (purchase, error) {
	event := events.LambdaFunctionURLRequest{
		Version: "2.0", Body: `{"item":"book","cents":1200}`,
		RequestContext: events.LambdaFunctionURLRequestContext{
			APIID: "checkout", DomainName: "checkout.lambda-url.us-east-1.on.aws",
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{Method: http.MethodPost, Path: "/"},
		},
	}
	text, err := json.Marshal(event)
	if err != nil {
		return purchase{}, err
	}
	result, err := c.Invoke(ctx, text)
	if err != nil {
		return purchase{}, err
	}
	p := purchase{environment: result.Environment}
	if result.FunctionError != "" {
		p.failure = string(result.Payload)
		return p, nil
	}
	var response events.LambdaFunctionURLResponse
	if err := json.Unmarshal(result.Payload, &response); err != nil {
		return p, fmt.Errorf("%s: %w", result.Payload, err)
	}
	p.status, p.retryAfter = response.StatusCode, response.Headers["Retry-After"]
	return p, nil
}

// rush lets buyers buy at the same time, each some times a second, and hands each
// purchase to see, one at a time, until that returns true.
func (c *cloud) rush(t *testing.T, buyers int, see func(purchase) (enough bool)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	purchases := make(chan purchase)
	problems := make(chan error, buyers)
	var all sync.WaitGroup
	for range buyers {
		all.Go(func() {
			pace := time.NewTicker(20 * time.Millisecond)
			defer pace.Stop()
			for ctx.Err() == nil {
				p, err := c.buy(ctx)
				switch {
				case errors.Is(err, locallambda.ErrThrottled): // An environment is being reset.
				case err != nil && ctx.Err() == nil:
					problems <- err
					return
				case err == nil:
					select {
					case purchases <- p:
					case <-ctx.Done():
					}
				}
				<-pace.C
			}
		})
	}
	defer all.Wait()
	for {
		select {
		case p := <-purchases:
			if see(p) {
				cancel()
				return
			}
		case err := <-problems:
			cancel()
			t.Fatal(err)
		case <-ctx.Done():
			t.Fatalf("not within %v", patience)
		}
	}
}

// warm starts all environments, and sees that they are well.
func (c *cloud) warm(t *testing.T) {
	t.Helper()
	c.payments.become(http.StatusOK, 50*time.Millisecond)
	seen := make(map[string]bool)
	c.rush(t, environments, func(p purchase) bool {
		if p.status != http.StatusCreated {
			t.Errorf("a healthy checkout answers %+v", p)
		}
		seen[p.environment] = true
		return len(seen) == environments
	})
}

// freeze waits until all environments are frozen, as they are when nobody buys.
func (c *cloud) freeze(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	err := c.Wait(ctx, func(all []locallambda.Environment) bool {
		return !slices.ContainsFunc(all, func(e locallambda.Environment) bool { return !e.Frozen })
	})
	if err != nil {
		t.Fatalf("not all environments are frozen: %v", err)
	}
}

// record returns the circuit as it stands.
func (c *cloud) record(t *testing.T) recloser.Record {
	t.Helper()
	r, err := c.store.Load(t.Context(), "payments")
	if err != nil {
		t.Fatal(err)
	}
	return r
}
