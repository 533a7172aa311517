package lambdaguard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
	"github.com/recloser-dev/recloser/internal/locallambda"
)

// functions are those that a test can start as Lambda would, in a process of
// their own.
var functions = map[string]func() any{
	"answering": func() any { return lambdaguard.Wrap(ownBreaker(quick), fallible) },
	"streaming": func() any {
		return lambdaguard.Wrap(ownBreaker(quick), func(ctx context.Context, event json.RawMessage) (*events.LambdaFunctionURLStreamingResponse, error) {
			text, err := fallible(ctx, event)
			return &events.LambdaFunctionURLStreamingResponse{StatusCode: 201, Body: strings.NewReader(text)}, err
		})
	},
	"concurrent": func() any { return lambdaguard.Wrap(ownBreaker(), meet()) },
}

func ownBreaker(optFns ...func(*recloser.Options)) *recloser.Breaker {
	b, err := recloser.New("payments", optFns...)
	if err != nil {
		panic(err)
	}
	return b
}

func fallible(_ context.Context, event json.RawMessage) (string, error) {
	switch {
	case bytes.Contains(event, []byte("fail")):
		return "", errDown
	case bytes.Contains(event, []byte("panic")):
		panic("the handler panicked")
	}
	return "done", nil
}

// meet returns a handler that answers as soon as eight calls of it are in flight,
// each with its own number.
func meet() any {
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	return func(ctx context.Context, o order) (order, error) {
		mu.Lock()
		if waiting++; waiting%8 == 0 {
			close(all)
			all = make(chan struct{})
			mu.Unlock()
			return o, nil
		}
		met := all
		mu.Unlock()
		select {
		case <-met:
			return o, nil
		case <-ctx.Done():
			return order{}, ctx.Err()
		}
	}
}

// result is what a function answered.
type result struct {
	Body        string
	ContentType string
	Failed      bool
}

// start runs a function as Lambda does, under the runtime client of aws-lambda-go.
func start(t *testing.T, function string, optFns ...func(*locallambda.Options)) (invoke func(event string) result) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := locallambda.New(append([]func(*locallambda.Options){func(o *locallambda.Options) {
		o.Name, o.Command, o.Env = function, []string{program}, map[string]string{functionVariable: function}
		o.Timeout, o.MaxEnvironments = 20*time.Second, 1
		o.Log = func(l locallambda.Line) {
			if strings.Contains(l.Text, "DATA RACE") {
				t.Error(l.Text)
			}
		}
	}}, optFns...)...)
	if errors.Is(err, locallambda.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return func(event string) result {
		got, err := f.Invoke(t.Context(), []byte(event))
		if err != nil {
			t.Error(err)
		}
		return result{string(got.Payload), got.ContentType, got.FunctionError != ""}
	}
}

// A function under the runtime client that Lambda runs it by: the circuit opens,
// and each kind of event is answered as its sender can read it.
func TestRuntime(t *testing.T) {
	invoke := start(t, "answering")
	request := goldens(t)["apigw-v2-request-no-authorizer.json"]
	for _, row := range []struct {
		event string
		want  result
	}{
		{`{}`, result{`"done"`, "application/json", false}},
		{`"fail"`, result{`{"errorMessage":"the dependency is down","errorType":"errorString"}`, "application/json", true}},
		{`"fail"`, result{`{"errorMessage":"recloser: circuit payments rejected the call (open;*","errorType":"CircuitOpenError"}`, "application/json", true}},
		{request, result{`{"statusCode":503,"headers":{"Cache-Control":"no-store",*`, "application/json", false}},
	} {
		got := invoke(row.event)
		head, tail, _ := strings.Cut(row.want.Body, "*")
		if !strings.HasPrefix(got.Body, head) || !strings.HasSuffix(got.Body, tail) || got.ContentType != row.want.ContentType || got.Failed != row.want.Failed {
			t.Errorf("%s is answered by %+v, want %+v", row.event, got, row.want)
		}
	}
}

func TestRuntimeStreams(t *testing.T) {
	invoke := start(t, "streaming")
	const streamType, gap = "application/vnd.awslambda.http-integration-response", "\x00\x00\x00\x00\x00\x00\x00\x00"
	request := goldens(t)["lambda-urls-request.json"]
	if got := invoke(request); got != (result{`{"statusCode":201}` + gap + "done", streamType, false}) {
		t.Errorf("the answer is %+v", got)
	}
	invoke(`"fail"`)
	got := invoke(request)
	if !strings.HasPrefix(got.Body, `{"statusCode":503,`) || !strings.Contains(got.Body, gap+`{"type":"about:blank"`) || got.ContentType != streamType || got.Failed {
		t.Errorf("the rejection is %+v", got)
	}
}

// A panic reaches the runtime with its value and the place it came from, and ends
// the process.
func TestRuntimePanic(t *testing.T) {
	ended := make(chan string, 1)
	invoke := start(t, "answering", func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			if strings.Contains(l.Text, "the process should exit") {
				ended <- l.Text
			}
		}
	})
	got := invoke(`"panic"`)
	if !got.Failed || !strings.HasPrefix(got.Body, `{"errorMessage":"the handler panicked","errorType":"string"`) || !strings.Contains(got.Body, `"label":"fallible"`) {
		t.Errorf("the answer is %+v", got)
	}
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the process goes on")
	}
}

// Managed Instances make many calls at once in one environment. Law X2.
func TestRuntimeConcurrent(t *testing.T) {
	const calls, atOnce = 64, 8
	invoke := start(t, "concurrent", func(o *locallambda.Options) { o.EnvironmentConcurrency = atOnce })
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range calls {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			event := fmt.Sprintf(`{"id":%d}`, i)
			if got := invoke(event); got.Failed || got.Body != event {
				t.Errorf("call %d is answered by %+v", i, got)
			}
		})
	}
	all.Wait()
}
