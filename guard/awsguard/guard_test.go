package awsguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/awsguard"
)

// What the errors of a service count as, answered as DynamoDB answers them. One
// operation is one call, however often the SDK tries.
func TestErrorsOfTheService(t *testing.T) {
	for _, row := range []struct {
		status   int
		body     string
		attempts int64
		want     recloser.Counts
	}{
		{200, item, 1, success},
		{400, fault("ConditionalCheckFailedException"), 1, success},
		{400, fault("ValidationException"), 1, success},
		{400, fault("AccessDeniedException"), 1, success},
		{400, fault("ResourceNotFoundException"), 1, success},
		{400, fault("UnrecognizedClientException"), 1, success},
		{400, fault("LimitExceededException"), 3, success},
		{400, fault("TransactionInProgressException"), 3, success},
		{400, fault("ThrottlingException"), 3, failure},
		{400, fault("ProvisionedThroughputExceededException"), 3, failure},
		{400, fault("RequestLimitExceeded"), 3, failure},
		{400, fault("SlowDown"), 3, failure},
		{429, fault("SomethingElse"), 1, failure},
		{500, fault("InternalServerError"), 3, failure},
		{503, `<html>Service Unavailable</html>`, 3, failure},
		{502, ``, 3, failure},
		{200, `{"Item":`, 1, failure},
	} {
		t.Run(fmt.Sprintf("%d %.60s", row.status, row.body), func(t *testing.T) {
			g := guard(t, recloser.DefaultPolicy(), answer(row.status, row.body))
			err := g.get(t.Context())
			if failed := row.body != item; failed != (err != nil) {
				t.Errorf("the error is %v", err)
			}
			if n := g.requests.Load(); n != row.attempts {
				t.Errorf("the server saw %d requests, want %d: %v", n, row.attempts, err)
			}
			g.holds(t, row.want)

			g = guard(t, recloser.DefaultPolicy(), answer(row.status, row.body), each)
			_ = g.get(t.Context())
			g.holds(t, recloser.Counts{Calls: row.want.Calls * int(row.attempts), Failures: row.want.Failures * int(row.attempts)})
		})
	}
}

// A retry that mends an operation makes it a success, and each attempt counts if
// that is asked for.
func TestRetryMends(t *testing.T) {
	for _, row := range []struct {
		optFns []func(*awsguard.Options)
		want   recloser.Counts
	}{
		{nil, success},
		{[]func(*awsguard.Options){each}, recloser.Counts{Calls: 2, Failures: 1}},
	} {
		var g *guarded
		g = guard(t, recloser.DefaultPolicy(), func(w http.ResponseWriter, r *http.Request) {
			if g.requests.Load() == 1 {
				answer(500, fault("InternalServerError"))(w, r)
				return
			}
			answer(200, item)(w, r)
		}, row.optFns...)
		if err := g.get(t.Context()); err != nil {
			t.Error(err)
		}
		g.holds(t, row.want)
	}
}

// A rejection comes through the errors of the SDK, and nothing is sent.
func TestRejection(t *testing.T) {
	for name, optFns := range map[string][]func(*awsguard.Options){"operation": nil, "attempt": {each}} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, quick(), answer(500, fault("InternalServerError"), "Retry-After", "60"), optFns...)
			_ = g.get(t.Context())
			sent := g.requests.Load()
			if want := map[string]int64{"operation": 3, "attempt": 1}[name]; sent != want {
				t.Errorf("%d requests were sent before, want %d", sent, want)
			}
			err := g.get(t.Context())
			open, isOpen := errors.AsType[*recloser.OpenError](err)
			operation, isOperation := errors.AsType[*smithy.OperationError](err)
			if !isOpen || !errors.Is(err, recloser.ErrOpen) || !isOperation || operation.OperationName != "GetItem" {
				t.Fatalf("the error is %v", err)
			}
			if open.Circuit != "dynamodb/eu-west-1" || open.RetryAfter < 59*time.Second || open.RetryAfter > 60*time.Second {
				t.Errorf("the rejection is %+v", open)
			}
			if n := g.requests.Load(); n != sent {
				t.Errorf("%d requests were sent", n-sent)
			}
		})
	}
}

// However eager the SDK has been made, a rejection is final.
func TestRejectionIsFinal(t *testing.T) {
	g := guard(t, quick(), answer(500, fault("InternalServerError")), each)
	eager := func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(func(error) aws.Ternary { return aws.TrueTernary }))
		})
	}
	_ = g.get(t.Context())
	before := g.panel.Breakers()[0].Status().Rejected
	_, err := g.ListTables(t.Context(), nil, eager)
	if n := g.panel.Breakers()[0].Status().Rejected - before; n != 1 || !errors.Is(err, recloser.ErrOpen) {
		t.Errorf("there were %d rejections, and the error is %v", n, err)
	}
}

// Errors that no request over HTTP can be made to end with.
func TestClassify(t *testing.T) {
	for want, errs := range map[recloser.Outcome][]error{
		recloser.OutcomeSuccess: {nil, &smithy.GenericAPIError{Code: "ValidationException", Fault: smithy.FaultClient}},
		recloser.OutcomeFailure: {
			&smithy.GenericAPIError{Fault: smithy.FaultServer}, &smithy.CanceledError{Err: context.DeadlineExceeded},
			&smithy.GenericAPIError{Code: "SlowDown", Fault: smithy.FaultClient}, &smithy.DeserializationError{},
		},
		recloser.OutcomeIgnored: {
			&recloser.OpenError{}, recloser.ErrNoTime, errors.New("no identity"), &smithy.SerializationError{},
			&smithy.CanceledError{Err: context.Canceled}, &smithy.OperationError{Err: &smithy.GenericAPIError{Fault: smithy.FaultServer}},
		},
	} {
		for _, err := range errs {
			if got := awsguard.Classify(err); got != want {
				t.Errorf("%v is a %v, want %v", err, got, want)
			}
		}
	}
}

func TestRetryAfter(t *testing.T) {
	date := time.Now().UTC()
	for name, row := range map[string]struct {
		headers []string
		want    time.Duration
	}{
		"seconds":      {[]string{"Retry-After", "90"}, 90 * time.Second},
		"milliseconds": {[]string{"X-Amz-Retry-After", "90000", "Retry-After", "5"}, 90 * time.Second},
		"date":         {[]string{"Retry-After", date.Add(90 * time.Second).Format(http.TimeFormat), "Date", date.Format(http.TimeFormat)}, 90 * time.Second},
		"too long":     {[]string{"Retry-After", "99999999999"}, 10 * time.Second}, // No number of 32 bits.
		"most":         {[]string{"Retry-After", "86400"}, 5 * time.Minute},
		"nonsense":     {[]string{"Retry-After", "soon"}, 10 * time.Second},
		"none":         {nil, 10 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, quick(), answer(503, fault("SlowDown"), row.headers...), each)
			_ = g.get(t.Context())
			s := g.panel.Breakers()[0].Status()
			if got := s.OpenUntil.Sub(s.Since); s.State != recloser.StateOpen || got < row.want-time.Second || got > row.want {
				t.Errorf("the circuit is %v for %v, want %v", s.State, got, row.want)
			}
		})
	}
}

// The call is cut off, and the failure is ours to tell; the SDK may try again if
// it was but an attempt.
func TestTimeout(t *testing.T) {
	for name, row := range map[string]struct {
		optFns   []func(*awsguard.Options)
		attempts int
	}{"operation": {nil, 1}, "attempt": {[]func(*awsguard.Options){each}, 3}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g, began := guardHanging(t, recloser.DefaultPolicy(), func() {}, row.optFns...), time.Now()
				err := g.get(t.Context())
				if !errors.Is(err, recloser.ErrCallTimeout) || !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the error is %v", err)
				}
				if took := time.Since(began); took != time.Duration(row.attempts)*3*time.Second || int(g.requests.Load()) != row.attempts {
					t.Errorf("it took %v and %d requests", took, g.requests.Load())
				}
				g.holds(t, recloser.Counts{Calls: row.attempts, Failures: row.attempts, Slow: row.attempts})
			})
		})
	}
}

// What the caller cancels is ignored. A deadline of the caller's is kept, but for
// the reserve; in shadow mode it is the caller's own, and counts the same (law B7).
func TestCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
			ctx, cancel := context.WithCancel(t.Context())
			g := guardHanging(t, policy, cancel)
			if err := g.get(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("the error is %v", err)
			}
			g.holds(t, nothing)
		}
		for enforced, policy := range map[bool]recloser.Policy{true: recloser.DefaultPolicy(), false: shadow(recloser.DefaultPolicy())} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			g, began := guardHanging(t, policy, func() {}), time.Now()
			err := g.get(ctx)
			if took := time.Since(began); took != map[bool]time.Duration{true: 800 * time.Millisecond, false: time.Second}[enforced] {
				t.Errorf("it took %v", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, recloser.ErrCallTimeout) != enforced || (ctx.Err() == nil) != enforced {
				t.Errorf("the error is %v, and the caller's %v", err, ctx.Err())
			}
			g.holds(t, failure)
			cancel()
		}
		over, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
		defer cancel()
		g := guardHanging(t, recloser.DefaultPolicy(), func() {})
		if err := g.get(over); !errors.Is(err, context.DeadlineExceeded) || g.requests.Load() != 0 {
			t.Errorf("the error is %v", err)
		}
		g.holds(t, nothing)
	})
}

// What keeps a request from being sent says nothing of the service, the failure
// of another one included.
func TestNothingSent(t *testing.T) {
	another := guard(t, recloser.DefaultPolicy(), answer(500, fault("InternalServerError")))
	for name, spoil := range map[string]func(*dynamodb.Options){
		"no credentials": func(o *dynamodb.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, errors.New("none")
			})
		},
		"no role": func(o *dynamodb.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
				return aws.Credentials{}, fmt.Errorf("assume role: %w", another.get(ctx))
			})
		},
		"no endpoint": func(o *dynamodb.Options) { o.BaseEndpoint = aws.String("::") },
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, recloser.DefaultPolicy(), answer(200, item))
			_, err := g.GetItem(t.Context(), &dynamodb.GetItemInput{
				TableName: aws.String("t"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "5"}},
			}, spoil)
			if err == nil || g.requests.Load() != 0 {
				t.Errorf("the error is %v", err)
			}
			g.holds(t, nothing)
		})
	}
	g := guard(t, recloser.DefaultPolicy(), answer(200, item))
	if _, err := g.GetItem(t.Context(), &dynamodb.GetItemInput{}); err == nil || len(g.panel.Breakers()) != 0 {
		t.Errorf("a table without a name has the error %v", err)
	}
}

func TestNoConnection(t *testing.T) {
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	for name, handler := range map[string]http.HandlerFunc{
		"refused": nil,
		"reset":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"broken off": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = w.Write([]byte(`{"Item"`))
			panic(http.ErrAbortHandler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, recloser.DefaultPolicy(), handler)
			_, err := g.GetItem(t.Context(), &dynamodb.GetItemInput{
				TableName: aws.String("t"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "5"}},
			}, func(o *dynamodb.Options) {
				if handler == nil {
					o.BaseEndpoint = aws.String(closed.URL)
				}
			})
			if err == nil {
				t.Error("there is no error")
			}
			g.holds(t, failure)
		})
	}
}

// One guard serves all clients of a configuration, each service by its circuit.
func TestCircuits(t *testing.T) {
	panel := recloser.NewPanel()
	defer panel.Close()
	server := httptest.NewServer(answer(200, `{}`))
	defer server.Close()
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	cfg := config(server.URL, transport, awsguard.Guard(panel))
	if _, err := sqs.NewFromConfig(cfg).ListQueues(t.Context(), nil); err != nil {
		t.Error(err)
	}
	for _, region := range []string{"eu-west-1", "us-east-1"} {
		if _, err := dynamodb.NewFromConfig(cfg).ListTables(t.Context(), nil, func(o *dynamodb.Options) { o.Region = region }); err != nil {
			t.Error(err)
		}
	}
	var keys []string
	for _, b := range panel.Breakers() {
		keys = append(keys, b.Key())
	}
	if got := fmt.Sprint(keys); got != "[dynamodb/eu-west-1 dynamodb/us-east-1 sqs/eu-west-1]" {
		t.Errorf("the circuits are %v", got)
	}
}

func TestCircuitNames(t *testing.T) {
	for name, want := range map[string]error{"": nil, "a b": recloser.ErrKey} {
		g := guard(t, recloser.DefaultPolicy(), answer(200, item), func(o *awsguard.Options) {
			o.Circuit = func(context.Context) (circuit, partition string) { return name, "" }
		})
		if err := g.get(t.Context()); !errors.Is(err, want) || len(g.panel.Breakers()) != 0 {
			t.Errorf("%q: the error is %v", name, err)
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("there is a guard without a panel")
		}
	}()
	awsguard.Guard(nil)
}

// Laws S8 and B8: panics settle the permit, and one of a predicate changes nothing
// else.
func TestPanics(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), answer(500, fault("InternalServerError")), func(o *awsguard.Options) {
		o.Classify = func(error) recloser.Outcome { panic("predicate") }
	})
	if err := g.get(t.Context()); err == nil {
		t.Error("there is no error")
	}
	g.holds(t, failure)

	g = guard(t, recloser.DefaultPolicy(), answer(200, item))
	func() {
		defer func() {
			if p := recover(); p != "transport" {
				t.Errorf("the caller saw the panic %v", p)
			}
		}()
		_, _ = g.ListTables(t.Context(), nil, func(o *dynamodb.Options) {
			o.HTTPClient = client(func(*http.Request) (*http.Response, error) { panic("transport") })
		})
	}()
	g.holds(t, failure)
}
