package lambdaguard

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/recloser-dev/recloser"
)

// Options are what a handler is wrapped by. [Wrap] and [Translate] fill them with
// the defaults before they hand them to the functions they were given.
type Options struct {
	// Reject answers for an open circuit. Its result becomes the function's. It
	// must be safe for concurrent use; a panic in it reaches the caller.
	// Defaults to [Answer].
	Reject func(ctx context.Context, r Rejection) (any, error)
	// Decode reads an event into the handler's argument, a pointer to which is
	// v. The options of lambda.StartWithOptions that are about requests do not
	// reach the handler. Defaults to [json.Unmarshal].
	Decode func(event []byte, v any) error
}

// Rejection is an invocation that a circuit did not allow.
type Rejection struct {
	// Event is what the function was invoked with.
	Event json.RawMessage
	// Open says which circuit, why, and when to try again. It must not be
	// changed.
	Open *recloser.OpenError
	// Err is what would have been returned: Open itself if the function's own
	// circuit rejected it, or an error of the handler that has Open in its chain.
	Err error
}

// Wrap returns a handler for lambda.Start that asks breaker before it calls the
// given one, which may be any that lambda.Start takes. A [lambda.Handler] hands
// over its response in one piece; a function may return a stream. Wrap panics if
// breaker is nil, or if there is something that lambda.Start would not take. It
// does no I/O.
//
// The error of the returned handler is the given one's. If a circuit is open,
// Options.Reject decides. If the function has no time left for the call, it is
// [recloser.ErrNoTime].
//
// The returned handler is safe for concurrent use if the given one is.
func Wrap(breaker *recloser.Breaker, handler any, optFns ...func(*Options)) func(context.Context, json.RawMessage) (any, error) {
	if breaker == nil {
		panic("lambdaguard: no breaker; make one with recloser.New, or use lambdaguard.Translate")
	}
	return newGuard(breaker, handler, optFns).invoke
}

// Translate returns a handler for lambda.Start that answers for the open circuits
// whose [*recloser.OpenError] the given one returns, by Options.Reject. It is
// [Wrap] without a circuit of the function's own.
func Translate(handler any, optFns ...func(*Options)) func(context.Context, json.RawMessage) (any, error) {
	return newGuard(nil, handler, optFns).invoke
}

type guard struct {
	breaker *recloser.Breaker // nil for Translate
	target  target
	options Options
}

func newGuard(breaker *recloser.Breaker, handler any, optFns []func(*Options)) *guard {
	options := Options{Reject: Answer, Decode: json.Unmarshal}
	for _, fn := range optFns {
		fn(&options)
	}
	return &guard{breaker: breaker, target: targetOf(handler), options: options}
}

// invoke is the wrapped handler.
func (g *guard) invoke(ctx context.Context, event json.RawMessage) (any, error) {
	argument, err := g.target.argument(event, g.options.Decode)
	if err != nil {
		return nil, err
	}
	response, err := g.call(ctx, argument)
	if err == nil {
		return response, nil
	}
	open, ok := errors.AsType[*recloser.OpenError](err)
	if !ok {
		return nil, err
	}
	answer, err := g.options.Reject(ctx, Rejection{Event: event, Open: open, Err: err})
	if err != nil {
		return nil, err
	}
	return streamed(answer, g.target.response), nil
}

// call makes the call, if the circuit allows it.
func (g *guard) call(ctx context.Context, argument reflect.Value) (any, error) {
	switch {
	case g.breaker == nil:
		return g.target.call(ctx, argument)
	case g.target.streams:
		return g.callStream(ctx, argument)
	}
	var response any
	err := g.breaker.Do(ctx, func(ctx context.Context) error {
		var err error
		response, err = g.target.call(ctx, argument)
		return err
	})
	return response, err
}
