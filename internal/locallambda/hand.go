package locallambda

import (
	"context"
	"fmt"
)

// Freeze stops an environment's processes by hand, whatever it does. The next
// invocation, or [Function.Thaw], lets them go on.
func (f *Function) Freeze(name string) error { return f.withLife(name, (*environment).freeze) }

// Thaw lets the processes of an environment go on that is frozen.
func (f *Function) Thaw(name string) error { return f.withLife(name, (*environment).thaw) }

func (f *Function) withLife(name string, do func(*environment, *life) error) error {
	e, err := f.find(name)
	if err != nil {
		return err
	}
	l := e.life.Load()
	if l == nil {
		return fmt.Errorf("%w: %s has no processes", ErrNoEnvironment, name)
	}
	err = do(e, l)
	f.notify()
	return err
}

// Kill ends an environment at once, as a machine that dies does: its processes get
// SIGKILL, its extensions learn nothing, and an invocation in flight ends with
// Runtime.ExitError. It returns when the environment is gone.
func (f *Function) Kill(ctx context.Context, name string) error {
	e, err := f.find(name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	idle := e.state == Idle
	if idle {
		f.work.Add(1)
	}
	e.state = Stopping
	f.change()
	f.mu.Unlock()
	e.killed.Store(true)
	if l := e.life.Load(); l != nil {
		for _, p := range l.processes() {
			if err := p.kill(); err != nil {
				f.say(e, err.Error())
			}
		}
	}
	if idle {
		go func() {
			defer f.work.Done()
			f.retire(e)
		}()
	}
	return f.gone(ctx, e)
}

// SpinDown shuts an idle environment down as Lambda does with one that it needs no
// more, and returns when it is gone.
func (f *Function) SpinDown(ctx context.Context, name string) error {
	e, err := f.find(name)
	if err != nil {
		return err
	}
	if !f.expire(e) {
		return fmt.Errorf("%w: %s is not idle", ErrNoEnvironment, name)
	}
	return f.gone(ctx, e)
}

func (f *Function) gone(ctx context.Context, e *environment) error {
	return f.Wait(ctx, func(all []Environment) bool {
		for _, other := range all {
			if other.Name == e.name {
				return false
			}
		}
		return true
	})
}
