package grpcguard

import (
	"context"
	"fmt"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"

	"github.com/recloser-dev/recloser"
)

// Options are what a guard is made of. The functions of this package fill them
// with the defaults before they hand them to those they were given.
type Options struct {
	// Circuit names the circuit of a call, and the partition of it, if any, by
	// the target of its connection and the full name of its method, such as
	// /shop.Orders/Get. A call without a name is not guarded. It must be safe
	// for concurrent use; a panic in it reaches the caller. Defaults to [Target].
	Circuit func(ctx context.Context, target, method string) (name, partition string)
	// Classify says what the error of a call that was neither cut off nor given
	// up counts as. It must be safe for concurrent use; if it panics, [Classify]
	// stands. Defaults to [Classify].
	Classify func(err error) recloser.Outcome
}

// DialOptions returns options for grpc.NewClient that guard unary calls and
// streams. See [Unary] and [Stream].
func DialOptions(panel *recloser.Panel, optFns ...func(*Options)) []grpc.DialOption {
	g := newGuard(panel, optFns)
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(g.unary), grpc.WithChainStreamInterceptor(g.stream)}
}

// Unary returns an interceptor of unary calls that asks the breakers of panel,
// whose clock must be the machine's. It panics if panel is nil, and does no I/O.
//
// Besides the errors of gRPC its calls return an [*recloser.OpenError] if the
// circuit does not allow the call, [recloser.ErrNoTime] if the caller has no time
// left for it, [recloser.ErrCallTimeout] if it took too long, and an error that
// matches [recloser.ErrKey] if no circuit can have the name of the call's; all of
// them are to be found by errors.Is or errors.As, and have a status.
func Unary(panel *recloser.Panel, optFns ...func(*Options)) grpc.UnaryClientInterceptor {
	return newGuard(panel, optFns).unary
}

// Stream is [Unary] for streams.
func Stream(panel *recloser.Panel, optFns ...func(*Options)) grpc.StreamClientInterceptor {
	return newGuard(panel, optFns).stream
}

type guard struct {
	panel   *recloser.Panel
	options Options
}

func newGuard(panel *recloser.Panel, optFns []func(*Options)) *guard {
	if panel == nil {
		panic("grpcguard: no panel; make one with recloser.NewPanel")
	}
	g := &guard{panel: panel, options: Options{Circuit: Target, Classify: Classify}}
	for _, fn := range optFns {
		fn(&g.options)
	}
	return g
}

// unary implements [grpc.UnaryClientInterceptor].
func (g *guard) unary(
	ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption,
) error {
	c, err := g.allow(ctx, conn.Target(), method)
	if err != nil {
		return err
	}
	if c == nil {
		return invoke(ctx, method, request, reply, conn, opts...)
	}
	return c.unary(func(ctx context.Context) error { return invoke(ctx, method, request, reply, conn, opts...) })
}

// stream implements [grpc.StreamClientInterceptor].
func (g *guard) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	c, err := g.allow(ctx, conn.Target(), method)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return open(ctx, desc, conn, method, opts...)
	}
	return c.stream(desc, func(ctx context.Context) (grpc.ClientStream, error) { return open(ctx, desc, conn, method, opts...) })
}

// allow returns the call if its circuit allows it, or nil if it has none.
func (g *guard) allow(ctx context.Context, target, method string) (*call, error) {
	name, partition := g.options.Circuit(ctx, target, method)
	if name == "" {
		return nil, nil //nolint:nilnil // There is nothing to guard.
	}
	breaker, err := g.panel.Breaker(name, partition)
	if err != nil {
		err = fmt.Errorf("grpcguard: no breaker for the call; name its circuit with Options.Circuit: %w", err)
		return nil, &statusError{codes.Internal, err}
	}
	permit, err := breaker.Allow(ctx)
	if err != nil {
		return nil, &statusError{codes.Unavailable, err}
	}
	return &call{guard: g, permit: permit, original: ctx, limits: breaker.Policy().Call}, nil
}
