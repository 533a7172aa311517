package locallambda

import (
	"fmt"
	"slices"
)

// notify wakes those who wait for a change of the environments.
func (f *Function) notify() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.change()
}

// change is notify for those who have the lock. It is called after the change.
func (f *Function) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// place reserves an environment for one invocation: the one that was used last of
// those that have room, else a new one.
func (f *Function) place() (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case f.closed:
		return nil, ErrClosed
	case f.limited && f.inflight() >= f.reserved:
		return nil, fmt.Errorf("%w: the reserved concurrency is %d", ErrThrottled, f.reserved)
	}
	for _, e := range slices.Backward(f.environments) {
		if f.room(e) {
			f.last(e)
			f.reserve(e)
			return e, nil
		}
	}
	if f.count() >= f.options.MaxEnvironments {
		return nil, fmt.Errorf("%w: there are %d, and may be no more", ErrThrottled, f.count())
	}
	f.serial++
	e, err := newEnvironment(f, f.serial)
	if err != nil {
		return nil, err
	}
	f.environments = append(f.environments, e)
	e.inflight, e.invocations = 1, 1
	f.change()
	return e, nil
}

// count is how many environments there are, but for those that will soon be gone.
func (f *Function) count() int {
	n := 0
	for _, e := range f.environments {
		if e.state != Stopping {
			n++
		}
	}
	return n
}

func (f *Function) inflight() int {
	n := 0
	for _, e := range f.environments {
		n += e.inflight
	}
	return n
}

// ReserveConcurrency limits how many invocations there are at once, below what the
// environments could take. 0 stops the function: synchronous invocations are
// throttled, and events go to the failure destination at once. A negative number
// takes the limit away.
func (f *Function) ReserveConcurrency(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limited, f.reserved = n >= 0, n
	f.change()
}

// room reports whether an environment can take one more. One of Managed Instances
// can while it starts, which invocations wait for.
func (f *Function) room(e *environment) bool {
	if !f.options.managed() {
		return e.state == Idle
	}
	return e.state != Stopping && e.inflight < f.options.EnvironmentConcurrency
}

// reserve is called under the lock.
func (f *Function) reserve(e *environment) {
	e.stopIdle()
	e.inflight++
	e.invocations++
	if e.state == Idle {
		e.state = Busy
	}
	f.change()
}

// initialized ends the first init phase of an environment, whether it succeeded or
// not.
func (f *Function) initialized(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	e.fresh = false
	if e.state == Initializing {
		e.state = Busy
	}
	f.change()
}

// resetting says that an environment resets itself, unless it is to be gone.
func (f *Function) resetting(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.state == Busy {
		e.state = Resetting
	}
	f.change()
}

// release gives an environment back that was reserved. If the function has been
// closed meanwhile, or the environment killed, that is its end.
func (f *Function) release(e *environment) {
	f.mu.Lock()
	e.inflight--
	gone := f.closed || e.state == Stopping
	switch {
	case e.inflight > 0:
		gone = false
	case gone:
		e.state = Stopping
	case f.options.IdleLimit > 0:
		e.stopIdle = afterFunc(f.options.IdleLimit, func() { f.expire(e) })
		fallthrough
	default:
		e.state = Idle
	}
	f.last(e)
	f.change()
	f.mu.Unlock()
	if gone {
		f.work.Go(func() { f.retire(e) })
	}
}

// last moves an environment to the end of the list: it was used last. It is called
// under the lock.
func (f *Function) last(e *environment) {
	f.environments = append(slices.DeleteFunc(f.environments, func(other *environment) bool { return other == e }), e)
}

// replace ends an environment of Managed Instances that has failed: at once if it
// is idle, else when the last invocation has left it.
func (f *Function) replace(e *environment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	idle := e.state == Idle
	if e.state != Stopping {
		e.state, e.failed = Stopping, true
	}
	if idle {
		f.work.Go(func() { f.retire(e) })
	}
	f.change()
}

// expire shuts an idle environment down, and reports whether it was idle.
func (f *Function) expire(e *environment) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if e.state != Idle || f.closed {
		return false
	}
	e.state = Stopping
	f.change()
	f.work.Go(func() { f.retire(e) })
	return true
}

// retire ends an environment that takes no more invocations, and forgets it.
func (f *Function) retire(e *environment) {
	if l := e.life.Load(); l != nil {
		reason := shutdownSpindown
		if e.failed {
			reason = shutdownFailure
		}
		e.end(l, reason)
	}
	_ = e.server.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.environments = slices.DeleteFunc(f.environments, func(other *environment) bool { return other == e })
	f.change()
}
