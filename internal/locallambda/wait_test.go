//go:build unix

package locallambda_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// await waits until something is as it should be.
func await(t *testing.T, ready func() bool) {
	t.Helper()
	expired := time.After(limit)
	for !ready() {
		select {
		case <-time.After(2 * time.Millisecond):
		case <-expired:
			t.Fatal("it does not come to pass")
		}
	}
}

// stopped reports whether the kernel has stopped a process.
func stopped(t *testing.T, pid int) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Skip("there is no /proc to see the state of a process in")
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return strings.HasPrefix(rest, "T")
}

// environ is the environment of this process.
func environ() map[string]string {
	all := make(map[string]string)
	for _, text := range os.Environ() {
		key, value, _ := strings.Cut(text, "=")
		all[key] = value
	}
	return all
}
