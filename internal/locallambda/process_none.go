//go:build !unix

package locallambda

import (
	"errors"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

const (
	stopSignal syscall.Signal = iota
	continueSignal
	killSignal
	terminateSignal
)

var errUnsupported = errors.New("locallambda: this system has no SIGSTOP to freeze environments by; use Linux, macOS or another Unix")

func supported() error { return errUnsupported }

func (p *process) signal(syscall.Signal) error { return errUnsupported }

func killGroup(int) {}

func own(*exec.Cmd) {}

type output struct {
	file  *os.File
	mu    *sync.Mutex
	lines splitter
}

func (o *output) follow() {}

func (o *output) drain() {}

func (o *output) end() { _ = o.file.Close() }
