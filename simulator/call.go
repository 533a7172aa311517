package simulator

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
)

// call is a request of a caller, which may take several attempts.
type call struct {
	number    uint64
	partition int
	luck      luck
	gives     int64 // after how long the caller gives up; never
	attempts  int   // that were made
	env       *environment
	probe     *probe // as the checker sees it
	began     int64  // when the attempt began
}

// String returns which call it is: "call 7".
func (c *call) String() string { return "call " + strconv.FormatUint(c.number, 10) }

// traffic is where calls come from.
type traffic struct {
	config *Traffic
	coin   *rand.Rand
	calls  uint64
}

// act is the arrival of a request.
func (t *traffic) act(w *world) {
	t.calls++
	c := &call{number: t.calls, gives: never}
	if n := t.config.Partitions; n > 0 {
		c.partition = t.coin.IntN(n)
	}
	if t.config.Impatient > 0 && t.coin.Float64() < float64(t.config.Impatient) {
		c.gives = t.coin.Int64N(int64(w.s.Policy.Call.Timeout))
	}
	t.next(w)
	w.requested()
	t.attempt(w, c)
}

// next puts the next request on the agenda.
func (t *traffic) next(w *world) {
	if t.config.Rate <= 0 {
		return
	}
	gap := -math.Log(1-t.coin.Float64()) / t.config.Rate
	if gap *= float64(time.Second); gap < float64(w.end) {
		w.agenda.add(w.now+int64(gap), nil, t)
	}
}

// attempt sends a call to an environment.
func (t *traffic) attempt(w *world, c *call) {
	c.luck = luck{t.coin.Float64(), t.coin.Float64(), t.coin.Float64()}
	c.env, c.probe = nil, nil
	env, after := w.fleet.route(w)
	if env == nil {
		w.lost(c)
		return
	}
	c.env = env
	env.busy++
	if after > 0 {
		w.agenda.add(w.now+after, env, c)
		return
	}
	c.act(w)
}

// again is the next attempt of a request.
type again struct{ call *call }

func (a again) act(w *world) { w.traffic.attempt(w, a.call) }

// act begins the call in its environment.
func (c *call) act(w *world) {
	e := c.env
	c.attempts++
	c.began = w.now
	w.start(e, func() { e.make(c) })
}

// make makes a call in a task of the environment.
func (e *environment) make(c *call) {
	w := e.world
	w.current.call = c
	ctx, end := e.invocation(c)
	err := e.guard(c.partition).do(ctx, func(ctx context.Context) error { return e.send(ctx, c) })
	end()
	if !e.dead {
		w.finished(c, err)
		e.finish(c)
		w.traffic.retry(w, c, err)
	}
}

// send makes the call of the dependency, unless the environment is held up first.
func (e *environment) send(ctx context.Context, c *call) error {
	w := e.world
	if e.dead {
		return errDead
	}
	s, ok := ctx.(*scope)
	if !ok {
		s = e.newScope(ctx, never, nil)
	}
	w.admitted(c)
	for i := range w.faults {
		if f := &w.faults[i]; f.Kind == FaultHeldUp && f.on(w.now) && w.chance.Float64() < float64(f.Share) {
			e.holdUp(logUniform(w.chance, 10*time.Millisecond, f.Length))
			if e.dead {
				return errDead
			}
		}
	}
	return w.dependency.serve(w, c, s)
}

// invocation returns the context of a call: what Lambda knows of its time, and
// what its caller has patience for.
func (e *environment) invocation(c *call) (context.Context, func()) {
	limit := e.world.s.Fleet.Timeout
	if limit <= 0 && c.gives == never {
		return context.Background(), func() {}
	}
	d := time.Duration(never)
	if limit > 0 {
		d = limit
	}
	s := e.newScope(context.Background(), d, nil)
	if limit > 0 {
		// Lambda counts by a clock of its own, and asks nobody.
		e.world.agenda.add(e.world.now+int64(limit), nil, &execution{e, s})
	}
	if c.gives < never {
		e.world.agenda.add(e.world.now+c.gives, e, givingUp{s})
	}
	return s, s.cancel
}

// givingUp is a caller who waits no longer.
type givingUp struct{ scope *scope }

func (g givingUp) act(w *world) {
	if g.scope.err == nil {
		g.scope.expire(w, context.Canceled)
	}
}

// execution is the end of an invocation that has used up its time.
type execution struct {
	env   *environment
	scope *scope
}

func (x *execution) act(*world) {
	if x.scope.err == nil && !x.env.dead {
		x.env.kill()
	}
}

// finish leaves the environment as it is after a call.
func (e *environment) finish(c *call) {
	e.busy--
	e.world.fleet.release(e)
	c.env = nil
}

// retry tries a call again that failed, if that is wanted.
func (t *traffic) retry(w *world, c *call, err error) {
	if err == nil || c.attempts > t.config.Retries || errors.Is(err, recloser.ErrOpen) || errors.Is(err, context.Canceled) {
		w.concluded(err)
		return
	}
	wait := float64(t.config.Backoff) * math.Pow(2, float64(c.attempts-1)) * (0.5 + t.coin.Float64())
	w.agenda.add(w.now+int64(wait), nil, again{c})
}
