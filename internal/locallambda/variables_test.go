//go:build unix

package locallambda_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// variables are what the processes of an environment see, but for the variables by
// which this test talks with itself.
func variables(t *testing.T, optFns ...func(*locallambda.Options)) (function, extension map[string]string) {
	t.Helper()
	t.Setenv("LOCALLAMBDA_TEST_LEAK", "of this machine")
	option, told := extended(t, conduct{Events: []string{"SHUTDOWN"}, Do: "environ"})
	f := start(t, "obey", append([]func(*locallambda.Options){option, func(o *locallambda.Options) {
		o.Dir, o.Memory = "/", 256
		o.Env["GREETING"] = "hello"
		o.EachEnv = func(n int) map[string]string { return map[string]string{"EXTENSION_PORT": strconv.Itoa(4000 + n)} }
	}}, optFns...)...)
	function = decode(invoke(t, f, `{"do":"env"}`).Payload).Env
	line, found := strings.CutPrefix(told()[0], "environ ")
	if !found || json.Unmarshal([]byte(line), &extension) != nil {
		t.Fatalf("the extension was told %s", line)
	}
	for _, all := range []map[string]string{function, extension} {
		for _, key := range []string{"PATH", "HOME"} {
			if all[key] == "" {
				t.Errorf("%s is missing", key)
			}
			delete(all, key)
		}
		for key, value := range all {
			if strings.HasPrefix(key, "LOCALLAMBDA_TEST_") && key != "LOCALLAMBDA_TEST_LEAK" {
				delete(all, key)
			}
			if key == "AWS_LAMBDA_RUNTIME_API" && strings.HasPrefix(value, "127.0.0.1:") {
				all[key] = "127.0.0.1:<port>"
			}
			all[key] = normal(all[key])
			if all[key] == "" {
				delete(all, key)
			}
		}
	}
	return function, extension
}

// The variables that AWS documents, and none of this machine but PATH and HOME.
func TestVariables(t *testing.T) {
	function, extension := variables(t)
	both := map[string]string{
		"AWS_LAMBDA_RUNTIME_API": "127.0.0.1:<port>", "AWS_LAMBDA_FUNCTION_NAME": "obey", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256", "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
		"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "TZ": ":UTC", "GREETING": "hello", "EXTENSION_PORT": "4001",
	}
	runtime := maps.Clone(both)
	maps.Copy(runtime, map[string]string{
		"_HANDLER": "bootstrap", "LAMBDA_TASK_ROOT": "/", "LAMBDA_RUNTIME_DIR": "/",
		"AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/obey", "AWS_LAMBDA_LOG_STREAM_NAME": "<log stream>",
		// Set by the runtime itself, from a header.
		"_X_AMZN_TRACE_ID": "<trace>;Sampled=0",
	})
	if !maps.Equal(function, runtime) {
		t.Errorf("the function sees %v, want %v", function, runtime)
	}
	if !maps.Equal(extension, both) {
		t.Errorf("the extension sees %v, want %v", extension, both)
	}
}

func TestVariablesThatAreAskedFor(t *testing.T) {
	function, extension := variables(t, managed(3, 1), func(o *locallambda.Options) {
		o.ExecutionEnv, o.Handler, o.Inherit = "AWS_Lambda_python3.14", "app.handler", []string{"LOCALLAMBDA_TEST_LEAK", "LOCALLAMBDA_TEST_NOTHING"}
		o.Env["TZ"], o.Env["AWS_ACCESS_KEY_ID"] = "Europe/Berlin", "key"
	})
	for key, want := range map[string][2]string{
		"AWS_EXECUTION_ENV":              {"AWS_Lambda_python3.14", ""},
		"_HANDLER":                       {"app.handler", ""},
		"AWS_LAMBDA_MAX_CONCURRENCY":     {"3", ""},
		"AWS_LAMBDA_INITIALIZATION_TYPE": {"lambda-managed-instances", "lambda-managed-instances"},
		"LOCALLAMBDA_TEST_LEAK":          {"of this machine", "of this machine"},
		"TZ":                             {"Europe/Berlin", "Europe/Berlin"},
		"AWS_ACCESS_KEY_ID":              {"key", "key"},
	} {
		if function[key] != want[0] || extension[key] != want[1] {
			t.Errorf("of %s the function sees %q, the extension %q, want %q", key, function[key], extension[key], want)
		}
	}
}

// New names all that is wrong, and starts nothing.
func TestOptions(t *testing.T) {
	_, err := locallambda.New(func(o *locallambda.Options) {
		o.Name, o.Command = "a name", nil
		o.Env = map[string]string{"AWS_REGION": "here", "_HANDLER": "mine", "A=B": "", "GREETING": "hello"}
		o.Timeout, o.InitTimeout, o.MaxEnvironments, o.EnvironmentConcurrency = 0, -1, 0, 65
		o.Extensions = slices.Repeat([]string{"watcher"}, 11)
		o.Async.Retries, o.Async.Waits, o.Async.MaxAge, o.Async.Queue = 3, nil, 1, 0
	})
	want := []string{
		`the name "a name" is not one of`, "there is no Command", "the timeout 0s is not", "the init timeout -1ns is not", "0 environments are not",
		"a concurrency of 65 in", "there are 11 extensions", `the variable "A=B" cannot be set`, "the variable AWS_REGION is reserved", "the variable _HANDLER is reserved",
		"3 retries are not", "for 3 retries there are the waits []", "the age 1ns of an event", "a queue of 0 events", "two extensions are called watcher",
	}
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines of errors:\n%v", len(lines), err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "locallambda: "+want[i]) {
			t.Errorf("%q does not say %q", line, want[i])
		}
	}
	if _, err := locallambda.New(func(o *locallambda.Options) { o.Command = []string{"true"} }); err != nil {
		t.Error(err)
	}
}
