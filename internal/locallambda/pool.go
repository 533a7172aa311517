package locallambda

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// change wakes those who wait for a change of the environments. It is called under
// the lock, after the change.
func (f *Function) change() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// place reserves an environment for one invocation: the one that was used last of
// those that have room, else a new one.
func (f *Function) place() (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, ErrClosed
	}
	// The list is in order of use, the last one at its end.
	for at, e := range slices.Backward(f.environments) {
		if e.state != Idle {
			continue
		}
		f.environments = append(slices.Delete(f.environments, at, at+1), e)
		f.reserve(e)
		return e, nil
	}
	if len(f.environments) >= f.options.MaxEnvironments {
		return nil, fmt.Errorf("%w: there are %d, and may be no more", ErrThrottled, len(f.environments))
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

// reserve is called under the lock.
func (f *Function) reserve(e *environment) {
	e.stopIdle()
	e.inflight++
	e.invocations++
	e.state = Busy
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
	case gone:
		e.state = Stopping
	case f.options.IdleLimit > 0:
		e.stopIdle = afterFunc(f.options.IdleLimit, func() { f.expire(e) })
		fallthrough
	default:
		e.state = Idle
	}
	f.change()
	f.mu.Unlock()
	if gone {
		f.retire(e)
	}
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
		e.end(l, shutdownSpindown)
	}
	_ = e.server.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.environments = slices.DeleteFunc(f.environments, func(other *environment) bool { return other == e })
	f.change()
}

// ErrNoEnvironment is matched by the error of a command for an environment that
// does not exist, or not in the state for it.
var ErrNoEnvironment = errors.New("locallambda: there is no such environment")

// Environments returns what there is, the one that was used last at the end.
func (f *Function) Environments() []Environment {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.describe()
}

func (f *Function) describe() []Environment {
	all := make([]Environment, len(f.environments))
	for i, e := range f.environments {
		all[i] = e.describe()
	}
	return all
}

// Wait waits until the environments are as a test expects them, which it tells by
// ready. It returns the context's error otherwise.
func (f *Function) Wait(ctx context.Context, ready func([]Environment) bool) error {
	for {
		f.mu.Lock()
		all, changed := f.describe(), f.changed
		f.mu.Unlock()
		if ready(all) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("locallambda: the environments are %+v: %w", all, ctx.Err())
		}
	}
}

// find returns an environment by its name.
func (f *Function) find(name string) (*environment, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.environments {
		if e.name == name {
			return e, nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrNoEnvironment, name)
}
