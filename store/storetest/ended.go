package storetest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// promptly is how soon a store must answer once its context has ended.
const promptly = 2 * time.Second

// checkEnded: a call whose context has ended before it does nothing, and one
// whose context ends meanwhile returns promptly. Neither is a conflict, which
// would say that the write was not made.
func checkEnded(ctx context.Context, s subject) error {
	m := newMirror(s)
	if err := m.applyAll(ctx, recloser.Watch{At: epoch, Share: 0.5}, transition(0, recloser.StateOpen)); err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	expired, cancel := context.WithTimeout(ctx, -time.Second)
	defer cancel()
	for name, ended := range map[string]context.Context{"cancelled": cancelled, "expired": expired} {
		// Some fit and some do not: neither must be found out.
		for _, w := range append(fitting(m.want), unfitting(m.want)[:8]...) {
			if err := refused(ended, func() error {
				_, err := s.store.Apply(ended, m.key, w)
				return err
			}); err != nil {
				return fmt.Errorf("%s under a context that was %s before: %w", say(w), name, err)
			}
		}
		if err := refused(ended, func() error {
			_, err := s.store.Load(ended, m.key)
			return err
		}); err != nil {
			return fmt.Errorf("load under a context that was %s before: %w", name, err)
		}
		if err := m.load(ctx); err != nil {
			return fmt.Errorf("after writes under a context that was %s before: %w", name, err)
		}
	}
	return checkEnding(ctx, s)
}

// refused runs a call of which nothing must come but an error.
func refused(ended context.Context, call func() error) error {
	return within(ended, func() error {
		err := call()
		if err == nil || errors.Is(err, recloser.ErrConflict) {
			return fmt.Errorf("want an error that is no conflict, got %w", orNone(err))
		}
		return nil
	})
}

var errNone = errors.New("none")

func orNone(err error) error {
	if err == nil {
		return errNone
	}
	return err
}

// within runs a call, and returns an error if it does not return promptly after
// the end of ctx.
func within(ctx context.Context, call func() error) error {
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), promptly)
	defer cancel()
	select {
	case err := <-done:
		return err
	case <-late.Done():
		return fmt.Errorf("the call goes on %v after the end of its context", promptly)
	}
}

// checkEnding ends contexts at some moment of the call. What comes of a write is
// then unknown, and one of two things: it was made, or it was not.
func checkEnding(ctx context.Context, s subject) error {
	for i := range 200 {
		key := newKey() // So that nothing of the last one can arrive here.
		w := transition(0, recloser.StateOpen)
		made, _ := recloser.Record{}.Apply(w)
		ending, cancel := context.WithTimeout(ctx, time.Duration(i)*10*time.Microsecond)
		err := within(ending, func() error {
			_, err := s.store.Apply(ending, key, w)
			return err
		})
		cancel()
		if errors.Is(err, recloser.ErrConflict) {
			return fmt.Errorf("%s: %w, but nobody else writes", say(w), err)
		}
		got, readErr := s.store.Load(ctx, key)
		switch {
		case readErr != nil:
			return readErr
		case err == nil && got != made:
			return fmt.Errorf("%s was made, but afterwards there is another record%s", say(w), parting(made, got))
		case got != made && got != (recloser.Record{}):
			return fmt.Errorf("%s came to %w, and to neither of the records it could%s", say(w), orNone(err), parting(made, got))
		}
	}
	return nil
}
