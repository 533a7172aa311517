//go:build linux && amd64

package recloser

import "syscall"

// wallNanos reads the wall clock in microseconds at half the price of time.Now,
// which reads the monotonic clock too. On this platform it is no system call.
func wallNanos() int64 {
	var tv syscall.Timeval
	_ = syscall.Gettimeofday(&tv) // A clock that fails says 1970, which ends every turn.
	return tv.Sec*1e9 + tv.Usec*1e3
}
