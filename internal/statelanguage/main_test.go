package statelanguage_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/statelanguage"
	"github.com/recloser-dev/recloser/internal/testserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var start = time.UnixMilli(1_767_225_600_000)

var source = sync.OnceValues(func() ([]byte, error) {
	dir, err := testserver.NodeModules(context.Background())
	if err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(dir, "jsonata", "jsonata.js"))
})

var engines = map[bool]*statelanguage.Engine{}

// engine returns the engine that all tests share, for none runs beside another.
func engine(t *testing.T, direct bool) *statelanguage.Engine {
	t.Helper()
	if e := engines[direct]; e != nil {
		return e
	}
	text, err := source()
	text = testserver.Need(t, text, err)
	e, err := statelanguage.NewEngine(statelanguage.EngineOptions{Source: text, Direct: direct})
	if err != nil {
		t.Fatal(err)
	}
	engines[direct] = e
	return e
}
