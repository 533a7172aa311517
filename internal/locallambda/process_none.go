//go:build !unix

package locallambda

import (
	"os"
	"os/exec"
	"sync"
)

const (
	stopSignal = iota
	continueSignal
	killSignal
	terminateSignal
)

func supported() error { return ErrUnsupported }

func (p *process) signal(int) error { return ErrUnsupported }

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
