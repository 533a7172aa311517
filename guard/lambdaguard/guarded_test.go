package lambdaguard_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser"
)

var errDown = errors.New("the dependency is down")

// Counts by which a test says what one call came to.
var (
	nothing = recloser.Counts{}
	success = recloser.Counts{Calls: 1}
	failure = recloser.Counts{Calls: 1, Failures: 1}
)

func newBreaker(tb testing.TB, optFns ...func(*recloser.Options)) *recloser.Breaker {
	tb.Helper()
	b, err := recloser.New("payments", optFns...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

// quick is a policy that opens at the first failure, for ten seconds.
func quick(o *recloser.Options) {
	o.Policy.OpenWhen.MinCalls, o.Policy.OpenWhen.Confidence = 1, 0
	o.Policy.OpenFor.Jitter = 0
}

// open returns a breaker whose circuit is open.
func open(tb testing.TB, optFns ...func(*recloser.Options)) *recloser.Breaker {
	tb.Helper()
	b := newBreaker(tb, append(optFns, quick)...)
	_ = b.Do(context.Background(), func(context.Context) error { return errDown })
	if s := b.Status(); s.State != recloser.StateOpen {
		tb.Fatalf("the circuit is %v", s.State)
	}
	return b
}

// holds fails the test unless the circuit has counted want and no call is in
// flight.
func holds(t *testing.T, b *recloser.Breaker, want recloser.Counts) {
	t.Helper()
	if s := b.Status(); s.Window != want || s.InFlight != 0 {
		t.Errorf("the circuit counted %+v and has %d in flight, want %+v and none", s.Window, s.InFlight, want)
	}
}

// invoke hands an event to a handler through aws-lambda-go, as lambda.Start does.
func invoke(ctx context.Context, handler any, event string) (string, error) {
	response, err := lambda.NewHandler(handler).Invoke(ctx, []byte(event))
	return string(response), err
}

type order struct {
	ID int `json:"id"`
}

// wrapped is what lambdaguard.Wrap returns.
type wrapped = func(context.Context, json.RawMessage) (any, error)
