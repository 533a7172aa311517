//go:build unix

package sample

import (
	"fmt"
	"syscall"
	"time"
)

// processTime returns the CPU time that the process has used: all its threads,
// so that what a peer does in other goroutines, and its garbage, is counted.
func processTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("read the CPU time of the process: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
