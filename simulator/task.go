package simulator

import "iter"

// task is a coroutine that runs code of an environment: a call, or a look at
// calls in flight. It gives way only where the environment waits for something,
// and goes on when that has come: nothing else is ever switched, least of all by
// a scheduler. One that is done is used again.
type task struct {
	env   *environment
	run   func()
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	// What the checker knows of the call that the task makes.
	call    *call
	token   string // of its last attempt to claim a probe
	shown   bool   // whether an answer of the store has shown that token
	claimed bool   // whether the breaker says that it owns the slot
}

func newTask() *task {
	t := new(task)
	t.next, t.stop = iter.Pull(func(yield func(struct{}) bool) {
		t.yield = yield
		for {
			t.run()
			t.env, t.run = nil, nil
			if !yield(struct{}{}) {
				return
			}
		}
	})
	return t
}

// start runs code of an environment until it waits for something or is done.
func (w *world) start(env *environment, run func()) {
	var t *task
	if n := len(w.idle); n > 0 {
		t, w.idle = w.idle[n-1], w.idle[:n-1]
	} else {
		t = newTask()
	}
	t.env, t.run = env, run
	t.call, t.token, t.shown, t.claimed = nil, "", false, false
	env.tasks = append(env.tasks, t)
	w.resume(t)
}

// resume lets a task go on. Only the world's loop does so, never a task.
func (w *world) resume(t *task) {
	env := t.env
	w.current = t
	_, alive := t.next()
	w.current = nil
	switch {
	case !alive: // It has panicked.
		env.forget(t)
	case t.run == nil:
		env.forget(t)
		w.idle = append(w.idle, t)
	}
	env.look()
}

// park suspends the running task until it is resumed. It returns at once in an
// environment that is dead: its code runs to its end without effect.
func (w *world) park() {
	if t := w.current; !t.env.dead {
		t.yield(struct{}{})
	}
}
