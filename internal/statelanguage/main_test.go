package statelanguage_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/internal/testserver"
)

var start = time.UnixMilli(1_767_225_600_000)

var modules = sync.OnceValues(func() (string, error) { return testserver.NodeModules(context.Background()) })

var engines = map[bool]*statelanguage.Engine{}

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(closing{m})
}

// closing closes the engines that all tests have shared.
type closing struct{ m *testing.M }

func (c closing) Run() int {
	code := c.m.Run()
	for _, e := range engines {
		if err := e.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// engine returns the engine that all tests share, for none runs beside another.
func engine(t *testing.T, direct bool) *statelanguage.Engine {
	t.Helper()
	if e := engines[direct]; e != nil {
		return e
	}
	dir, err := modules()
	dir = testserver.Need(t, dir, err)
	e, err := statelanguage.NewEngine(context.Background(), statelanguage.EngineOptions{Source: filepath.Join(dir, "jsonata", "jsonata.js"), Direct: direct})
	if err != nil {
		t.Fatal(err)
	}
	engines[direct] = e
	return e
}
