package workflow_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/internal/testserver"
)

var dynamo = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(m)) }

var modules = sync.OnceValues(func() (string, error) { return testserver.NodeModules(context.Background()) })

// newEngine returns an engine of expressions for one test.
func newEngine(tb testing.TB) *statelanguage.Engine {
	tb.Helper()
	dir, err := modules()
	dir = testserver.Need(tb, dir, err)
	e, err := statelanguage.NewEngine(context.Background(), statelanguage.EngineOptions{Source: filepath.Join(dir, "jsonata", "jsonata.js"), Direct: true})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := e.Close(); err != nil {
			tb.Error(err)
		}
	})
	return e
}

// budget returns how many traces a law gets: whenever the tests run, in the hours
// of `make soak` (RECLOSER_BUDGET=soak), and before a release
// (RECLOSER_BUDGET=release). What the race detector looks for is found in a few.
func budget(ci, soak, release int) int {
	switch os.Getenv("RECLOSER_BUDGET") {
	case "soak":
		return soak
	case "release":
		return release
	}
	if evidence.Race {
		return max(ci/50, 1)
	}
	return ci
}
