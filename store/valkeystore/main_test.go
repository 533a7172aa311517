package valkeystore_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// The servers that the tests of this package share.
var (
	valkey = testserver.Shared{Start: testserver.Valkey}
	redis7 = testserver.Shared{Start: testserver.Redis}
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("rapid.nofailfile", "true"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	goleak.VerifyTestMain(valkey.With(redis7.With(m)), testserver.Leaks()...)
}

// open returns a store on the server at url that is closed with the test.
func open(tb testing.TB, url string, optFns ...func(*valkeystore.OpenOptions)) *valkeystore.Store {
	tb.Helper()
	// A busy machine may take longer than an environment would wait.
	patient := func(o *valkeystore.OpenOptions) { o.Timeout = 5 * time.Second }
	s, err := valkeystore.Open(url, append([]func(*valkeystore.OpenOptions){patient}, optFns...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}

// client returns a plain client of the server at url.
func client(tb testing.TB, url string) *redis.Client {
	tb.Helper()
	o, err := redis.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	o.ContextTimeoutEnabled = true
	c := redis.NewClient(o)
	tb.Cleanup(func() { c.Close() })
	return c
}

// start starts a Valkey server of the test's own.
func start(tb testing.TB, address string, args ...string) *testserver.Server {
	tb.Helper()
	return startKind(tb, kinds()[0], address, args...)
}

// kind is a kind of server that there is to test against.
type kind struct {
	name   string
	shared *testserver.Shared
	at     func(ctx context.Context, address string, args ...string) (*testserver.Server, error)
}

func kinds() []kind {
	return []kind{{"valkey", &valkey, testserver.ValkeyAt}, {"redis", &redis7, testserver.RedisAt}}
}

func startKind(tb testing.TB, k kind, address string, args ...string) *testserver.Server {
	tb.Helper()
	k.shared.URL(tb) // It can be had.
	s, err := k.at(context.WithoutCancel(tb.Context()), address, args...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { s.Close() })
	return s
}
