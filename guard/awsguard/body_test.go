package awsguard_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/awsguard"
)

// object is a result with a body, as that of S3's GetObject.
type object struct {
	Size int64
	Body io.ReadCloser
}

// events is a result that is read event by event.
type events struct{}

func (events) GetStream() int { return 0 }

// fetch runs a stack of one operation, of which deserialize is all there is.
func fetch(ctx context.Context, add func(*middleware.Stack) error, deserialize func(context.Context) (any, error)) (any, error) {
	stack := middleware.NewStack("GetObject", smithyhttp.NewStackRequest)
	answers := middleware.DeserializeMiddlewareFunc("Answers", func(ctx context.Context, _ middleware.DeserializeInput, _ middleware.DeserializeHandler) (
		out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
	) {
		out.Result, err = deserialize(ctx)
		return out, metadata, err
	})
	if err := stack.Deserialize.Add(answers, middleware.After); err != nil {
		return nil, err
	}
	if err := add(stack); err != nil {
		return nil, err
	}
	result, _, err := middleware.DecorateHandler(nil, stack).Handle(ctx, nil)
	return result, err
}

func objects(t *testing.T) (*recloser.Panel, func(*middleware.Stack) error) {
	t.Helper()
	panel := recloser.NewPanel()
	t.Cleanup(panel.Close)
	return panel, awsguard.Guard(panel, func(o *awsguard.Options) {
		o.Circuit = func(context.Context) (name, partition string) { return "s3", "" }
	})
}

// A body is read as long as it takes, and its context ends with it.
func TestBody(t *testing.T) {
	for name, row := range map[string]struct {
		body io.Reader
		end  func(io.ReadCloser)
	}{
		"read":   {http.NoBody, func(b io.ReadCloser) { _, _ = io.ReadAll(b) }},
		"broken": {iotest.ErrReader(io.ErrUnexpectedEOF), func(b io.ReadCloser) { _, _ = io.ReadAll(b) }},
		"closed": {http.NoBody, func(b io.ReadCloser) { b.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				panel, add := objects(t)
				var inner context.Context
				result, err := fetch(t.Context(), add, func(ctx context.Context) (any, error) {
					inner = ctx //nolint:fatcontext // It is looked at when the call is over.
					return &object{Body: io.NopCloser(row.body)}, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				if s := panel.Breakers()[0].Status(); s.Window != success || s.InFlight != 0 {
					t.Errorf("the circuit is %+v", s)
				}
				time.Sleep(time.Minute)
				if inner.Err() != nil {
					t.Errorf("the body was cut off: %v", context.Cause(inner))
				}
				row.end(result.(*object).Body)
				if inner.Err() == nil {
					t.Error("the context lives on")
				}
			})
		})
	}
}

// A result that comes too late is no result if there is more of it to read.
func TestLateBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panel, add := objects(t)
		closed := false
		_, err := fetch(t.Context(), add, func(context.Context) (any, error) {
			time.Sleep(time.Minute)
			return &object{Body: closing{http.NoBody, &closed}}, nil
		})
		if !errors.Is(err, recloser.ErrCallTimeout) || !closed {
			t.Errorf("the error is %v, and the body closed: %t", err, closed)
		}
		if s := panel.Breakers()[0].Status(); s.InFlight != 0 {
			t.Errorf("the circuit is %+v", s)
		}
	})
}

type closing struct {
	io.Reader
	closed *bool
}

func (c closing) Close() error { *c.closed = true; return nil }

// The context of any other result ends with the call, and that of an event stream
// with the caller's.
func TestContextOfTheResult(t *testing.T) {
	for _, row := range []struct {
		result any
		lives  bool
	}{
		{&struct{ N int }{3}, false},
		{&object{}, false},
		{(*object)(nil), false},
		{nil, false},
		{object{Body: http.NoBody}, false},
		{&events{}, true},
	} {
		_, add := objects(t)
		var inner context.Context
		if _, err := fetch(t.Context(), add, func(ctx context.Context) (any, error) {
			inner = ctx //nolint:fatcontext // It is looked at when the call is over.
			return row.result, nil
		}); err != nil {
			t.Fatal(err)
		}
		if lives := inner.Err() == nil; lives != row.lives {
			t.Errorf("the context of %T lives: %t", row.result, lives)
		}
	}
}

// A request that is signed for others to send is no call.
func TestPresigned(t *testing.T) {
	panel, add := objects(t)
	_, err := fetch(t.Context(), func(stack *middleware.Stack) error {
		if err := stack.Finalize.Add(presigner{v4.NewPresignHTTPRequestMiddleware(v4.PresignHTTPRequestMiddlewareOptions{})}, middleware.After); err != nil {
			return err
		}
		return add(stack)
	}, func(context.Context) (any, error) { return nil, nil }) //nolint:nilnil // It is not looked at.
	if err != nil || len(panel.Breakers()) != 0 {
		t.Errorf("the error is %v, and there are %d circuits", err, len(panel.Breakers()))
	}
}

// presigner has the name of what signs, and does nothing.
type presigner struct {
	*v4.PresignHTTPRequestMiddleware
}

func (presigner) HandleFinalize(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
	middleware.FinalizeOutput, middleware.Metadata, error,
) {
	return next.HandleFinalize(ctx, in)
}
