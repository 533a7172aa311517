// Package reclosertest helps to test code that asks a circuit for leave to make
// its calls.
package reclosertest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
)

// New returns a breaker for a test. When the test ends, it fails for every
// permit that was taken and not settled, and says where each was taken; then the
// breaker is closed. A breaker that cannot be made ends the test. A permit that
// has run out by then is not shown: it has counted as a failure.
//
// Its permits are traced, which makes it slow. Inside a bubble of
// testing/synctest use the bubble's T.
func New(tb testing.TB, name string, optFns ...func(*recloser.Options)) *recloser.Breaker {
	tb.Helper()
	b, err := recloser.New(name, append(optFns, func(o *recloser.Options) { o.Trace = true })...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		tb.Helper()
		for _, p := range b.Unsettled() {
			tb.Errorf("recloser: circuit %s: a permit was not settled after %v; it was taken at\n%s", b.Key(), p.Age, stack(p.Stack))
		}
		b.Close()
	})
	return b
}

// stack returns a line for each caller, without those of the breaker and of the
// test's runner.
func stack(counters []uintptr) string {
	const breaker = "github.com/recloser-dev/recloser."
	var lines strings.Builder
	frames := runtime.CallersFrames(counters)
	for {
		frame, more := frames.Next()
		switch {
		case strings.HasPrefix(frame.Function, breaker), frame.Function == "":
		case strings.HasPrefix(frame.Function, "testing."), strings.HasPrefix(frame.Function, "runtime."):
		default:
			fmt.Fprintf(&lines, "\t%s:%d %s\n", frame.File, frame.Line, frame.Function)
		}
		if !more {
			return strings.TrimSuffix(lines.String(), "\n")
		}
	}
}
