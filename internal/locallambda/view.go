package locallambda

import (
	"context"
	"errors"
	"fmt"
)

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
