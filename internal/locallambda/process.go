package locallambda

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
)

// program is what a process is started from.
type program struct {
	name      string // Of the process, in errors.
	command   []string
	dir       string
	variables map[string]string
	take      func(text string) // Takes each line that it writes.
}

// process is a running program, alone in a process group of its own with what it
// starts itself.
type process struct {
	name    string
	pid     int
	cmd     *exec.Cmd
	outputs []*output

	mu     sync.Mutex
	reaped bool

	// exited is closed when the process and its group are gone, and all that
	// they wrote is handed on. Then status says how it ended.
	exited chan struct{}
	status *os.ProcessState
}

// start starts a program. The work group has the goroutines that watch it.
func start(p program, work *sync.WaitGroup) (*process, error) {
	cmd := exec.Command(p.command[0], p.command[1:]...) //nolint:noctx // It is ended by signals, in order.
	cmd.Dir = p.dir
	for key, value := range p.variables {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	own(cmd)
	running := &process{name: p.name, cmd: cmd, exited: make(chan struct{})}
	var lines sync.Mutex
	var theirs []*os.File
	for range 2 {
		mine, its, err := os.Pipe()
		if err != nil {
			running.abandon(theirs)
			return nil, fmt.Errorf("locallambda: %s: %w", p.name, err)
		}
		running.outputs = append(running.outputs, &output{file: mine, mu: &lines, lines: splitter{take: p.take}})
		theirs = append(theirs, its)
	}
	cmd.Stdout, cmd.Stderr = theirs[0], theirs[1]
	// A goroutine of its own is on no thread that its caller has locked, and may
	// end: on Linux the process dies with the thread that started it.
	started := make(chan error)
	go func() { started <- cmd.Start() }()
	if err := <-started; err != nil {
		running.abandon(theirs)
		return nil, fmt.Errorf("locallambda: %s does not start: %w", p.name, err)
	}
	for _, file := range theirs {
		_ = file.Close()
	}
	running.pid = cmd.Process.Pid
	for _, out := range running.outputs {
		work.Go(out.follow)
	}
	work.Go(running.wait)
	return running, nil
}

func (p *process) abandon(theirs []*os.File) {
	for _, out := range p.outputs {
		_ = out.file.Close()
	}
	for _, file := range theirs {
		_ = file.Close()
	}
}

// wait waits until the process has ended. What it leaves of its group is killed.
func (p *process) wait() {
	_ = p.cmd.Wait() // That the process failed is in its state.
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	killGroup(p.pid)
	for _, out := range p.outputs {
		out.end()
	}
	p.status = p.cmd.ProcessState
	close(p.exited)
}

// drain hands on all that the process has written until now.
func (p *process) drain() {
	for _, out := range p.outputs {
		out.drain()
	}
}

// freeze stops all processes of the group, and thaw lets them go on.
func (p *process) freeze() error { return p.signal(stopSignal) }

func (p *process) thaw() error { return p.signal(continueSignal) }

func (p *process) kill() error { return p.signal(killSignal) }

func (p *process) terminate() error { return p.signal(terminateSignal) }

// ending tells how a process ended, in the words of Lambda.
func (p *process) ending() string {
	if p.status.Success() {
		return "Runtime exited without providing a reason"
	}
	return "Runtime exited with error: " + p.status.String()
}
