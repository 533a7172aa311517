package lambdaguard_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

// The function is the call: while the shop's database is down, it does not run.
func ExampleWrap() {
	breaker, err := recloser.New("orders", quick)
	if err != nil {
		panic(err)
	}
	defer breaker.Close()
	handle := func(_ context.Context, o order) (string, error) {
		return "", fmt.Errorf("order %d: no connection to the database", o.ID)
	}

	// In a function: lambda.Start(lambdaguard.Wrap(breaker, handle))
	function := lambda.NewHandler(lambdaguard.Wrap(breaker, handle))

	_, err = function.Invoke(context.Background(), []byte(`{"id":5}`))
	fmt.Println(err)
	_, err = function.Invoke(context.Background(), []byte(`{"id":5}`))
	fmt.Println(errors.Is(err, recloser.ErrOpen))
	request := `{"version":"2.0","requestContext":{"apiId":"a1","http":{"method":"GET"}},"id":5}`
	response, _ := function.Invoke(context.Background(), []byte(request))
	fmt.Printf("%.18s\n", response)

	// Output:
	// order 5: no connection to the database
	// true
	// {"statusCode":503,
}

// The handler makes a guarded call itself, and returns what the guard says.
func ExampleTranslate() {
	payments, err := recloser.New("payments", quick)
	if err != nil {
		panic(err)
	}
	defer payments.Close()
	handle := func(ctx context.Context, o order) error {
		return payments.Do(ctx, func(context.Context) error {
			return fmt.Errorf("charge of order %d: timeout", o.ID)
		})
	}
	function := lambda.NewHandler(lambdaguard.Translate(handle))
	for range 2 {
		_, err := function.Invoke(context.Background(), []byte(`{"id":5}`))
		failed, ok := errors.AsType[*lambdaguard.CircuitOpenError](err)
		if !ok {
			fmt.Println(err)
			continue
		}
		fmt.Println(failed.Open.Circuit, failed.Open.Reason)
	}

	// Output:
	// charge of order 5: timeout
	// payments open
}

// What is asked for has been answered before: yesterday's price will do.
func ExampleOptions_reject() {
	breaker, err := recloser.New("prices", quick)
	if err != nil {
		panic(err)
	}
	defer breaker.Close()
	handle := func(context.Context) (int, error) { return 0, errDown }
	function := lambda.NewHandler(lambdaguard.Wrap(breaker, handle, func(o *lambdaguard.Options) {
		o.Reject = func(context.Context, lambdaguard.Rejection) (any, error) { return 42, nil }
	}))
	for range 2 {
		price, err := function.Invoke(context.Background(), []byte(`{}`))
		fmt.Println(string(price), err)
	}

	// Output:
	//  the dependency is down
	// 42 <nil>
}
