package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

func Example() {
	ctx := context.Background()
	payments, err := recloser.New("payments", func(o *recloser.Options) { o.Store = new(recloser.MemoryStore) })
	if err != nil {
		panic(err)
	}
	err = payments.Do(ctx, func(ctx context.Context) error { return nil }) // Call the dependency here.
	if errors.Is(err, recloser.ErrOpen) {
		fmt.Println("not called: the circuit is open")
	}
	fmt.Println(err, payments.Status().State)
	// Output: <nil> closed
}

func ExampleCall() {
	rates, _ := recloser.New("exchange-rates")
	rate, err := recloser.Call(context.Background(), rates, func(context.Context) (float64, error) {
		return 1.08, nil
	})
	fmt.Println(rate, err)
	// Output: 1.08 <nil>
}

func ExampleBreaker_Do_open() {
	b, _ := recloser.New("inventory", func(o *recloser.Options) {
		o.Policy.OpenWhen.MinCalls = 20
		o.Policy.OpenFor.Jitter = 0
	})
	down := func(context.Context) error { return errors.New("connection refused") }
	for range 20 {
		_ = b.Do(context.Background(), down)
	}
	err := b.Do(context.Background(), down)
	if open, ok := errors.AsType[*recloser.OpenError](err); ok {
		fmt.Println(open.Reason, open.Cause.Rule, open.Cause.Failures, "of", open.Cause.Calls)
		fmt.Println("retry after", open.RetryAfter.Round(time.Second))
	}
	// Output:
	// open failure_rate 20 of 20
	// retry after 10s
}

func ExampleBreaker_Allow() {
	b, _ := recloser.New("search")
	permit, err := b.Allow(context.Background())
	if err != nil {
		return
	}
	fmt.Println(permit.Success())
	fmt.Println(permit.Failure())
	// Output:
	// counted
	// already settled
}

func ExamplePanel() {
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		strict := recloser.DefaultPolicy()
		strict.OpenWhen.FailureRate = 0.2
		o.Policies = map[string]recloser.Policy{"payments": strict}
	})
	eu, _ := panel.Breaker("payments", "eu")
	again, _ := panel.Breaker("payments", "eu")
	fmt.Println(eu.Key(), eu.Policy().OpenWhen.FailureRate, eu == again)
	// Output: payments/eu 20% true
}

func ExamplePolicy_Validate() {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Probes = 0
	p.OpenFor.Cooldown = 5 * time.Second
	fmt.Println(p.Validate())
	// Output:
	// half_open.probes: must be from 1 to 8, not 0
	// open_for.cooldown: is 5s, less than lease + margin = 6s + 3s = 9s: probes of two generations could be in flight at once; raise it, or shorten call.timeout or half_open.margin
}

func ExampleOpenError() {
	err := error(&recloser.OpenError{
		Circuit:    "payments",
		Reason:     recloser.ReasonOpen,
		RetryAfter: 8 * time.Second,
		Cause:      recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Span: 2 * time.Second},
	})
	fmt.Println(err)
	// Output: recloser: circuit payments rejected the call (open; failure_rate: 12 of 14 calls failed, 0 were slow in 2s), retry after 8s
}
