package testserver

import (
	"fmt"
	"os/exec"
	"testing"
)

// Program returns where a program is that a test runs, such as a checker of models
// or a compiler. If it is not there the test is skipped, and says so; where $CI is
// set, or $RECLOSER_TEST_REQUIRE is "all", it fails.
func Program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		err = fmt.Errorf("%w: there is no %s", ErrAbsent, name)
	}
	return Need(tb, path, err)
}
