//go:build unix

package locallambda_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// host is a program that starts a function with an extension, says which processes
// there are, and never ends by itself.
func host() {
	program, err := os.Executable()
	if err != nil {
		panic(err)
	}
	f, err := locallambda.New(func(o *locallambda.Options) {
		o.Command, o.Extensions = []string{program}, []string{os.Getenv(hostVariable)}
		o.Env = map[string]string{functionVariable: "obey", extensionVariable: os.Getenv(extensionVariable)}
		o.Timeout = limit
	})
	if err != nil {
		panic(err)
	}
	for _, deed := range []string{"", "hang"} { // One is frozen, and one runs.
		go func() {
			if _, err := f.Invoke(context.Background(), []byte(`{"do":"`+deed+`"}`)); err != nil {
				panic(err)
			}
		}()
	}
	if err := f.Wait(context.Background(), func(all []locallambda.Environment) bool {
		return len(all) == 2 && all[0].PID*all[1].PID != 0 && all[0].Frozen != all[1].Frozen
	}); err != nil {
		panic(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(f.Environments()); err != nil {
		panic(err)
	}
	select {}
}

// When the program dies that has started a function, nothing of the function is
// left, also what was frozen.
func TestParentDies(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends a process with its parent")
	}
	var o locallambda.Options
	option, _ := extended(t, conduct{Events: everything})
	o.Env = make(map[string]string)
	option(&o)
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), hostVariable+"="+o.Extensions[0], extensionVariable+"="+o.Env[extensionVariable])
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	var environments []locallambda.Environment
	if err != nil || json.Unmarshal([]byte(line), &environments) != nil || len(environments) != 2 {
		t.Errorf("the program said %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = parent.Wait()
	for _, e := range environments {
		for _, pid := range []int{e.PID, e.Extensions["watcher"]} {
			await(t, func() bool { return pid != 0 && gone(t, pid) })
		}
	}
}

// gone reports whether a process has ended, be it that nobody has asked how.
func gone(t *testing.T, pid int) bool {
	t.Helper()
	return !alive(pid) || state(t, pid) == "Z"
}

// What a function has started itself is frozen and ends with it.
func TestDescendants(t *testing.T) {
	f := start(t, "obey")
	result := invoke(t, f, `{"do":"child"}`)
	pid := decode(result.Payload).PID
	settled(t, f)
	await(t, func() bool { return stopped(t, pid) })
	if err := f.SpinDown(bounded(t), result.Environment); err != nil {
		t.Fatal(err)
	}
	await(t, func() bool { return gone(t, pid) })

	pid = decode(invoke(t, f, `{"do":"child"}`).Payload).PID
	invoke(t, f, `{"do":"exit"}`)
	await(t, func() bool { return gone(t, pid) })
}

func TestByHand(t *testing.T) {
	f := start(t, "obey", func(o *locallambda.Options) { o.NoFreeze = true })
	name := invoke(t, f, `{}`).Environment
	pid := settled(t, f)[0].PID
	if err := f.Freeze(name); err != nil || !f.Environments()[0].Frozen {
		t.Errorf("%v, %+v", err, f.Environments())
	}
	await(t, func() bool { return stopped(t, pid) })
	if err := f.Thaw(name); err != nil || f.Environments()[0].Frozen {
		t.Errorf("%v, %+v", err, f.Environments())
	}
	await(t, func() bool { return !stopped(t, pid) })
	if err := f.Freeze(name); err != nil {
		t.Error(err)
	}
	if result := invoke(t, f, `{}`); result.Environment != name {
		t.Errorf("%s served", result.Environment)
	}
	for _, err := range []error{f.Freeze("nobody"), f.Thaw("nobody"), f.SpinDown(bounded(t), "nobody")} {
		if err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestIdleLimit(t *testing.T) {
	f := start(t, "obey", func(o *locallambda.Options) { o.IdleLimit = 100 * time.Millisecond })
	pid := invokedPID(t, f)
	if err := f.Wait(bounded(t), func(all []locallambda.Environment) bool { return len(all) == 0 }); err != nil || alive(pid) {
		t.Error(err)
	}
}

// The log has whole lines, in order, and long ones in pieces.
func TestLog(t *testing.T) {
	var mu sync.Mutex
	var lines []locallambda.Line
	f := start(t, "obey", func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, l)
		}
	})
	const most = 256 << 10
	result := invoke(t, f, fmt.Sprintf(`{"say":"%s\n\nlast"}`, strings.Repeat("x", most+1)))
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	var texts []string
	for _, l := range lines {
		if l.Source == "function" {
			texts = append(texts, l.Text)
		}
		if l.Environment != result.Environment || l.Time.IsZero() {
			t.Errorf("the line is %+v", l)
		}
	}
	if len(texts) != 4 || len(texts[0]) != most || texts[1] != "x" || texts[2] != "" || texts[3] != "last" {
		t.Errorf("there are %d lines", len(texts))
	}
	if len(result.LogTail) != 4<<10 || !strings.HasSuffix(string(result.LogTail), "\t\n") {
		t.Errorf("the tail has %d bytes: %s", len(result.LogTail), result.LogTail)
	}
}
