//go:build unix

package locallambda_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing/iotest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

// order is what the functions of these tests are asked.
type order struct {
	Say   string `json:"say,omitempty"`   // On standard error, before anything else.
	Do    string `json:"do,omitempty"`    // One of the deeds of obey.
	Touch string `json:"touch,omitempty"` // A file that is made when the order is taken.
	Size  int    `json:"size,omitempty"`  // Of a large answer.
}

// account is what they answer.
type account struct {
	PID   int               `json:"pid"`
	Calls int64             `json:"calls"`
	Env   map[string]string `json:"env,omitempty"`
}

// options are those of the runtime client.
var options = map[string][]lambda.Option{
	// An extension within the runtime, for the sake of a signal.
	"terminated": {lambda.WithEnableSIGTERM(func() { fmt.Fprintln(os.Stderr, "the function is told to end") })},
}

// handlers are the functions that a test can start, by their names.
var handlers = map[string]any{
	"obey":   obey,
	"slow":   obey,
	"broken": obey,
	"late":   obey,

	"initerror": obey,

	"terminated": obey,
	"streaming":  stream,
	"meeting":    meet(),
	"echo":       echo,
}

// initializers run before the function asks for its first event.
var initializers = map[string]func(){
	"slow":   func() { select {} },
	"rude":   rude,
	"broken": func() { fmt.Fprintln(os.Stderr, "no configuration"); os.Exit(3) },
	// Says why it breaks, as the runtimes of AWS do.
	"initerror": func() {
		request, err := http.NewRequest("POST", "http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error",
			strings.NewReader(`{"errorMessage":"no module named orders","errorType":"ImportModuleError","stackTrace":[]}`))
		if err != nil {
			panic(err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Lambda-Runtime-Function-Error-Type", "Runtime.ImportModuleError")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		os.Exit(1)
	},
	// Breaks when its extension has subscribed.
	"late": func() {
		var x conduct
		if err := json.Unmarshal([]byte(os.Getenv(extensionVariable)), &x); err != nil {
			panic(err)
		}
		lives, err := os.OpenFile(x.Journal+".lives", os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			panic(err)
		}
		if _, err := lives.WriteString("."); err != nil {
			panic(err)
		}
		info, err := lives.Stat()
		if err != nil {
			panic(err)
		}
		for subscriptions(x.Journal) < int(info.Size()) {
			<-time.After(5 * time.Millisecond)
		}
		os.Exit(3)
	},
}

// chatter is how many lines a talkative function writes.
const chatter = 6000

var errRefused = errors.New("the order is refused")

var calls atomic.Int64

// obey does as it is told.
func obey(ctx context.Context, o order) (account, error) {
	a := account{PID: os.Getpid(), Calls: calls.Add(1)}
	if o.Say != "" {
		fmt.Fprintln(os.Stderr, o.Say)
	}
	_, missing := os.Stat(o.Touch)
	if o.Touch != "" {
		if err := os.WriteFile(o.Touch, nil, 0o600); err != nil {
			return a, err
		}
	}
	switch o.Do {
	case "unless": // The file was there.
		if missing != nil {
			return a, errRefused
		}
	case "fail":
		return a, errRefused
	case "panic":
		panic("the handler panicked")
	case "exit":
		os.Exit(7)
	case "hang":
		select {}
	case "wait": // Until the file is gone.
		for {
			if _, err := os.Stat(o.Touch); errors.Is(err, os.ErrNotExist) {
				return a, nil
			}
			select {
			case <-ctx.Done():
				return a, ctx.Err()
			case <-time.After(5 * time.Millisecond):
			}
		}
	case "chatter":
		for i := range chatter {
			fmt.Fprintf(os.Stderr, "line %d\n", i)
		}
	case "child":
		child := exec.Command("sleep", "600")
		if err := child.Start(); err != nil {
			return a, err
		}
		a.PID = child.Process.Pid
	case "large":
		return account{Env: map[string]string{"x": strings.Repeat("x", o.Size)}}, nil
	case "env":
		a.Env = environ()
	}
	return a, nil
}

// stream answers in pieces, and may fail in the middle.
func stream(_ context.Context, o order) (*events.LambdaFunctionURLStreamingResponse, error) {
	body := io.MultiReader(strings.NewReader("first "), strings.NewReader("second"))
	if o.Do == "fail" {
		body = io.MultiReader(strings.NewReader("first "), iotest.ErrReader(errRefused))
	}
	return &events.LambdaFunctionURLStreamingResponse{
		StatusCode: 201, Headers: map[string]string{"Content-Type": "text/plain"}, Cookies: []string{"a=1", "b=2"}, Body: body,
	}, nil
}

// meet returns a handler that answers as soon as four calls of it are in flight.
func meet() any {
	var mu sync.Mutex
	waiting, all := 0, make(chan struct{})
	return func(ctx context.Context, o order) (account, error) {
		if o.Do != "" {
			return obey(ctx, o)
		}
		mu.Lock()
		met := all
		if waiting++; waiting%4 == 0 {
			close(all)
			all = make(chan struct{})
		}
		mu.Unlock()
		select {
		case <-met:
			return account{PID: os.Getpid()}, nil
		case <-ctx.Done():
			return account{}, ctx.Err()
		}
	}
}

// subscriptions counts those that an extension has made in all its lives.
func subscriptions(journal string) int {
	text, err := os.ReadFile(journal)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(err)
	}
	return bytes.Count(text, []byte("telemetry \"OK\"\n"))
}

func decode(payload []byte) account {
	var a account
	if err := json.Unmarshal(payload, &a); err != nil {
		panic(fmt.Sprintf("%s: %v", payload, err))
	}
	return a
}
