//go:build unix

package locallambda_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/locallambda"
	"github.com/recloser-dev/recloser/internal/testserver"
)

const pythonFunction = `
import os

calls = []

def handler(event, context):
    calls.append(event)
    if event.get("do") == "fail":
        raise ValueError("the order is refused")
    return {"calls": len(calls), "id": context.aws_request_id, "left": context.get_remaining_time_in_millis() > 0,
            "arn": context.invoked_function_arn, "memory": context.memory_limit_in_mb}
`

// The runtime client of another language: that of AWS for Python.
func TestPython(t *testing.T) {
	lib, dir := testserver.PythonRuntime(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.py"), []byte(pythonFunction), 0o600); err != nil {
		t.Fatal(err)
	}
	python := func(handler string) *locallambda.Function {
		return start(t, "python", func(o *locallambda.Options) {
			o.Command, o.Dir, o.Handler = []string{"python3", "-m", "awslambdaric", handler}, dir, handler
			o.Env = map[string]string{"PYTHONPATH": lib + ":" + dir}
		})
	}
	f := python("app.handler")
	for _, calls := range []string{"1", "2"} {
		result := invoke(t, f, `{}`)
		want := `{"calls": ` + calls + `, "id": "` + result.RequestID + `", "left": true, "arn": "arn:aws:lambda:us-east-1:123456789012:function:python", "memory": "128"}`
		if string(result.Payload) != want {
			t.Errorf("the answer is %s, want %s", result.Payload, want)
		}
	}
	if result := invoke(t, f, `{"do":"fail"}`); result.FunctionError != "Unhandled" || !strings.HasPrefix(string(result.Payload), `{"errorMessage": "the order is refused", "errorType": "ValueError"`) {
		t.Errorf("the error is %s", result.Payload)
	}
	if result := invoke(t, python("missing.handler"), `{}`); !strings.Contains(string(result.Payload), `"errorType": "Runtime.ImportModuleError"`) {
		t.Errorf("the error of a function that is not there is %s", result.Payload)
	}
}
