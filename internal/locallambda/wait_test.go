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
	return state(t, pid) == "T"
}

// state is the letter that the kernel has for the state of a process, and nothing
// if there is none.
func state(t *testing.T, pid int) string {
	t.Helper()
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if _, missing := os.Stat("/proc/self/stat"); missing != nil {
		t.Skip("there is no /proc to see the state of a process in")
	}
	_, rest, found := strings.Cut(string(text), ") ")
	if err != nil || !found {
		return ""
	}
	return rest[:1]
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
