package main

import (
	"context"
	"encoding/binary"
	"net/http"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
)

// What a test tells the function that it runs as.
const (
	variableClock = "CHECKOUT_CLOCK" // A file that says how far the wall clock has been stepped.
	variableDeaf  = "CHECKOUT_DEAF"  // Whether the client listens to no context.
)

var (
	dynamo = testserver.Shared{Start: testserver.DynamoDB}
	redis  = testserver.Shared{Start: testserver.Redis}
)

// TestMain runs the tests, or, in an environment of the local Lambda, the function
// itself: the same start as in main, with a clock that a test can step and a store
// that may be slow on a busy machine.
func TestMain(m *testing.M) {
	if file := os.Getenv(variableClock); file != "" {
		if os.Getenv(variableDeaf) != "" {
			http.DefaultClient = &http.Client{Transport: deaf{http.DefaultTransport}}
		}
		start(func(o *recloser.Options) {
			o.StoreTimeout = 2 * time.Second
			o.Clock = steppedClock(file)
		})
		return
	}
	goleak.VerifyTestMain(dynamo.With(redis.With(m)))
}

// deaf makes calls that nobody can cut short.
type deaf struct{ http.RoundTripper }

func (d deaf) RoundTrip(r *http.Request) (*http.Response, error) {
	return d.RoundTripper.RoundTrip(r.WithContext(context.WithoutCancel(r.Context())))
}

// steppedClock is a clock whose wall clock is ahead by what a file says. The
// monotonic clock goes on as it did: so it is when Lambda has frozen an
// environment.
func steppedClock(file string) recloser.Clock {
	return recloser.Clock{Wall: func() time.Time {
		text, err := os.ReadFile(file)
		if err != nil || len(text) != 8 {
			panic("the clock cannot be read")
		}
		return time.Now().Add(time.Duration(binary.BigEndian.Uint64(text)))
	}}
}

// step puts the wall clock of whoever reads the file ahead by d.
func step(t *testing.T, file string, d time.Duration) {
	t.Helper()
	// Others read it meanwhile: a rename shows them the old or the new one.
	fresh := file + ".new"
	if err := os.WriteFile(fresh, binary.BigEndian.AppendUint64(nil, uint64(d)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, file); err != nil {
		t.Fatal(err)
	}
}
