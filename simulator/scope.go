package simulator

import (
	"context"
	"math"
	"slices"
	"time"
)

// never is a moment that does not come.
const never = math.MaxInt64

// scope is a context in virtual time. What waits in it goes on when it ends.
type scope struct {
	parent context.Context
	env    *environment
	due    int64 // by the environment's monotonic clock; never
	cause  error
	err    error
	done   chan struct{}

	above   *scope
	below   []*scope
	waiting *task
	timed   bool // whether the agenda has its end
}

// newScope returns a context that ends after d, by cause. If d is never, only its
// parent ends it, or its cancel function.
func (e *environment) newScope(parent context.Context, d time.Duration, cause error) *scope {
	s := &scope{parent: parent, env: e, due: never, cause: cause}
	if d < never-time.Duration(e.mono()) {
		s.due = e.mono() + int64(d)
	}
	if above, ok := parent.(*scope); ok {
		s.above = above
		above.below = append(above.below, s)
		if above.err != nil {
			s.err = above.err
		}
	}
	return s
}

// withTimeout is what a breaker bounds its calls and operations by.
func (e *environment) withTimeout(parent context.Context, d time.Duration, cause error) (context.Context, context.CancelFunc) {
	s := e.newScope(parent, d, cause)
	return s, s.cancel
}

// Deadline implements [context.Context].
func (s *scope) Deadline() (time.Time, bool) {
	if s.due == never {
		return s.parent.Deadline()
	}
	at := s.env.wall().Add(time.Duration(s.due - s.env.mono()))
	if above, ok := s.parent.Deadline(); ok && above.Before(at) {
		return above, true
	}
	return at, true
}

// Done implements [context.Context].
func (s *scope) Done() <-chan struct{} {
	if s.done == nil {
		s.done = make(chan struct{})
		if s.err != nil {
			close(s.done)
		}
	}
	return s.done
}

// Err implements [context.Context]. It is the cause, so that [context.Cause]
// finds it.
func (s *scope) Err() error { return s.err }

// Value implements [context.Context].
func (s *scope) Value(key any) any { return s.parent.Value(key) }

// cancel ends the scope because it is not needed any more.
func (s *scope) cancel() {
	s.close(context.Canceled)
	if above := s.above; above != nil {
		if i := slices.Index(above.below, s); i >= 0 {
			above.below = slices.Delete(above.below, i, i+1)
		}
		s.above = nil
	}
}

// close ends the scope and all below it, without letting anybody go on.
func (s *scope) close(err error) {
	if s.err != nil {
		return
	}
	s.err = err
	if s.done != nil {
		close(s.done)
	}
	for _, below := range s.below {
		below.close(err)
	}
}

// expire ends the scope and lets go on what waits in it. Only the world's loop
// does so.
func (s *scope) expire(w *world, err error) {
	s.close(err)
	s.wake(w)
}

func (s *scope) wake(w *world) {
	if t := s.waiting; t != nil {
		s.waiting = nil
		w.resume(t)
	}
	for _, below := range slices.Clone(s.below) {
		below.wake(w)
	}
}

// act ends the scope when its time has come: the environment may have been frozen
// meanwhile.
func (s *scope) act(w *world) {
	if s.err != nil {
		return
	}
	if left := s.due - s.env.mono(); left > 0 {
		w.agenda.add(w.now+left, s.env, s)
		return
	}
	err := s.cause
	if err == nil {
		err = context.DeadlineExceeded
	}
	s.expire(w, err)
}

// await parks the running task until somebody resumes it, or the scope ends.
// answer is when somebody will, if that is known: an end that comes later needs
// no place on the agenda.
func (s *scope) await(w *world, answer int64) {
	if s.err != nil || s.env.dead {
		return
	}
	for at := s; at != nil; at = at.above {
		if at.due == never || at.timed {
			continue
		}
		if end := w.now + max(at.due-at.env.mono(), 0); end <= answer {
			at.timed = true
			w.agenda.add(end, at.env, at)
		}
	}
	s.waiting = w.current
	w.park()
	s.waiting = nil
}
