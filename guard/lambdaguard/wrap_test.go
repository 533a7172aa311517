package lambdaguard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

type bytesHandler func(context.Context, []byte) ([]byte, error)

func (f bytesHandler) Invoke(ctx context.Context, event []byte) ([]byte, error) { return f(ctx, event) }

type customError struct{}

func (*customError) Error() string { return "custom" }

// handlers are those that lambda.Start takes.
var handlers = map[string]any{
	"func()":                      func() {},
	"func(In)":                    func(order) {},
	"func() error":                func() error { return nil },
	"func() error, failing":       func() error { return errDown },
	"func(In) error":              func(o order) error { return fmt.Errorf("%w: %d", errDown, o.ID) },
	"func() (Out, error)":         func() (order, error) { return order{7}, nil },
	"func(In) (Out, error)":       func(o order) (order, error) { return order{o.ID + 1}, nil },
	"func(ctx)":                   func(context.Context) {},
	"func(ctx) error":             func(ctx context.Context) error { return ctx.Err() },
	"func(ctx) (Out, error)":      func(context.Context) (string, error) { return "<&>", nil },
	"func(ctx, In)":               func(context.Context, *order) {},
	"func(ctx, In) error":         func(_ context.Context, o *order) error { return fmt.Errorf("%w: %v", errDown, o) },
	"func(ctx, In) (Out, error)":  func(_ context.Context, o map[string]any) (any, error) { return o["id"], nil },
	"func(any) error":             func(event any) error { return fmt.Errorf("%w: %v", errDown, event) },
	"a custom error":              func() *customError { return &customError{} },
	"both a value and an error":   func() (int, error) { return 3, errDown },
	"a value that is no JSON":     func() (any, error) { return func() {}, nil },
	"the raw event":               func(_ context.Context, event json.RawMessage) (json.RawMessage, error) { return event, nil },
	"a reader":                    func() (io.Reader, error) { return strings.NewReader("text"), nil },
	"a reader in any":             func() (any, error) { return bytes.NewBufferString("text"), nil },
	"a nil reader":                func() (io.Reader, error) { return nil, nil }, //nolint:nilnil // It is what is tested.
	"a reader that is JSON":       func() (jsonReader, error) { return jsonReader{3}, nil },
	"a lambda.Handler":            bytesHandler(func(_ context.Context, event []byte) ([]byte, error) { return event, nil }),
	"a lambda.Handler, failing":   bytesHandler(func(context.Context, []byte) ([]byte, error) { return []byte("x"), errDown }),
	"lambda.NewHandler":           lambda.NewHandler(func(o order) (order, error) { return o, nil }),
	"lambda.NewHandler, streamed": lambda.NewHandler(func() (io.Reader, error) { return strings.NewReader("text"), nil }),
}

type jsonReader struct{ N int }

func (jsonReader) Read([]byte) (int, error) { return 0, errors.New("not read") }

// A wrapped handler gives what the handler gives, whatever its signature. In
// shadow mode too (law B7).
func TestWrappedIsTheSame(t *testing.T) {
	for name, handler := range handlers {
		for _, enforce := range []recloser.Share{0, 1} {
			for _, event := range []string{`{"id":5}`, `null`, `[1`, `"text"`} {
				b := newBreaker(t, func(o *recloser.Options) { o.Policy.Enforce = enforce })
				want, wantErr := invoke(t.Context(), handler, event)
				for kind, got := range map[string]wrapped{"Wrap": lambdaguard.Wrap(b, handler), "Translate": lambdaguard.Translate(handler)} {
					response, err := invoke(t.Context(), got, event)
					if event == `[1` { // aws-lambda-go reads it before it asks the guard.
						if err == nil {
							t.Errorf("%s of %s took the event %s", kind, name, event)
						}
						continue
					}
					if response != want || fmt.Sprintf("%T %v", err, err) != fmt.Sprintf("%T %v", wantErr, wantErr) {
						t.Errorf("%s of %s answers %s by %q, %v; the handler by %q, %v", kind, name, event, response, err, want, wantErr)
					}
				}
				if s := b.Status(); s.InFlight != 0 {
					t.Errorf("%s: %d calls are in flight", name, s.InFlight)
				}
			}
		}
	}
}

func TestWhatCannotBeWrapped(t *testing.T) {
	b := newBreaker(t)
	for name, handler := range map[string]any{
		"nil":                nil,
		"a number":           3,
		"a nil function":     (func())(nil),
		"three arguments":    func(context.Context, int, int) {},
		"two events":         func(int, int) {},
		"three results":      func() (int, int, error) { return 0, 0, nil },
		"no error":           func() int { return 0 },
		"no error, second":   func() (error, int) { return nil, 0 }, //nolint:staticcheck // It is what is tested.
		"a variadic handler": func(...int) {},
	} {
		func() {
			defer func() {
				if p, ok := recover().(string); !ok || !strings.HasPrefix(p, "lambdaguard: ") {
					t.Errorf("%s: the panic is %v", name, p)
				}
			}()
			lambdaguard.Wrap(b, handler)
		}()
	}
	defer func() {
		if p, ok := recover().(string); !ok || !strings.Contains(p, "lambdaguard.Translate") {
			t.Errorf("the panic is %v", p)
		}
	}()
	lambdaguard.Wrap(nil, func() {})
}

func TestWhatCounts(t *testing.T) {
	for name, row := range map[string]struct {
		handler any
		event   string
		want    recloser.Counts
	}{
		"success":            {func() error { return nil }, `{}`, success},
		"error":              {func() error { return errDown }, `{}`, failure},
		"malformed event":    {func(order) error { return errDown }, `{"id":"x"}`, nothing},
		"unwritable answer":  {func() (any, error) { return func() {}, nil }, `{}`, success},
		"validation":         {func() error { return fmt.Errorf("order 5: %w", errValidation) }, `{}`, nothing},
		"another's circuit":  {func() error { return &recloser.OpenError{Circuit: "inner"} }, `{}`, nothing},
		"no time of another": {func() error { return recloser.ErrNoTime }, `{}`, nothing},
	} {
		b := newBreaker(t, func(o *recloser.Options) {
			o.Classify = func(err error) recloser.Outcome {
				if errors.Is(err, errValidation) {
					return recloser.OutcomeIgnored
				}
				return recloser.Classify(err)
			}
		})
		_, _ = invoke(t.Context(), lambdaguard.Wrap(b, row.handler), row.event)
		t.Run(name, func(t *testing.T) { holds(t, b, row.want) })
	}
}

var errValidation = errors.New("no such order")

// Law S8: a panic settles the permit and reaches the caller as it was.
func TestPanicOfTheHandler(t *testing.T) {
	for name, handler := range map[string]any{
		"function": func() error { panic(errDown) },
		"stream":   func() (io.Reader, error) { panic(errDown) },
		"Handler":  bytesHandler(func(context.Context, []byte) ([]byte, error) { panic(errDown) }),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBreaker(t)
			func() {
				defer func() {
					if p := recover(); p != any(errDown) {
						t.Errorf("the caller saw the panic %v", p)
					}
				}()
				_, _ = invoke(t.Context(), lambdaguard.Wrap(b, handler), `{}`)
			}()
			holds(t, b, failure)
		})
	}
}

// The call ends before the function would: Lambda kills a function that has run
// out of time, and with it what it could have told. DESIGN.md, section 5.
func TestDeadline(t *testing.T) {
	for name, row := range map[string]struct{ function, want time.Duration }{
		"the function's": {2 * time.Second, 1800 * time.Millisecond},
		"the call's":     {15 * time.Minute, 3 * time.Second},
		"short":          {400 * time.Millisecond, 300 * time.Millisecond},
	} {
		for kind, wait := range map[string]any{
			"function": func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() },
			"stream":   func(ctx context.Context) (io.Reader, error) { <-ctx.Done(); return nil, ctx.Err() },
			"reader":   func(ctx context.Context) (io.Reader, error) { return hangingReader{ctx}, nil },
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithTimeout(t.Context(), row.function)
					defer cancel()
					b, began := newBreaker(t), time.Now()
					if _, err := invoke(ctx, lambdaguard.Wrap(b, wait), `{}`); err == nil {
						t.Error("the handler did not fail")
					}
					if took := time.Since(began); took != row.want {
						t.Errorf("the call took %v, want %v", took, row.want)
					}
					holds(t, b, recloser.Counts{Calls: 1, Failures: 1, Slow: map[bool]int{true: 1}[row.want >= 2*time.Second]})
				})
			})
		}
	}
}

type hangingReader struct{ ctx context.Context }

func (r hangingReader) Read([]byte) (int, error) { <-r.ctx.Done(); return 0, context.Cause(r.ctx) }

// The handler can see its deadline.
func TestDeadlineIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, handler := range []any{
			func(ctx context.Context) error { return seesDeadline(ctx, 3*time.Second) },
			func(ctx context.Context) (any, error) { return nil, seesDeadline(ctx, 3*time.Second) },
		} {
			if _, err := invoke(t.Context(), lambdaguard.Wrap(newBreaker(t), handler), `{}`); err != nil {
				t.Error(err)
			}
		}
	})
}

func seesDeadline(ctx context.Context, want time.Duration) error {
	deadline, ok := ctx.Deadline()
	if left := time.Until(deadline); !ok || left != want {
		return fmt.Errorf("the deadline is in %v, want %v", left, want)
	}
	return nil
}

func TestDecode(t *testing.T) {
	strict := func(o *lambdaguard.Options) {
		o.Decode = func(event []byte, v any) error {
			decoder := json.NewDecoder(bytes.NewReader(event))
			decoder.DisallowUnknownFields()
			return decoder.Decode(v)
		}
	}
	b := newBreaker(t)
	if _, err := invoke(t.Context(), lambdaguard.Wrap(b, func(order) {}, strict), `{"number":5}`); err == nil {
		t.Error("an unknown field was taken")
	}
	holds(t, b, nothing)
}
