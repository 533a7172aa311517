package lambdaguard

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"reflect"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// callStream is call for a handler whose response may be a stream. What the
// stream is made of may hang on the handler's context, so that lives until the
// stream is closed; the time of the call bounds it up to the first bytes only.
func (g *guard) callStream(ctx context.Context, argument reflect.Value) (any, error) {
	var response any
	err := g.breaker.Do(ctx, func(call context.Context) error {
		live, cancel := context.WithCancelCause(ctx)
		kept := false
		defer func() {
			if !kept {
				cancel(nil)
			}
		}()
		detach := context.AfterFunc(call, func() { cancel(context.Cause(call)) })
		var err error
		if response, err = g.target.call(callContext{live, call}, argument); err != nil {
			return err
		}
		source, replaced := sourceOf(response)
		if source == nil {
			return nil
		}
		s := &stream{source: source, release: cancel}
		if err := s.begin(); err != nil {
			_ = s.Close()
			return err
		}
		if !detach() {
			_ = s.Close()
			return context.Cause(call)
		}
		response, kept = replaced(s), true
		return nil
	})
	if err != nil {
		return nil, err
	}
	return response, nil
}

// callContext is live, with the deadline of the call.
type callContext struct {
	context.Context
	call context.Context //nolint:containedctx // It is a context itself.
}

// Deadline implements [context.Context].
func (c callContext) Deadline() (time.Time, bool) { return c.call.Deadline() }

// sourceOf returns what a response streams, or nil, and how to have the response
// stream something in its place. The runtime streams a reader unless it can be
// written as JSON that says something.
func sourceOf(response any) (source io.Reader, replaced func(*stream) any) {
	reader, ok := response.(io.Reader)
	if !ok {
		return nil, nil
	}
	if text, err := json.Marshal(response); err == nil && !bytes.HasPrefix(text, []byte("{}")) {
		return nil, nil
	}
	switch r := response.(type) {
	case *events.LambdaFunctionURLStreamingResponse:
		return r.Body, func(s *stream) any { r.Body = s; return r }
	case *events.APIGatewayProxyStreamingResponse:
		return r.Body, func(s *stream) any { r.Body = s; return r }
	}
	return reader, func(s *stream) any { return s }
}

// stream is what a response streams, after its first bytes have been read.
type stream struct {
	source  io.Reader
	release context.CancelCauseFunc
	head    []byte
	end     error // of source, behind head
}

// begin waits for the first bytes, or the end. It returns what broke the stream
// before there were any.
func (s *stream) begin() error {
	const most, attempts = 4096, 100
	head := make([]byte, most)
	for range attempts {
		n, err := s.source.Read(head)
		s.head, s.end = head[:n], err
		if n > 0 || err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

// Read implements [io.Reader].
func (s *stream) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if s.end != nil {
		return 0, s.end
	}
	return s.source.Read(p)
}

// Close implements [io.Closer].
func (s *stream) Close() error {
	defer s.release(nil)
	if closer, ok := s.source.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

// ContentType is how the runtime asks for the type of a response.
func (s *stream) ContentType() string {
	if typed, ok := s.source.(interface{ ContentType() string }); ok {
		return typed.ContentType()
	}
	return "application/octet-stream"
}
