package locallambda

import (
	"context"
	"time"
)

// Why an environment is shut down, in the words that its extensions are told.
const (
	shutdownSpindown = "spindown"
	shutdownTimeout  = "timeout"
	shutdownFailure  = "failure"
)

// The time that extensions and the runtime have to shut down.
const (
	internalBudget = 500 * time.Millisecond
	externalBudget = 2 * time.Second
	managedBudget  = 600 * time.Millisecond // Of the runtime on Managed Instances.
	runtimeShare   = 0.3                    // Of the runtime's on demand.
	flushLimit     = time.Second            // Of telemetry that is waiting.
	killLimit      = 10 * time.Second
)

// end ends a life, and leaves no process of it.
func (e *environment) end(l *life, reason string) {
	l.change(func() { l.ending = true })
	_ = e.thaw(l) // What cannot be thawed is killed in the end.
	internal, external := l.kinds()
	var budget, share time.Duration
	switch {
	case external:
		budget = externalBudget
	case internal:
		budget = internalBudget
	}
	share = time.Duration(runtimeShare * float64(budget))
	if e.options().managed() {
		share = managedBudget
	}
	ctx, cancel := context.WithTimeout(context.Background(), max(budget, share))
	defer cancel()
	if runtime := l.runtime; runtime != nil && share > 0 {
		part, done := context.WithTimeout(ctx, share)
		_ = runtime.terminate()
		exited(part, runtime)
		done()
		_ = runtime.kill()
	}
	if external {
		flushed, done := context.WithTimeout(ctx, flushLimit)
		l.telemetry.flush(flushed)
		done()
		l.shutdownExtensions(ctx, reason)
	}
	all := l.processes()
	for _, p := range all {
		_ = p.kill()
	}
	last, done := context.WithTimeout(context.Background(), killLimit)
	defer done()
	for _, p := range all {
		if !exited(last, p) {
			e.function.say(e, "locallambda: "+p.name+" does not end, though it was killed")
		}
	}
	l.telemetry.stop()
	close(l.over)
	e.life.CompareAndSwap(l, nil)
	e.frozen.Store(false)
}

// shutdownExtensions tells those that listen to it of the shutdown, and waits for
// them; the others are killed.
func (l *life) shutdownExtensions(ctx context.Context, reason string) {
	deadline, _ := ctx.Deadline()
	event := extensionEvent{EventType: shutdownEvent, DeadlineMs: deadline.UnixMilli(), Reason: reason}
	l.tell(event, func(x *extension) bool { return x.external && x.shutdown })
	var told []*process
	l.mu.Lock()
	for _, x := range l.extensions {
		switch {
		case x.process == nil:
		case x.shutdown:
			told = append(told, x.process)
		default:
			_ = x.process.kill()
		}
	}
	l.mu.Unlock()
	for _, p := range told {
		exited(ctx, p)
	}
}

// exited waits for the end of a process, and reports whether it came.
func exited(ctx context.Context, p *process) bool {
	select {
	case <-p.exited:
		return true
	case <-ctx.Done():
		return false
	}
}
