//go:build unix

package locallambda_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// The limits of what goes in, and of what comes out, are Lambda's.
func TestLimits(t *testing.T) {
	f := start(t, "obey")
	const mega = 1 << 20
	if _, err := f.Invoke(bounded(t), []byte(`"`+strings.Repeat("x", 6*mega)+`"`)); !errors.Is(err, locallambda.ErrTooLarge) {
		t.Errorf("the error of a large payload is %v", err)
	}
	if result := invoke(t, f, `{"say":"`+strings.Repeat("x", 6*mega-10)+`"}`); result.FunctionError != "" {
		t.Errorf("a payload of the greatest size is answered by %s", result.Payload)
	}
	if result := invoke(t, f, `{"do":"large","size":6291000}`); result.FunctionError != "" || len(result.Payload) < 6291000 {
		t.Errorf("a large response has %d bytes, and is %.200s", len(result.Payload), result.Payload)
	}
	result := invoke(t, f, `{"do":"large","size":6291456}`)
	if got := string(result.Payload); !strings.HasPrefix(got, `{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size (`) ||
		!strings.HasSuffix(got, ` bytes) exceeded maximum allowed payload size (6291456 bytes)."}`) || result.FunctionError == "" {
		t.Errorf("too large a response is %.200s", got)
	}
	settled(t, f)
	if result := invoke(t, f, `{}`); result.FunctionError != "" {
		t.Errorf("afterwards the answer is %s", result.Payload)
	}
}

// rude is a runtime that does what it may not, and tells what it was answered.
func rude() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	ask := func(method, path, body string, header ...string) (answer, id string) {
		request, err := http.NewRequest(method, base+path, strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		for i := 0; i < len(header); i += 2 {
			request.Header.Set(header[i], header[i+1])
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			panic(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			panic(err)
		}
		return response.Status + " " + string(text), response.Header.Get("Lambda-Runtime-Aws-Request-Id")
	}
	for {
		event, id := ask("GET", "next", "")
		early, _ := ask("GET", "next", "")
		if strings.Contains(event, "mode") {
			ask("POST", id+"/response", `{}`, "Lambda-Runtime-Function-Response-Mode", "buffered")
			continue
		}
		ask("POST", id+"/response", early, "Content-Type", "text/plain")
		late, _ := ask("POST", id+"/response", `"again"`)
		failed, _ := ask("POST", id+"/error", `"again"`)
		fmt.Fprintf(os.Stderr, "%s\n%s\n", late, failed)
	}
}

// A runtime that asks for an event before it has answered the last one, or answers
// twice, is refused.
func TestRudeRuntime(t *testing.T) {
	f := start(t, "rude")
	result := invoke(t, f, `{}`)
	want := `403 Forbidden {"errorMessage":"State transition from Running to Ready failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"}`
	if string(result.Payload) != want || result.ContentType != "text/plain" {
		t.Errorf("before the answer the runtime got %s", result.Payload)
	}
	for _, to := range []string{"InvocationResponse", "InvocationErrorResponse"} {
		want := `403 Forbidden {"errorMessage":"State transition from RuntimeResponseSentState to ` + to + ` failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"}`
		if !strings.Contains(string(result.LogTail), want) {
			t.Errorf("%s is not in the log\n%s", want, result.LogTail)
		}
	}
	if result := invoke(t, f, `"mode"`); result.FunctionError != "Unhandled" || len(result.Payload) > 0 {
		t.Errorf("an unknown mode of response is %+v", result)
	}
}
