//go:build unix

package locallambda_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

func managed(concurrency, environments int) func(*locallambda.Options) {
	return func(o *locallambda.Options) { o.EnvironmentConcurrency, o.MaxEnvironments = concurrency, environments }
}

// An environment of Managed Instances takes many invocations at once, and is not
// frozen.
func TestManaged(t *testing.T) {
	f := start(t, "meeting", managed(4, 2))
	const calls = 16
	var all sync.WaitGroup
	slots := make(chan struct{}, 4) // Four meet, so that all must be in one environment.
	for range calls {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if result := invoke(t, f, `{}`); result.FunctionError != "" {
				t.Errorf("the answer is %s", result.Payload)
			}
		})
	}
	all.Wait()
	environments := settled(t, f)
	if len(environments) != 1 || environments[0].Frozen || environments[0].Invocations != calls || stopped(t, environments[0].PID) {
		t.Errorf("the environments are %+v", environments)
	}
	// One that dies when it has nothing to do is replaced.
	if err := syscall.Kill(environments[0].PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := f.Wait(bounded(t), func(all []locallambda.Environment) bool { return len(all) == 0 }); err != nil {
		t.Error(err)
	}
	if result := invoke(t, f, `{"do":"say"}`); result.FunctionError != "" {
		t.Errorf("the answer is %s", result.Payload)
	}
}

// When each has as many as it can take another one starts.
func TestManagedOverflows(t *testing.T) {
	f := start(t, "obey", managed(2, 2))
	var all sync.WaitGroup
	var files []string
	for range 4 {
		file := filepath.Join(t.TempDir(), "held")
		files = append(files, file)
		all.Go(func() { invoke(t, f, `{"do":"wait","touch":"`+file+`"}`) })
		await(t, func() bool { _, err := os.Stat(file); return err == nil })
	}
	if environments := f.Environments(); len(environments) != 2 || environments[0].InFlight != 2 || environments[1].InFlight != 2 {
		t.Errorf("the environments are %+v", environments)
	}
	for _, file := range files {
		if err := os.Remove(file); err != nil {
			t.Error(err)
		}
	}
	all.Wait()
}

// A timeout ends the invocation alone, an exit all that the environment had.
func TestManagedFailures(t *testing.T) {
	t.Parallel()
	f := start(t, "meeting", managed(4, 2), func(o *locallambda.Options) { o.Timeout = 4 * time.Second })
	result := invoke(t, f, `{"do":"hang"}`)
	if got := string(result.Payload); got != `{"errorType":"Sandbox.Timedout","errorMessage":"Task timed out after 4.00 seconds"}` {
		t.Errorf("the answer is %s", got)
	}
	if after := settled(t, f); len(after) != 1 || after[0].Name != result.Environment || after[0].PID == 0 {
		t.Errorf("after the timeout the environments are %+v", after)
	}
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			file := filepath.Join(t.TempDir(), "held")
			result := invoke(t, f, `{"do":"wait","touch":"`+file+`"}`)
			if got := normal(string(result.Payload)); got != `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: <uuid> Error: Runtime exited with error: exit status 7"}` {
				t.Errorf("the answer is %s", got)
			}
		})
	}
	await(t, func() bool { all := f.Environments(); return len(all) == 1 && all[0].InFlight == 2 })
	invoke(t, f, `{"do":"exit"}`)
	all.Wait()
	if err := f.Wait(bounded(t), func(all []locallambda.Environment) bool { return len(all) == 0 }); err != nil {
		t.Error(err)
	}
}

// Its extensions may hear of the shutdown alone, and subscribe by the newest schema
// alone.
func TestManagedExtension(t *testing.T) {
	option, told := extended(t, conduct{Events: []string{"SHUTDOWN"}, Telemetry: strings.Replace(subscription, "2022-12-13", "2025-01-29", 1)})
	f := start(t, "obey", managed(2, 1), option)
	invoke(t, f, `{"say":"good morning"}`)
	invoke(t, f, `{"do":"fail"}`)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	all := told()
	if last := normal(all[len(all)-1]); last != `next {"eventType":"SHUTDOWN","deadlineMs":<ms>,"shutdownReason":"spindown"}` {
		t.Errorf("the last that it was told is %s", last)
	}
	golden(t, "telemetry_managed.txt", strings.Join(received(t, all), "\n")+"\n")

	for _, c := range []conduct{{Events: everything}, {Events: []string{"SHUTDOWN"}, Telemetry: subscription}} {
		option, told := extended(t, c)
		f := start(t, "obey", managed(2, 1), option, func(o *locallambda.Options) { o.InitTimeout = 5 * time.Second })
		if result := invoke(t, f, `{}`); !strings.Contains(string(result.Payload), "Extension.Crash") {
			t.Errorf("the answer is %s", result.Payload)
		}
		all := told()
		if last := all[len(all)-1]; !strings.Contains(last, "Extension.InvalidEventType") && !strings.Contains(last, "ValidationError") {
			t.Errorf("the extension was told %s", last)
		}
	}
}
