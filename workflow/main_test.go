package workflow_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/internal/testserver"
)

var dynamo = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(m)) }

var modules = sync.OnceValues(func() (string, error) { return testserver.NodeModules(context.Background()) })

// newEngine returns an engine of expressions; a direct one has no promises.
func newEngine(tb testing.TB, direct bool) *statelanguage.Engine {
	tb.Helper()
	dir, err := modules()
	source, err := os.ReadFile(filepath.Join(testserver.Need(tb, dir, err), "jsonata", "jsonata.js"))
	if err != nil {
		tb.Fatal(err)
	}
	e, err := statelanguage.NewEngine(statelanguage.EngineOptions{Source: source, Direct: direct})
	if err != nil {
		tb.Fatal(err)
	}
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
	if raceEnabled {
		return max(ci/50, 1)
	}
	return ci
}
