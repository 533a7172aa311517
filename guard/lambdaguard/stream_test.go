package lambdaguard_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdaurl"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

// A stream is judged by its first bytes, and is then on its own: nothing of it
// counts, and nothing cuts it off, though it hangs on the handler's context.
func TestStream(t *testing.T) {
	for name, row := range map[string]struct {
		parts []part
		want  recloser.Counts
		text  string
	}{
		"whole":               {[]part{{0, "hello", nil}}, success, "hello"},
		"empty":               {nil, success, ""},
		"long":                {[]part{{0, "hello ", nil}, {time.Minute, "world", nil}}, success, "hello world"},
		"broken at once":      {[]part{{0, "", errDown}}, failure, ""},
		"broken later":        {[]part{{0, "hello", nil}, {time.Second, "", errDown}}, success, "hello"},
		"broken with a piece": {[]part{{0, "hello", errDown}}, success, "hello"},
		"slow":                {[]part{{2 * time.Second, "hello", nil}}, recloser.Counts{Calls: 1, Slow: 1}, "hello"},
		"late":                {[]part{{4 * time.Second, "hello", nil}}, recloser.Counts{Calls: 1, Failures: 1, Slow: 1}, ""},
	} {
		for kind, handler := range map[string]func(source) any{
			"reader": func(s source) any {
				return func(ctx context.Context) (io.Reader, error) { return s.reader(ctx), nil }
			},
			"any": func(s source) any {
				return func(ctx context.Context) (any, error) { return s.reader(ctx), nil }
			},
			"function URL": func(s source) any {
				return func(ctx context.Context) (*events.LambdaFunctionURLStreamingResponse, error) {
					return &events.LambdaFunctionURLStreamingResponse{StatusCode: 201, Body: s.reader(ctx)}, nil
				}
			},
			"REST API": func(s source) any {
				return func(ctx context.Context) (*events.APIGatewayProxyStreamingResponse, error) {
					return &events.APIGatewayProxyStreamingResponse{StatusCode: 201, Body: s.reader(ctx)}, nil
				}
			},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBreaker(t)
					closed := 0
					response, err := lambdaguard.Wrap(b, handler(source{row.parts, &closed}))(t.Context(), []byte(`{}`))
					holds(t, b, row.want) // Before the rest is read.
					if row.want.Failures > 0 {
						if err == nil || closed != 1 {
							t.Errorf("the error is %v, and the source was closed %d times", err, closed)
						}
						return
					}
					text, err := io.ReadAll(response.(io.Reader))
					if kind != "reader" && kind != "any" {
						_, text, _ = bytes.Cut(text, make([]byte, 8))
					}
					if string(text) != row.text || !strings.HasPrefix(name, "broken") != (err == nil) {
						t.Errorf("the stream is %q, %v, want %q", text, err, row.text)
					}
					response.(io.Closer).Close()
					if s := b.Status(); closed != 1 || s.Window.Failures > 0 || s.InFlight > 0 {
						t.Errorf("the source was closed %d times, and the circuit is %+v", closed, s)
					}
				})
			})
		}
	}
}

type part struct {
	after time.Duration
	text  string
	err   error
}

// source is a stream that comes in parts, as long as its context lives.
type source struct {
	parts  []part
	closed *int
}

func (s source) reader(ctx context.Context) io.Reader { return &sourceReader{s, ctx} }

type sourceReader struct {
	source
	ctx context.Context
}

func (r *sourceReader) Read(p []byte) (int, error) {
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	next := r.parts[0]
	r.parts = r.parts[1:]
	select {
	case <-time.After(next.after):
		return copy(p, next.text), next.err
	case <-r.ctx.Done():
		return 0, context.Cause(r.ctx)
	}
}

func (r *sourceReader) Close() error { *r.closed++; return nil }

// The context of a stream ends with it.
func TestStreamEndsItsContext(t *testing.T) {
	var seen context.Context
	handler := lambdaguard.Wrap(newBreaker(t), func(ctx context.Context) (any, error) {
		seen = ctx //nolint:fatcontext // It is looked at when the call is over.
		return iotest.DataErrReader(strings.NewReader("text")), nil
	})
	if response, err := invoke(t.Context(), handler, `{}`); response != "text" || err != nil {
		t.Errorf("the response is %q, %v", response, err)
	}
	if seen.Err() == nil {
		t.Error("the context of the handler lives on")
	}
}

// A stream that comes too late is none, though it does not know.
func TestLateStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, closed := newBreaker(t), 0
		handler := lambdaguard.Wrap(b, func() (io.Reader, error) {
			return source{[]part{{4 * time.Second, "hello", nil}}, &closed}.reader(context.Background()), nil
		})
		if _, err := invoke(t.Context(), handler, `{}`); !errors.Is(err, recloser.ErrCallTimeout) || closed != 1 {
			t.Errorf("the error is %v, and the source was closed %d times", err, closed)
		}
		holds(t, b, recloser.Counts{Calls: 1, Failures: 1, Slow: 1})
	})
}

// A reader may read nothing for a while.
func TestHesitantStream(t *testing.T) {
	closed := 0
	handler := lambdaguard.Wrap(newBreaker(t), func(ctx context.Context) (io.Reader, error) {
		return source{[]part{{}, {}, {0, "hello", nil}}, &closed}.reader(ctx), nil
	})
	if response, err := invoke(t.Context(), handler, `{}`); response != "hello" || err != nil {
		t.Errorf("the response is %q, %v", response, err)
	}
}

func TestStreamWithoutProgress(t *testing.T) {
	b := newBreaker(t)
	handler := lambdaguard.Wrap(b, func() (io.Reader, error) { return idleReader{}, nil })
	if _, err := invoke(t.Context(), handler, `{}`); !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("the error is %v", err)
	}
	holds(t, b, failure)
}

type idleReader struct{}

func (idleReader) Read([]byte) (int, error) { return 0, nil }

// A handler whose responses are streams is answered for by a stream, with its
// status ahead of it.
func TestRejectionOfStream(t *testing.T) {
	b, event := open(t), goldens(t)["lambda-urls-request.json"]
	for name, handler := range map[string]any{
		"function URL": func() (*events.LambdaFunctionURLStreamingResponse, error) { return nil, errDown },
		"REST API":     func() (*events.APIGatewayProxyStreamingResponse, error) { return nil, errDown },
		"lambdaurl":    lambdaurl.Wrap(http.NotFoundHandler()),
	} {
		text, err := invoke(t.Context(), lambdaguard.Wrap(b, handler), event)
		prelude, rest, ok := strings.Cut(text, strings.Repeat("\x00", 8))
		if err != nil || !ok || !strings.HasPrefix(prelude, `{"statusCode":503,`+strings.ReplaceAll(headers, `"10"}`, "")) ||
			!strings.HasPrefix(rest, `{"type":"about:blank"`) {
			t.Errorf("%s: the answer is %q, %v", name, text, err)
		}
	}
}

// An http.Handler behind a function URL streams through the guard.
func TestLambdaURL(t *testing.T) {
	handler := lambdaurl.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, r.URL.Path)
		_, _ = io.WriteString(w, " done")
	}))
	b := newBreaker(t)
	text, err := invoke(t.Context(), lambdaguard.Wrap(b, handler), goldens(t)["lambda-urls-request.json"])
	if err != nil || !strings.HasPrefix(text, `{"statusCode":202`) || !strings.HasSuffix(text, "/my/path done") {
		t.Errorf("the response is %q, %v", text, err)
	}
	holds(t, b, success)
}
