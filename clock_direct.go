//go:build linux && amd64

package recloser

import "syscall"

// wallNanos reads the wall clock in microseconds at half the price of time.Now,
// which reads the monotonic clock too. On this platform it is no system call.
func wallNanos() int64 {
	var tv syscall.Timeval
	if err := syscall.Gettimeofday(&tv); err != nil {
		return 0
	}
	return tv.Sec*1e9 + tv.Usec*1e3
}
