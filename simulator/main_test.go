package simulator_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/simulator"
)

// TestMain fails if a run leaves a coroutine behind.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(dynamo.With(valkey.With(m)), testserver.Leaks()...)
}

// budget returns how many runs a law gets: whenever the tests run, in the hours of
// `make soak` (RECLOSER_BUDGET=soak), and before a release (RECLOSER_BUDGET=release).
// What the race detector looks for is found in a few of them.
func budget(ci, soak, release int) int {
	switch os.Getenv("RECLOSER_BUDGET") {
	case "soak":
		return soak
	case "release":
		return release
	}
	if evidence.Race {
		return max(ci/20, 1)
	}
	return ci
}

// play runs a scenario, which must break no law.
func play(tb testing.TB, s simulator.Scenario, observers ...simulator.Observer) simulator.Result {
	tb.Helper()
	r, err := simulator.Run(context.Background(), s, observers...)
	if err != nil {
		tb.Fatal(err)
	}
	played.note(tb.Name(), &s, &r)
	for i, v := range r.Violations {
		tb.Errorf("seed %d: %s at %v, environment %d: %s", s.Seed, v.Law, v.At, v.Environment, v.Text)
		if i == 2 {
			break
		}
	}
	return r
}

// seeds calls f with each seed from 1 to n, on all processors, until one fails.
func seeds(t *testing.T, n int, f func(seed uint64)) {
	t.Helper()
	var next atomic.Uint64
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for seed := next.Add(1); seed <= uint64(n) && !t.Failed(); seed = next.Add(1) {
				f(seed)
			}
		})
	}
	all.Wait()
}
