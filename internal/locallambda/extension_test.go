//go:build unix

package locallambda_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// extended adds an extension to a function. It returns what the extension has been
// told until now, a line for each.
func extended(t *testing.T, c conduct) (option func(*locallambda.Options), told func() []string) {
	t.Helper()
	dir := t.TempDir()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "watcher")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	if c.Journal == "" {
		c.Journal = filepath.Join(dir, "journal")
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	option = func(o *locallambda.Options) {
		o.Extensions = append(o.Extensions, link)
		o.Env[extensionVariable] = string(text)
	}
	return option, func() []string {
		text, err := os.ReadFile(c.Journal)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSpace(string(text)), "\n")
	}
}

var everything = []string{"INVOKE", "SHUTDOWN"}

// An extension registers before the runtime starts, hears of each invocation, is
// frozen with the rest, and hears of the shutdown.
func TestExtension(t *testing.T) {
	option, told := extended(t, conduct{Events: everything, Feature: "accountId"})
	f := start(t, "obey", option)
	result := invoke(t, f, `{}`)
	environment := settled(t, f)[0]
	pid := environment.Extensions["watcher"]
	await(t, func() bool { return pid != 0 && stopped(t, pid) && stopped(t, environment.PID) })
	if err := f.SpinDown(bounded(t), result.Environment); err != nil {
		t.Fatal(err)
	}
	want := `register {"accountId":"123456789012","functionName":"obey","functionVersion":"$LATEST","handler":"bootstrap"}
next {"eventType":"INVOKE","deadlineMs":<ms>,"requestId":"<uuid>","invokedFunctionArn":"arn:aws:lambda:us-east-1:123456789012:function:obey","tracing":{"type":"X-Amzn-Trace-Id","value":"<trace>;Sampled=0"}}
next {"eventType":"SHUTDOWN","deadlineMs":<ms>,"shutdownReason":"spindown"}`
	if got := normal(strings.Join(told(), "\n")); got != want {
		t.Errorf("the extension was told\n%s\nwant\n%s", got, want)
	}
	if alive(pid) || alive(environment.PID) {
		t.Error("a process lives on")
	}
}

// holding makes a file that an extension waits for the end of.
func holding(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "hold")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// The runtime waits for the extensions to register.
func TestExtensionsComeFirst(t *testing.T) {
	hold := holding(t)
	option, _ := extended(t, conduct{Events: everything, Hold: hold, Do: "slow"})
	var begun atomic.Bool
	f := start(t, "obey", option, func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			if l.Source == "extension/watcher" {
				begun.Store(true)
			}
		}
	})
	ended := make(chan locallambda.Result)
	go func() { ended <- invoke(t, f, `{}`) }()
	await(t, begun.Load)
	if e := f.Environments()[0]; e.PID != 0 || e.Extensions["watcher"] == 0 || e.State != locallambda.Initializing {
		t.Errorf("before the extension has registered the environment is %+v", e)
	}
	if err := os.Remove(hold); err != nil {
		t.Error(err)
	}
	if result := <-ended; result.FunctionError != "" {
		t.Errorf("the answer is %s", result.Payload)
	}
}

// An environment that is killed while it starts is not started again.
func TestKillAtTheStart(t *testing.T) {
	hold := holding(t)
	option, told := extended(t, conduct{Events: everything, Hold: hold, Do: "slow"})
	var starts atomic.Int64
	f := start(t, "obey", option, func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			if l.Text == "the extension starts" {
				starts.Add(1)
			}
		}
	})
	ended := make(chan locallambda.Result)
	go func() { ended <- invoke(t, f, `{}`) }()
	await(t, func() bool { return starts.Load() == 1 })
	if err := f.Kill(bounded(t), f.Environments()[0].Name); err != nil {
		t.Error(err)
	}
	if got := normal(string((<-ended).Payload)); got != `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <uuid> Error: Runtime exited with error: signal: killed"}` {
		t.Errorf("the answer is %s", got)
	}
	if n := starts.Load(); n != 1 || told()[0] != "" {
		t.Errorf("the extension has started %d times, and was told %v", n, told())
	}
}

// A slow extension keeps its environment busy, and nobody waiting.
func TestExtensionOverruns(t *testing.T) {
	hold := holding(t)
	option, _ := extended(t, conduct{Events: everything, Hold: hold})
	f := start(t, "obey", option)
	first := invoke(t, f, `{}`)
	if all := f.Environments(); len(all) != 1 || all[0].State != locallambda.Busy || all[0].Frozen {
		t.Errorf("the environments are %+v", all)
	}
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	settled(t, f)
	if again := invoke(t, f, `{}`); again.Environment != first.Environment {
		t.Errorf("%s served, not %s", again.Environment, first.Environment)
	}
}

// The time of extensions counts to the timeout, after the caller has the answer.
func TestExtensionTimesOut(t *testing.T) {
	t.Parallel()
	hold := holding(t)
	option, _ := extended(t, conduct{Events: everything, Hold: hold})
	f := start(t, "obey", option, func(o *locallambda.Options) { o.Timeout = 3 * time.Second })
	first := invoke(t, f, `{}`)
	if first.FunctionError != "" {
		t.Errorf("the answer is %s", first.Payload)
	}
	if all := settled(t, f); len(all) != 1 || all[0].PID != 0 {
		t.Errorf("the environments are %+v", all)
	}
}

func TestExtensionFailures(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ do, want string }{
		{"crash", `{"errorType":"Extension.Crash","errorMessage":"RequestId: <uuid> Error: exit status 9"}`},
		{"initError", `{"errorType":"Extension.InitError","errorMessage":"RequestId: <uuid> Error: exit status 1"}`},
		{"exitError", `{"errorType":"Extension.ExitError","errorMessage":"RequestId: <uuid> Error: exit status 1"}`},
		{"mute", `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: <uuid> Error: Task timed out after 2.00 seconds"}`},
	} {
		t.Run(row.do, func(t *testing.T) {
			option, _ := extended(t, conduct{Events: everything, Do: row.do})
			f := start(t, "obey", option, func(o *locallambda.Options) {
				if row.do == "mute" {
					o.Timeout, o.InitTimeout = 2*time.Second, 100*time.Millisecond
				}
			})
			result := invoke(t, f, `{"do":"hang"}`)
			if got := normal(string(result.Payload)); got != row.want || result.FunctionError == "" {
				t.Errorf("the answer is %s, want %s", got, row.want)
			}
			settled(t, f)
		})
	}
}

func TestExtensionIsToldWhy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ do, want string }{{"hang", "timeout"}, {"exit", "failure"}} {
		option, told := extended(t, conduct{Events: everything})
		f := start(t, "obey", option, func(o *locallambda.Options) { o.Timeout = 2 * time.Second })
		invoke(t, f, `{"do":"`+row.do+`"}`)
		settled(t, f)
		all := told()
		if last := all[len(all)-1]; !strings.HasSuffix(last, `"shutdownReason":"`+row.want+`"}`) {
			t.Errorf("the last that it was told is %s", last)
		}
	}
}

// The runtime has 30 % of the time before extensions are told, and who does not end
// is killed after the 2 s of external extensions.
func TestShutdownIsBounded(t *testing.T) {
	t.Parallel()
	option, _ := extended(t, conduct{Events: everything, Do: "stay"})
	var log strings.Builder
	f := start(t, "terminated", option, func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) { log.WriteString(l.Text + "\n") }
	})
	pid := invokedPID(t, f)
	began := time.Now()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took < 2*time.Second || took > limit {
		t.Errorf("the shutdown took %v", took)
	}
	if alive(pid) || !strings.Contains(log.String(), "the function is told to end") {
		t.Errorf("the log is\n%s", log.String())
	}
}

// Without extensions there is no time to shut down, with an internal one 500 ms.
func TestShutdownOfTheRuntime(t *testing.T) {
	for name, told := range map[string]bool{"obey": false, "terminated": true} {
		var log strings.Builder
		f := start(t, name, func(o *locallambda.Options) { o.Log = func(l locallambda.Line) { log.WriteString(l.Text + "\n") } })
		pid := invokedPID(t, f)
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(log.String(), "the function is told to end"); got != told || alive(pid) {
			t.Errorf("%s: the log is\n%s", name, log.String())
		}
	}
}

func invokedPID(t *testing.T, f *locallambda.Function) int {
	t.Helper()
	pid := decode(invoke(t, f, `{}`).Payload).PID
	settled(t, f)
	return pid
}
