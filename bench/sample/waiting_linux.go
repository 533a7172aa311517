package sample

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const tasks = "/proc/self/task"

// waiting returns how long the threads of the process have been ready to run
// without a core to run on, if the kernel tells.
func waiting() (time.Duration, bool) {
	entries, err := os.ReadDir(tasks)
	if err != nil {
		return 0, false
	}
	var sum time.Duration
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(tasks, e.Name(), "schedstat"))
		if os.IsNotExist(err) {
			continue // the thread has ended
		}
		var ran, waited, slices int64
		if _, scanErr := fmt.Sscan(string(text), &ran, &waited, &slices); err != nil || scanErr != nil {
			return 0, false
		}
		sum += time.Duration(waited)
	}
	return sum, true
}
