package locallambda

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
)

// life is an environment from the start of its processes to their end. A reset
// ends one; the next begins with the next invocation.
type life struct {
	environment *environment
	telemetry   *telemetry
	next        chan *invocation // To the runtime's requests that wait for one.
	over        chan struct{}    // Closed when no event can follow.

	mu          sync.Mutex
	changed     chan struct{} // Closed, and made anew, at each change of what follows.
	registering bool
	runtime     *process
	waiting     int // How many requests of the runtime wait for an event.
	extensions  []*extension
	inflight    map[string]*invocation
	late        lateness
	ending      bool
	reported    string  // The type of an extension's account of its own end.
	account     *defect // The runtime's account of why it cannot start.
	defect      *defect
}

func newLife(e *environment) *life {
	return &life{
		environment: e, telemetry: &telemetry{work: &e.function.work}, next: make(chan *invocation), over: make(chan struct{}), changed: make(chan struct{}),
		registering: true, inflight: make(map[string]*invocation),
	}
}

// change changes the life's state, and wakes those who wait for that.
func (l *life) change(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
	close(l.changed)
	l.changed = make(chan struct{})
}

// await waits until ready, which it calls under the lock. It returns the life's
// defect as soon as there is one, or the context's error.
func (l *life) await(ctx context.Context, ready func() bool) (*defect, error) {
	for {
		l.mu.Lock()
		done, changed, defect := ready(), l.changed, l.defect
		l.mu.Unlock()
		switch {
		case defect != nil:
			return defect, nil
		case done:
			return nil, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// fail records why the life cannot go on, the first time. While it ends by itself,
// nothing is a defect.
func (l *life) fail(d defect) {
	first := false
	l.change(func() {
		if first = l.defect == nil && !l.ending; !first {
			return
		}
		if l.reported != "" {
			d.Type = l.reported
		}
		l.defect = &d
		if l.account != nil {
			l.defect = l.account
		}
	})
	if first && l.environment.options().managed() {
		l.environment.function.replace(l.environment)
	}
}

// startExtensions starts the external extensions, which register themselves.
func (l *life) startExtensions() *defect {
	e := l.environment
	for _, path := range e.options().Extensions {
		name := filepath.Base(path)
		x := &extension{id: newID(), name: name, external: true, state: extensionStarted, events: make(chan []byte, 2)}
		l.change(func() { l.extensions = append(l.extensions, x) })
		process, err := start(program{
			name: name, command: []string{path}, dir: e.options().Dir,
			variables: e.extensionVariables(), take: l.taker("extension/"+name, extensionEvents),
		}, &e.function.work)
		if err != nil {
			l.change(func() { x.state = extensionLaunchError })
			e.function.say(e, err.Error())
			return &defect{FunctionError: FunctionError{extensionLaunch, err.Error()}}
		}
		l.watch(process, func() { x.process = process }, func() {
			l.fail(defect{FunctionError: FunctionError{extensionCrash, extensionEnding(process)}})
		})
	}
	return nil
}

// startRuntime starts the runtime, which asks for its first event when it is ready.
func (l *life) startRuntime() *defect {
	e := l.environment
	process, err := start(program{
		name: "the function", command: e.options().Command, dir: e.options().Dir,
		variables: e.runtimeVariables(), take: l.taker(functionSource, functionEvents),
	}, &e.function.work)
	if err != nil {
		e.function.say(e, err.Error())
		return &defect{FunctionError: FunctionError{runtimeEntrypoint, err.Error()}}
	}
	l.watch(process, func() { l.runtime = process }, func() {
		l.fail(defect{FunctionError: FunctionError{runtimeExit, process.ending()}})
	})
	return nil
}

// watch notes a process that has been started, and what its end means.
func (l *life) watch(p *process, note, ended func()) {
	l.change(note)
	l.environment.function.notify()
	l.environment.function.work.Go(func() {
		<-p.exited
		ended()
	})
	if l.environment.killed.Load() {
		_ = p.kill() // It came too late to be killed with the others.
	}
}

// init starts the extensions, and when they have registered the runtime, and waits
// until all have asked for their first event.
func (l *life) init(ctx context.Context) (*defect, error) {
	if d := l.startExtensions(); d != nil {
		return d, nil
	}
	if d, err := l.await(ctx, func() bool {
		return !slices.ContainsFunc(l.extensions, func(x *extension) bool { return x.state == extensionStarted })
	}); d != nil || err != nil {
		return d, err
	}
	if d := l.startRuntime(); d != nil {
		return d, nil
	}
	if d, err := l.await(ctx, func() bool { return l.waiting > 0 }); d != nil || err != nil {
		return d, err
	}
	l.change(func() { l.registering = false })
	if d, err := l.await(ctx, func() bool {
		return !slices.ContainsFunc(l.extensions, func(x *extension) bool { return x.state != extensionReady })
	}); d != nil || err != nil {
		return d, err
	}
	l.telemetry.close()
	return nil, nil
}

// taker takes the lines that a process writes.
func (l *life) taker(source, kind string) func(string) {
	e := l.environment
	return func(text string) {
		if i := e.current.Load(); i != nil && source == functionSource {
			i.log.add(text)
		}
		l.telemetry.emit(kind, kind, text)
		e.function.log(Line{Time: now(), Environment: e.name, Source: source, Text: text})
	}
}

// quiet reports whether the runtime and all extensions that listen to invocations
// wait for their next event. It is called under the lock.
func (l *life) quiet() bool {
	return l.waiting > 0 && !slices.ContainsFunc(l.extensions, func(x *extension) bool { return x.invoke && x.state != extensionReady })
}

// processes are those that have been started.
func (l *life) processes() []*process {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []*process
	for _, x := range l.extensions {
		if x.process != nil {
			all = append(all, x.process)
		}
	}
	if l.runtime != nil {
		all = append(all, l.runtime)
	}
	return all
}

// drain hands on all that the processes have written until now.
func (l *life) drain() {
	for _, p := range l.processes() {
		p.drain()
	}
}
