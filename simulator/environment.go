package simulator

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
)

// environment is one process of the fleet: its clocks, its breakers, and what it
// is at.
type environment struct {
	world *world
	place int // its column; who succeeds it has the same
	coin  *rand.Rand

	born      int64
	slept     int64 // how long it has been frozen in all
	frozenAt  int64
	wallError int64
	// astray is until when what it knows may be wrong, since its wall clock has
	// stepped.
	astray int64

	dead   bool
	frozen bool
	away   bool // whether no call is sent to it, since it was frozen for long
	busy   int  // how many calls it makes
	idle   int64

	guards  []guard     // by partition
	known   []knowledge // by partition, as the checker sees it
	tasks   []*task
	waiters []waiter
	stalled []event
}

// waiter is a task that waits until a channel is closed.
type waiter struct {
	task  *task
	scope *scope
	done  <-chan struct{}
}

// mono is the monotonic clock. It stands still while the environment is frozen.
func (e *environment) mono() int64 {
	now := e.world.now
	if e.frozen {
		now = e.frozenAt
	}
	return now - e.born - e.slept
}

func (e *environment) wall() time.Time { return time.Unix(0, e.wallNanos()) }

func (e *environment) wallNanos() int64 { return e.world.epoch + e.world.now + e.wallError }

// clock is what its breakers know of time: everything goes through it.
func (e *environment) clock() recloser.Clock {
	return recloser.Clock{
		Wall:        e.wall,
		Mono:        func() time.Duration { return time.Duration(e.mono()) },
		AfterFunc:   e.afterFunc,
		WithTimeout: e.withTimeout,
		Wait:        e.wait,
	}
}

// timer is a call of AfterFunc.
type timer struct {
	env  *environment
	due  int64 // by the monotonic clock
	f    func()
	over bool
}

func (e *environment) afterFunc(d time.Duration, f func()) func() bool {
	t := &timer{env: e, due: e.mono() + int64(d), f: f}
	if !e.dead {
		e.world.agenda.add(e.world.now+int64(d), e, t)
	}
	return func() bool {
		waiting := !t.over
		t.over = true
		return waiting
	}
}

func (t *timer) act(w *world) {
	if t.over {
		return
	}
	if left := t.due - t.env.mono(); left > 0 {
		w.agenda.add(w.now+left, t.env, t)
		return
	}
	t.over = true
	w.start(t.env, t.f)
}

// wait implements [recloser.Clock.Wait].
func (e *environment) wait(ctx context.Context, done <-chan struct{}) {
	s, ok := ctx.(*scope)
	if !ok {
		s = e.newScope(ctx, never, nil)
	}
	w := e.world
	e.waiters = append(e.waiters, waiter{w.current, s, done})
	task := w.current
	if !closed(done) {
		s.await(w, never)
	}
	e.waiters = slices.DeleteFunc(e.waiters, func(x waiter) bool { return x.task == task })
}

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// look lets go on whoever has waited for what the last step of this environment
// has done.
func (e *environment) look() {
	for _, x := range e.waiters {
		if !e.dead && closed(x.done) && x.scope.waiting == x.task {
			x.scope.waiting = nil
			e.world.resume(x.task) // It looks again after that.
			return
		}
	}
}

// forget drops a task that is done.
func (e *environment) forget(t *task) {
	if i := slices.Index(e.tasks, t); i >= 0 {
		e.tasks = slices.Delete(e.tasks, i, i+1)
	}
}

// freeze stops everything in the environment, until it is thawed.
func (e *environment) freeze() {
	e.frozen, e.frozenAt = true, e.world.now
	e.draw()
	e.world.told(StepFrozen, e, 0, nil)
}

// thaw lets it go on: its timers later by the time it was frozen, and whatever
// has come for it meanwhile now.
func (e *environment) thaw() {
	w := e.world
	lasted := w.now - e.frozenAt
	e.frozen, e.away = false, false
	e.slept += lasted
	e.draw()
	w.check.thawed(e, lasted)
	w.told(StepThawed, e, uint64(lasted), nil)
	for _, stalled := range e.stalled {
		w.agenda.add(w.now, e, stalled.do)
	}
	e.stalled = e.stalled[:0]
}

// thawing thaws an environment.
type thawing struct{ env *environment }

func (t thawing) act(*world) {
	if t.env.frozen && !t.env.dead {
		t.env.thaw()
	}
}

// pause freezes the environment for a while.
func (e *environment) pause(d time.Duration) {
	e.freeze()
	e.world.agenda.add(e.world.now+int64(d), nil, thawing{e})
}

// holdUp freezes the environment for a while in the middle of the running task.
func (e *environment) holdUp(d time.Duration) {
	w := e.world
	e.pause(d)
	w.agenda.add(w.now, e, resumption{w.current})
	w.park()
}

// resumption lets a task go on.
type resumption struct{ task *task }

func (r resumption) act(w *world) { w.resume(r.task) }

// kill ends the environment: what it is at is never heard of again.
func (e *environment) kill() {
	w := e.world
	w.told(StepKilled, e, uint64(e.busy), nil)
	w.count(func(n *Counts) { n.Killed += e.busy })
	w.check.killed(e)
	e.dead = true
	e.draw()
	for len(e.tasks) > 0 {
		w.resume(e.tasks[0])
	}
	w.fleet.remove(e)
}

// guard returns what stands before the calls of a partition.
func (e *environment) guard(partition int) guard {
	if e.guards[partition] == nil {
		e.guards[partition] = e.world.newGuard(e, partition)
	}
	return e.guards[partition]
}

// step moves its wall clock.
func (e *environment) step(d time.Duration) {
	w := e.world
	e.wallError += int64(d)
	p := &w.s.Policy
	e.astray = w.now + int64(p.OpenFor.MaxCooldown+p.Lease()+p.HalfOpen.Margin)
	w.told(StepStepped, e, uint64(d), nil)
}

// wrong reports whether its wall clock is further off than clocks may be, or was
// so recently that it may take for old what is not.
func (e *environment) wrong() bool {
	limit := int64(e.world.s.Fleet.ClockError)
	return e.world.now < e.astray || e.wallError > limit || e.wallError < -limit
}

// tolerable is how long an environment may stand still in the middle of a probe
// without taking more of its lease than the margin leaves.
func (w *world) tolerable() int64 {
	return int64(w.s.Policy.HalfOpen.Margin - 2*w.s.Fleet.ClockError)
}
