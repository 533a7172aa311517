package testserver

import (
	"errors"
	"os"
	"testing"
)

// ErrAbsent is matched by the error of a server that cannot be had on this
// machine, because a tool it needs is missing or its package cannot be fetched.
var ErrAbsent = errors.New("testserver: cannot be had on this machine")

// Need returns what get returns. If that cannot be had on this machine the test
// is skipped, and says why; where $CI is set, or $RECLOSER_TEST_REQUIRE is "all",
// it fails.
func Need[T any](tb testing.TB, got T, err error) T {
	tb.Helper()
	if err != nil {
		if errors.Is(err, ErrAbsent) && !required() {
			tb.Skip(err)
		}
		tb.Fatal(err)
	}
	return got
}

func required() bool { return os.Getenv("CI") != "" || os.Getenv("RECLOSER_TEST_REQUIRE") == "all" }
