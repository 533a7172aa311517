//go:build unix

package locallambda_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// limit bounds whatever a test waits for.
const limit = 30 * time.Second

// start starts a function of this test program, and closes it with the test.
func start(t *testing.T, name string, optFns ...func(*locallambda.Options)) *locallambda.Function {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	f, err := locallambda.New(append([]func(*locallambda.Options){func(o *locallambda.Options) {
		o.Name, o.Command, o.Env = name, []string{program}, map[string]string{functionVariable: name}
		o.Timeout = limit
		o.Log = func(l locallambda.Line) {
			if strings.Contains(l.Text, "DATA RACE") {
				t.Error(l.Text)
			}
			t.Logf("%s %s: %s", l.Environment, l.Source, l.Text)
		}
	}}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	return ctx
}

func invoke(t *testing.T, f *locallambda.Function, payload string) locallambda.Result {
	t.Helper()
	result, err := f.Invoke(bounded(t), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// settled waits until no environment has anything to do.
func settled(t *testing.T, f *locallambda.Function) []locallambda.Environment {
	t.Helper()
	var all []locallambda.Environment
	if err := f.Wait(bounded(t), func(now []locallambda.Environment) bool {
		all = now
		for _, e := range now {
			if e.State != locallambda.Idle {
				return false
			}
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

func TestInvoke(t *testing.T) {
	f := start(t, "obey")
	first, second := invoke(t, f, `{"say":"good morning"}`), invoke(t, f, `{}`)
	a, b := decode(first.Payload), decode(second.Payload)
	if first.FunctionError != "" || a.Calls != 1 || b.Calls != 2 || a.PID != b.PID {
		t.Errorf("the answers are %+v and %+v", a, b)
	}
	if first.InitDuration <= 0 || second.InitDuration != 0 || first.ExecutedVersion != "$LATEST" || first.RequestID == second.RequestID {
		t.Errorf("the results are %+v and %+v", first, second)
	}
	log := string(first.LogTail)
	for _, want := range []string{
		"START RequestId: " + first.RequestID + " Version: $LATEST\n", "good morning\n", "END RequestId: " + first.RequestID + "\n",
		"REPORT RequestId: " + first.RequestID + "\tDuration: ", "\tInit Duration: ",
	} {
		before, after, found := strings.Cut(log, want)
		if !found {
			t.Fatalf("%q does not follow %q in the log\n%s", want, before, first.LogTail)
		}
		log = after
	}
}

// What a function writes before it answers is in the log of that invocation, also
// if the log is slow to take it.
func TestLogTail(t *testing.T) {
	f := start(t, "obey", func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			if l.Text == "first" {
				<-time.After(300 * time.Millisecond)
			}
		}
	})
	result := invoke(t, f, `{"say":"first\nsecond"}`)
	if want := "\nfirst\nsecond\nEND RequestId: " + result.RequestID + "\n"; !strings.Contains(string(result.LogTail), want) {
		t.Errorf("%q is not in\n%s", want, result.LogTail)
	}
}

// Between invocations no process of an environment runs.
func TestFreeze(t *testing.T) {
	f := start(t, "obey")
	pid := decode(invoke(t, f, `{}`).Payload).PID
	all := settled(t, f)
	if len(all) != 1 || !all[0].Frozen || all[0].PID != pid {
		t.Errorf("the environments are %+v", all)
	}
	await(t, func() bool { return stopped(t, pid) })
	invoke(t, f, `{}`)

	awake := start(t, "obey", func(o *locallambda.Options) { o.NoFreeze = true })
	pid = decode(invoke(t, awake, `{}`).Payload).PID
	if all := settled(t, awake); all[0].Frozen || stopped(t, pid) {
		t.Errorf("the environments are %+v", all)
	}
}

// Each invocation in flight has an environment of its own, the one used last
// serves the next, and beyond the limit there is none.
func TestConcurrency(t *testing.T) {
	f := start(t, "obey", func(o *locallambda.Options) { o.MaxEnvironments = 3 })
	files := make([]string, 3)
	var all sync.WaitGroup
	var mu sync.Mutex
	pids := make(map[int]bool)
	for i := range files {
		files[i] = filepath.Join(t.TempDir(), "held")
		all.Go(func() {
			a := decode(invoke(t, f, `{"do":"wait","touch":"`+files[i]+`"}`).Payload)
			mu.Lock()
			defer mu.Unlock()
			pids[a.PID] = true
		})
		await(t, func() bool { _, err := os.Stat(files[i]); return err == nil })
	}
	if _, err := f.Invoke(bounded(t), nil); !errors.Is(err, locallambda.ErrThrottled) {
		t.Errorf("the error beyond the limit is %v", err)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	if len(pids) != 3 {
		t.Errorf("%d processes served", len(pids))
	}
	environments := settled(t, f)
	last := environments[len(environments)-1]
	for range 3 {
		if result := invoke(t, f, `{}`); result.Environment != last.Name {
			t.Errorf("%s served, not %s, which was used last", result.Environment, last.Name)
		}
	}
}

func TestFunctionErrors(t *testing.T) {
	f := start(t, "obey")
	for _, row := range []struct{ payload, want string }{
		{`{"do":"fail"}`, `{"errorMessage":"the order is refused","errorType":"errorString"}`},
		{`{"do":"panic"}`, `{"errorMessage":"the handler panicked","errorType":"string","stackTrace":[*`},
		{`{"do":"exit"}`, `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: * Error: Runtime exited with error: exit status 7"}`},
		{`7`, `{"errorMessage":"json: cannot unmarshal number into Go value of type locallambda_test.order","errorType":"UnmarshalTypeError"}`},
	} {
		result := invoke(t, f, row.payload)
		head, tail, _ := strings.Cut(row.want, "*")
		if got := string(result.Payload); result.FunctionError != "Unhandled" || !strings.HasPrefix(got, head) || !strings.HasSuffix(got, tail) {
			t.Errorf("%s is answered by %q, %s, want %s", row.payload, result.FunctionError, got, row.want)
		}
		if next := invoke(t, f, `{}`); next.FunctionError != "" {
			t.Errorf("after %s the function answers %s", row.payload, next.Payload)
		}
		settled(t, f)
	}
}

// At the timeout the processes are killed, and the next invocation starts them
// again in the same environment.
func TestTimeout(t *testing.T) {
	t.Parallel()
	f := start(t, "obey", func(o *locallambda.Options) { o.Timeout = 2500 * time.Millisecond })
	pid := decode(invoke(t, f, `{}`).Payload).PID
	result := invoke(t, f, `{"do":"hang"}`)
	want := `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ` + result.RequestID + ` Error: Task timed out after 2.50 seconds"}`
	if string(result.Payload) != want || result.FunctionError != "Unhandled" {
		t.Errorf("the answer is %s", result.Payload)
	}
	if !strings.Contains(string(result.LogTail), result.RequestID+" Task timed out after 2.50 seconds\n") {
		t.Errorf("the log is\n%s", result.LogTail)
	}
	settled(t, f)
	if alive(pid) {
		t.Error("the process lives on")
	}
	again := invoke(t, f, `{}`)
	if a := decode(again.Payload); a.PID == pid || a.Calls != 1 || again.Environment != result.Environment {
		t.Errorf("the answer after the timeout is %+v of %s", a, again.Environment)
	}
}

// An init phase that fails or takes too long is tried once more by the invocation,
// within the function's own timeout.
func TestInitFailures(t *testing.T) {
	t.Parallel()
	broken := start(t, "broken")
	result := invoke(t, broken, `{}`)
	want := `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ` + result.RequestID + ` Error: Runtime exited with error: exit status 3"}`
	if string(result.Payload) != want || strings.Count(string(result.LogTail), "no configuration") != 2 {
		t.Errorf("the answer is %s, and the log\n%s", result.Payload, result.LogTail)
	}

	slow := start(t, "slow", func(o *locallambda.Options) { o.InitTimeout, o.Timeout = 50*time.Millisecond, time.Second })
	result = invoke(t, slow, `{}`)
	if !strings.Contains(string(result.Payload), "Task timed out after 1.00 seconds") {
		t.Errorf("the answer is %s", result.Payload)
	}

	missing := start(t, "obey", func(o *locallambda.Options) { o.Command = []string{"/does/not/exist"} })
	result = invoke(t, missing, `{}`)
	if !strings.HasPrefix(string(result.Payload), `{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"RequestId: `) {
		t.Errorf("the answer is %s", result.Payload)
	}
}

func TestKill(t *testing.T) {
	f := start(t, "obey")
	name := invoke(t, f, `{}`).Environment
	pid := settled(t, f)[0].PID
	if err := f.Kill(bounded(t), name); err != nil {
		t.Fatal(err)
	}
	if all := f.Environments(); len(all) != 0 || alive(pid) {
		t.Errorf("the environments are %+v", all)
	}

	held := filepath.Join(t.TempDir(), "held")
	var all sync.WaitGroup
	all.Go(func() {
		result := invoke(t, f, `{"do":"wait","touch":"`+held+`"}`)
		if !strings.HasSuffix(string(result.Payload), ` Error: Runtime exited with error: signal: killed"}`) {
			t.Errorf("the answer is %s", result.Payload)
		}
	})
	await(t, func() bool { _, err := os.Stat(held); return err == nil })
	if err := f.Kill(bounded(t), f.Environments()[0].Name); err != nil {
		t.Fatal(err)
	}
	all.Wait()
	if err := f.Kill(bounded(t), name); !errors.Is(err, locallambda.ErrNoEnvironment) {
		t.Errorf("the error of killing it again is %v", err)
	}
}

func TestClose(t *testing.T) {
	f := start(t, "obey")
	held := filepath.Join(t.TempDir(), "held")
	var all sync.WaitGroup
	all.Go(func() {
		if _, err := f.Invoke(bounded(t), []byte(`{"do":"wait","touch":"`+held+`"}`)); !errors.Is(err, locallambda.ErrClosed) {
			t.Errorf("the error of an invocation that is cut short is %v", err)
		}
	})
	await(t, func() bool { _, err := os.Stat(held); return err == nil })
	idle := decode(invoke(t, f, `{}`).Payload).PID
	busy := f.Environments()[0].PID
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
	if alive(idle) || alive(busy) || idle == busy || len(f.Environments()) != 0 {
		t.Errorf("the environments are %+v", f.Environments())
	}
	if _, err := f.Invoke(bounded(t), nil); !errors.Is(err, locallambda.ErrClosed) {
		t.Errorf("the error after the end is %v", err)
	}
}

func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
