//go:build !unix

package locallambda

import (
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

func supported() error { return ErrUnsupported }

func (p *process) signal(syscall.Signal) error { return ErrUnsupported }

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
