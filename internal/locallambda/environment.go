package locallambda

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// State is what an environment does.
type State string

const (
	// Initializing is in its first init phase.
	Initializing State = "initializing"
	// Idle waits for an invocation, most often frozen.
	Idle State = "idle"
	// Busy has an invocation, or as many as it can take; or its extensions have
	// not finished with one.
	Busy State = "busy"
	// Resetting ends its processes after a timeout or a failure. When that is
	// done it is idle without processes, and the next invocation starts them.
	Resetting State = "resetting"
	// Stopping ends its processes, and will be gone.
	Stopping State = "stopping"
)

// Environment is one of a function's execution environments, as it was when it was
// asked for.
type Environment struct {
	// Name is unique in the process: the function's and a number, as in
	// "checkout-1".
	Name string
	// State is what it does.
	State State
	// Frozen says that its processes are stopped.
	Frozen bool
	// PID is that of the runtime's process, and 0 if there is none.
	PID int
	// Extensions are the processes of external extensions, by their names.
	Extensions map[string]int
	// InFlight is how many invocations it has, and Invocations how many it has
	// had, those included.
	InFlight, Invocations int
	// Address is where its Runtime API listens.
	Address string
	// LogStream is the name of its log stream.
	LogStream string
}

// environment runs invocations. What is below life is guarded by the function's lock.
type environment struct {
	function  *Function
	name      string
	serial    int
	logStream string
	address   string
	server    *http.Server
	frozen    atomic.Bool
	killed    atomic.Bool          // By hand: nothing is started any more.
	life      atomic.Pointer[life] // Nil between a reset and the next invocation.
	current   atomic.Pointer[invocation]
	beginning beginning // On Managed Instances.

	state       State
	fresh       bool // Its first init phase is to come.
	failed      bool // It is to be gone because it has failed.
	inflight    int
	invocations int
	stopIdle    func() bool
}

// newEnvironment makes an environment without processes. Its API listens.
func newEnvironment(f *Function, serial int) (*environment, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("locallambda: %w", err)
	}
	e := &environment{
		function: f, name: fmt.Sprintf("%s-%d", f.options.Name, serial), serial: serial, logStream: f.options.logStream(),
		address: listener.Addr().String(), state: Initializing, fresh: true, stopIdle: func() bool { return true },
	}
	e.server = &http.Server{Handler: e.api(), ReadHeaderTimeout: 10 * time.Second}
	f.work.Go(func() {
		if err := e.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			f.say(e, "locallambda: the runtime API has ended: "+err.Error())
		}
	})
	return e, nil
}

func (e *environment) options() *Options { return &e.function.options }

// describe is called under the function's lock.
func (e *environment) describe() Environment {
	d := Environment{
		Name: e.name, State: e.state, Frozen: e.frozen.Load(), InFlight: e.inflight, Invocations: e.invocations,
		Address: e.address, LogStream: e.logStream, Extensions: make(map[string]int),
	}
	if l := e.life.Load(); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.runtime != nil {
			d.PID = l.runtime.pid
		}
		for _, x := range l.extensions {
			if x.process != nil {
				d.Extensions[x.name] = x.process.pid
			}
		}
	}
	return d
}

// The phases in which an environment initialises itself.
const (
	phaseInit   = "init"
	phaseInvoke = "invoke"
)

// initialize begins a life. If it fails, no process is left.
func (e *environment) initialize(ctx context.Context, phase string) (*life, *defect, error) {
	if e.killed.Load() {
		return nil, &defect{FunctionError: FunctionError{runtimeExit, "Runtime exited with error: signal: killed"}}, nil
	}
	began := now()
	l := newLife(e)
	e.life.Store(l)
	e.frozen.Store(false)
	l.beginInit(phase)
	d, err := l.init(ctx)
	took := since(began)
	status, kind := statusOf(d, err)
	l.endInit(phase, status, kind, took)
	if status == statusSuccess {
		return l, nil, nil
	}
	e.function.say(e, initReport(took, phase, status, kind))
	reason := shutdownFailure
	if err != nil {
		reason = shutdownTimeout
	}
	e.end(l, reason)
	return nil, d, err
}

// beginInit tells the subscribers that an init phase begins.
func (l *life) beginInit(phase string) {
	o := l.environment.options()
	l.telemetry.platform("initStart", initStartRecord{
		InitializationType: o.initializationType(), Phase: phase, FunctionName: o.Name, FunctionVersion: o.Version,
		InstanceID: l.environment.logStream, InstanceMaxMemory: int64(o.Memory) << 20,
	})
}

// endInit tells them how it ended.
func (l *life) endInit(phase, status, kind string, took time.Duration) {
	record := initDoneRecord{InitializationType: l.environment.options().initializationType(), Phase: phase, Status: status, ErrorType: kind}
	l.telemetry.platform("initRuntimeDone", record)
	for _, x := range l.extensionRecords() {
		l.telemetry.platform("extension", x)
	}
	record.Metrics = &durationOnly{milliseconds(took)}
	l.telemetry.platform("initReport", record)
}

func initReport(took time.Duration, phase, status, kind string) string {
	text := fmt.Sprintf("INIT_REPORT Init Duration: %.2f ms\tPhase: %s\tStatus: %s", milliseconds(took), phase, status)
	if kind != "" {
		text += "\tError Type: " + kind
	}
	return text
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// freeze stops the environment's processes, and thaw lets them go on. That one has
// ended is found by who waits for it.
func (e *environment) freeze(l *life) error {
	var problems []error
	for _, p := range l.processes() {
		problems = append(problems, p.freeze())
	}
	e.frozen.Store(true)
	return errors.Join(problems...)
}

func (e *environment) thaw(l *life) error {
	var problems []error
	for _, p := range l.processes() {
		problems = append(problems, p.thaw())
	}
	e.frozen.Store(false)
	return errors.Join(problems...)
}
