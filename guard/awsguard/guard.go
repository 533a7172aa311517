package awsguard

import (
	"context"
	"fmt"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/recloser-dev/recloser"
)

// Options are what a guard is made of. [Guard] fills them with the defaults before
// it hands them to the functions it was given.
type Options struct {
	// Circuit names the circuit of an operation, and the partition of it, if
	// any; aws/middleware knows the service, region and operation of ctx. An
	// operation without a name is not guarded. It must be safe for concurrent
	// use; a panic in it reaches the caller. Defaults to [Service].
	Circuit func(ctx context.Context) (name, partition string)
	// EachAttempt makes every attempt at an operation a call of its own, in
	// place of the operation as a whole. A rejection ends the operation.
	// Defaults to false.
	EachAttempt bool
	// Classify says what the error of a call that was neither cut off nor given
	// up counts as. It must be safe for concurrent use; if it panics, [Classify]
	// stands. Defaults to [Classify].
	Classify func(err error) recloser.Outcome
}

// Guard returns what to append to the APIOptions of a client, or of the
// aws.Config that clients are made from. It asks the breakers of panel, whose
// clock must be the machine's, and panics if panel is nil. It does no I/O, and
// one guard may serve any number of clients.
//
// Besides the errors of the client its operations return an
// [*recloser.OpenError] if the circuit does not allow the call,
// [recloser.ErrNoTime] if the caller has no time left for it,
// [recloser.ErrCallTimeout] if it took too long, and an error that matches
// [recloser.ErrKey] if no circuit can have the name of the operation's.
func Guard(panel *recloser.Panel, optFns ...func(*Options)) func(*middleware.Stack) error {
	if panel == nil {
		panic("awsguard: no panel; make one with recloser.NewPanel")
	}
	g := &guard{panel: panel, options: Options{Circuit: Service, Classify: Classify}}
	for _, fn := range optFns {
		fn(&g.options)
	}
	return g.addTo
}

// Service names the circuit of an operation by the service, and its partition by
// the region: the ServiceID of the client in lower case, with a dash for each
// space, such as dynamodb/eu-west-1 or cloudwatch-logs/us-east-1.
func Service(ctx context.Context) (name, partition string) {
	service := strings.ToLower(awsmiddleware.GetServiceID(ctx))
	return strings.ReplaceAll(service, " ", "-"), awsmiddleware.GetRegion(ctx)
}

type guard struct {
	panel   *recloser.Panel
	options Options
}

var (
	_ middleware.InitializeMiddleware = (*guard)(nil)
	_ middleware.FinalizeMiddleware   = (*guard)(nil)
)

// addTo adds the guard to the stack of one operation.
func (g *guard) addTo(stack *middleware.Stack) error {
	const presigns, retries = "PresignHTTPRequest", "Retry"
	if _, signedOnly := stack.Finalize.Get(presigns); signedOnly {
		return nil
	}
	if !g.options.EachAttempt {
		return stack.Initialize.Add(g, middleware.After)
	}
	if _, ok := stack.Finalize.Get(retries); ok {
		return stack.Finalize.Insert(g, retries, middleware.After)
	}
	return stack.Finalize.Add(g, middleware.Before)
}

// ID implements [middleware.InitializeMiddleware].
func (*guard) ID() string { return "RecloserGuard" }

// HandleInitialize implements [middleware.InitializeMiddleware].
func (g *guard) HandleInitialize(
	ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
	err = g.call(ctx, func(ctx context.Context) (any, error) {
		var err error
		out, metadata, err = next.HandleInitialize(ctx, in)
		return out.Result, err
	})
	return out, metadata, err
}

// HandleFinalize implements [middleware.FinalizeMiddleware].
func (g *guard) HandleFinalize(
	ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
	err = g.call(ctx, func(ctx context.Context) (any, error) {
		var err error
		out, metadata, err = next.HandleFinalize(ctx, in)
		return out.Result, err
	})
	return out, metadata, err
}

// call makes a call, if the circuit allows it.
func (g *guard) call(ctx context.Context, next func(context.Context) (any, error)) error {
	name, partition := g.options.Circuit(ctx)
	if name == "" {
		_, err := next(ctx)
		return err
	}
	breaker, err := g.panel.Breaker(name, partition)
	if err != nil {
		return fmt.Errorf("awsguard: no breaker for the operation; name its circuit with Options.Circuit: %w", err)
	}
	permit, err := breaker.Allow(ctx)
	if err != nil {
		return &final{err}
	}
	c := &call{guard: g, permit: permit, original: ctx, limits: breaker.Policy().Call}
	return c.make(next)
}

// final is an error after which the SDK must not try again.
type final struct{ err error }

func (e *final) Error() string { return e.err.Error() }
func (e *final) Unwrap() error { return e.err }

// RetryableError is how the SDK asks.
func (*final) RetryableError() bool { return false }
