package storage_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/internal/testserver"
)

// The servers that the tests of this package share.
var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	valkey = testserver.Shared{Start: testserver.Valkey}
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(valkey.With(m))) }

// open opens the store of a URL, and closes it with the test.
func open(t *testing.T, url string, environ ...string) (*storage.Opened, error) {
	t.Helper()
	described, err := config.ParseStore(url)
	if err != nil {
		t.Fatal(err)
	}
	return openStore(t, described, environ...)
}

func openStore(t *testing.T, described config.Store, environ ...string) (*storage.Opened, error) {
	t.Helper()
	opened, err := storage.Open(t.Context(), described, func(o *storage.Options) {
		o.Timeout = 10 * time.Second // A busy machine may take long.
		o.Getenv = func(name string) string {
			for _, v := range environ {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
	})
	if err == nil {
		t.Cleanup(func() {
			if err := opened.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return opened, err
}

// start starts a Valkey server of the test's own, and returns its address.
func start(t *testing.T, args ...string) string {
	t.Helper()
	valkey.URL(t) // It can be had.
	s, err := testserver.ValkeyAt(context.WithoutCancel(t.Context()), "", args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return strings.TrimPrefix(s.URL, "redis://")
}
