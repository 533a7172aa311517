package lambdaguard_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
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

// runtimeAPI is the side of Lambda in the protocol that its runtime clients speak.
type runtimeAPI struct {
	*httptest.Server
	events  chan invocation
	stopped chan struct{}

	mu      sync.Mutex
	waiting map[string]chan result
}

type invocation struct{ id, event string }

// result is what a function answered.
type result struct {
	Body        string
	ContentType string
	Failed      bool
}

// start runs a function under the runtime client of aws-lambda-go. The function
// returned stops it and returns what it wrote.
func start(t *testing.T, function string, concurrency int) (api *runtimeAPI, stop func() string) {
	t.Helper()
	api = &runtimeAPI{events: make(chan invocation), stopped: make(chan struct{}), waiting: make(map[string]chan result)}
	mux := http.NewServeMux()
	const prefix = "/2018-06-01/runtime/invocation/"
	mux.HandleFunc("GET "+prefix+"next", api.next)
	mux.HandleFunc("POST "+prefix+"{id}/response", func(w http.ResponseWriter, r *http.Request) { api.end(w, r, false) })
	mux.HandleFunc("POST "+prefix+"{id}/error", func(w http.ResponseWriter, r *http.Request) { api.end(w, r, true) })
	api.Server = httptest.NewServer(mux)

	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	process := exec.Command(program)
	process.Env = append(os.Environ(), functionVariable+"="+function,
		"AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(api.URL, "http://"), "AWS_LAMBDA_MAX_CONCURRENCY="+strconv.Itoa(concurrency))
	var output bytes.Buffer
	process.Stdout, process.Stderr = &output, &output
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	stop = sync.OnceValue(func() string {
		close(api.stopped) // The client exits when it is not told what is next.
		_ = process.Wait()
		api.Close()
		return output.String()
	})
	t.Cleanup(func() {
		if text := stop(); strings.Contains(text, "DATA RACE") {
			t.Error(text)
		}
	})
	return api, stop
}

func (a *runtimeAPI) next(w http.ResponseWriter, r *http.Request) {
	select {
	case i := <-a.events:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(time.Now().Add(time.Minute).UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:f")
		_, _ = io.WriteString(w, i.event)
	case <-a.stopped:
		w.WriteHeader(http.StatusGone)
	case <-r.Context().Done():
	}
}

func (a *runtimeAPI) end(w http.ResponseWriter, r *http.Request, failed bool) {
	text, _ := io.ReadAll(r.Body)
	w.WriteHeader(http.StatusAccepted)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting[r.PathValue("id")] <- result{string(text), r.Header.Get("Content-Type"), failed}
}

// invoke has the function answer an event.
func (a *runtimeAPI) invoke(t *testing.T, id, event string) result {
	t.Helper()
	answer := make(chan result, 1)
	a.mu.Lock()
	a.waiting[id] = answer
	a.mu.Unlock()
	limit := time.After(20 * time.Second)
	select {
	case a.events <- invocation{id, event}:
	case <-limit:
		t.Fatal("the function takes no event")
	}
	select {
	case r := <-answer:
		return r
	case <-limit:
		t.Fatal("the function does not answer")
	}
	return result{}
}

// A function under the runtime client that Lambda runs it by: the circuit opens,
// and each kind of event is answered as its sender can read it.
func TestRuntime(t *testing.T) {
	api, _ := start(t, "answering", 1)
	request := goldens(t)["apigw-v2-request-no-authorizer.json"]
	for i, row := range []struct {
		event string
		want  result
	}{
		{`{}`, result{`"done"`, "application/json", false}},
		{`"fail"`, result{`{"errorMessage":"the dependency is down","errorType":"errorString"}`, "application/json", true}},
		{`"fail"`, result{`{"errorMessage":"recloser: circuit payments rejected the call (open;*","errorType":"CircuitOpenError"}`, "application/json", true}},
		{request, result{`{"statusCode":503,"headers":{"Cache-Control":"no-store",*`, "application/json", false}},
	} {
		got := api.invoke(t, strconv.Itoa(i), row.event)
		head, tail, _ := strings.Cut(row.want.Body, "*")
		if !strings.HasPrefix(got.Body, head) || !strings.HasSuffix(got.Body, tail) || got.ContentType != row.want.ContentType || got.Failed != row.want.Failed {
			t.Errorf("%s is answered by %+v, want %+v", row.event, got, row.want)
		}
	}
}

func TestRuntimeStreams(t *testing.T) {
	api, _ := start(t, "streaming", 1)
	const streamType, gap = "application/vnd.awslambda.http-integration-response", "\x00\x00\x00\x00\x00\x00\x00\x00"
	request := goldens(t)["lambda-urls-request.json"]
	if got := api.invoke(t, "1", request); got != (result{`{"statusCode":201}` + gap + "done", streamType, false}) {
		t.Errorf("the answer is %+v", got)
	}
	api.invoke(t, "2", `"fail"`)
	got := api.invoke(t, "3", request)
	if !strings.HasPrefix(got.Body, `{"statusCode":503,`) || !strings.Contains(got.Body, gap+`{"type":"about:blank"`) || got.ContentType != streamType || got.Failed {
		t.Errorf("the rejection is %+v", got)
	}
}

// A panic reaches the runtime with its value and the place it came from.
func TestRuntimePanic(t *testing.T) {
	api, stop := start(t, "answering", 1)
	got := api.invoke(t, "1", `"panic"`)
	if !got.Failed || !strings.HasPrefix(got.Body, `{"errorMessage":"the handler panicked","errorType":"string"`) || !strings.Contains(got.Body, `"label":"fallible"`) {
		t.Errorf("the answer is %+v", got)
	}
	if text := stop(); !strings.Contains(text, "the process should exit") {
		t.Errorf("the process wrote\n%s", text)
	}
}

// Managed Instances make many calls at once in one environment. Law X2.
func TestRuntimeConcurrent(t *testing.T) {
	const calls, atOnce = 64, 8
	api, _ := start(t, "concurrent", atOnce)
	var all sync.WaitGroup
	answers := make([]result, calls)
	for i := range answers {
		all.Go(func() { answers[i] = api.invoke(t, strconv.Itoa(i), fmt.Sprintf(`{"id":%d}`, i)) })
	}
	all.Wait()
	for i, got := range answers {
		if got.Failed || got.Body != fmt.Sprintf(`{"id":%d}`, i) {
			t.Errorf("call %d is answered by %+v", i, got)
		}
	}
}
