//go:build unix

package locallambda

import (
	"errors"
	"fmt"
	"math"
	"os"
	"sync"
	"syscall"
)

const (
	stopSignal      = syscall.SIGSTOP
	continueSignal  = syscall.SIGCONT
	killSignal      = syscall.SIGKILL
	terminateSignal = syscall.SIGTERM
)

// supported is why a function cannot run on this system.
func supported() error { return nil }

// signal tells the whole group. A group that has ended is told nothing.
func (p *process) signal(signal syscall.Signal) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reaped {
		return nil
	}
	if err := syscall.Kill(-p.pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("locallambda: signal %v for %s: %w", signal, p.name, err)
	}
	return nil
}

func killGroup(pid int) {
	_ = syscall.Kill(-pid, syscall.SIGKILL) // Most often there is nobody left.
}

// output is what a process writes to one of its files. It is read by whoever
// comes first: the goroutine that follows it, or one that must have all of it now.
type output struct {
	file  *os.File
	mu    *sync.Mutex // Of all outputs of the process.
	lines splitter
	ended bool
}

// follow hands on what is written, until the end.
func (o *output) follow() {
	raw, err := o.file.SyscallConn()
	if err != nil {
		return
	}
	// The file is closed when the process has ended.
	_ = raw.Read(func(fd uintptr) bool { return o.read(fd, math.MaxInt) })
}

// drain hands on what has been written until now: no more than a pipe holds, as
// the process may go on writing.
func (o *output) drain() {
	const pipe = 1 << 20
	if raw, err := o.file.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { o.read(fd, pipe) })
	}
}

// read reads all that is there, about most bytes of it, and reports whether
// nothing can follow.
func (o *output) read(fd uintptr, most int) (end bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	buffer := make([]byte, 16<<10)
	for read := 0; !o.ended && read < most; {
		n, err := syscall.Read(int(fd), buffer)
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil && (errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EWOULDBLOCK)):
			return false
		case err != nil || n == 0:
			o.ended = true
		default:
			o.lines.write(buffer[:n])
			read += n
		}
	}
	return o.ended
}

// end hands on what is left. Nobody writes any more.
func (o *output) end() {
	o.drain()
	_ = o.file.Close()
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ended = true
	o.lines.flush(false)
}
