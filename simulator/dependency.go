package simulator

import (
	"errors"
	"math"
	"time"

	"github.com/recloser-dev/recloser"
)

var errFailed = errors.New("simulator: the dependency failed")

// refusal is the answer of a dependency that asks to be left alone.
type refusal struct{ after time.Duration }

func (r *refusal) Error() string             { return "simulator: the dependency asks to be left alone" }
func (r *refusal) RetryAfter() time.Duration { return r.after }

// luck is what a call meets, drawn before anybody decides on it: the same call
// would have come to the same whoever had stood before it.
type luck struct{ fails, hangs, takes float64 }

// dependency is what the fleet calls.
type dependency struct {
	phases []Phase
	// queue is how many calls wait for its capacity, as of the moment since.
	queue float64
	since int64
}

// phase returns how it behaves at a moment.
func (d *dependency) phase(now int64) *Phase {
	i := 0
	for i+1 < len(d.phases) && int64(d.phases[i+1].From) <= now {
		i++
	}
	return &d.phases[i]
}

// well reports whether calls are served at a moment as they should be: few fail,
// none hangs, and those that are slow are the exception.
func (p *Phase) well(policy *recloser.Policy) bool {
	return p.Failing == 0 && p.Hanging == 0 && p.Dead == 0 && p.Capacity == 0 &&
		max(p.Latency, p.Tail) < policy.OpenWhen.SlowAfter
}

// takes returns how long a call takes: half of them up to Latency, 99% up to Tail,
// and none more than twice that; or all as long, if Tail is less than Latency.
func (p *Phase) takes(u float64) int64 {
	const tail = 0.99
	if p.Tail < p.Latency {
		return int64(p.Latency)
	}
	latency, longest := float64(p.Latency), float64(p.Tail)
	if u < 0.5 || longest <= latency {
		return int64(latency * (0.5 + min(u, 0.5)))
	}
	grown := math.Pow(longest/latency, (u-0.5)/(tail-0.5))
	return int64(min(latency*grown, 2*longest))
}

// answer is what a call comes to, if it is made now, and after how long. One that
// hangs is never answered.
func (d *dependency) answer(now int64, c *call) (after int64, err error) {
	p := d.phase(now)
	after = p.takes(c.luck.takes)
	switch {
	case c.luck.hangs < float64(p.Hanging):
		return never, nil
	case c.luck.fails < float64(p.Failing), c.partition < p.Dead:
		return after, p.failure()
	case p.Capacity <= 0:
		return after, nil
	}
	if d.serveQueue(now); d.queue > float64(p.Queue) {
		return after, p.failure()
	}
	return after + int64(d.queue/p.Capacity*float64(time.Second)), nil
}

// take puts a call that will be answered into the queue.
func (d *dependency) take(now int64, err error) {
	if d.phase(now).Capacity > 0 && err == nil {
		d.queue++
	}
}

// serveQueue takes off the queue what was served up to now, phase by phase.
func (d *dependency) serveQueue(now int64) {
	for d.since < now {
		p, until := d.phase(d.since), now
		for i := range d.phases {
			if from := int64(d.phases[i].From); from > d.since && from < until {
				until = from
			}
		}
		served := p.Capacity * float64(until-d.since) / float64(time.Second)
		if p.Capacity <= 0 {
			served = d.queue // Whoever has no limit serves them all.
		}
		d.queue, d.since = max(d.queue-served, 0), until
	}
}

func (p *Phase) failure() error {
	if p.RetryAfter > 0 {
		return &refusal{p.RetryAfter}
	}
	return errFailed
}

// visit is a call on its way to the dependency and back.
type visit struct {
	call     *call
	task     *task
	err      error
	answered bool
}

// act is the dependency's answer.
func (v *visit) act(w *world) {
	if t := v.task; t != nil {
		v.answered, v.task = true, nil
		w.resume(t)
	}
}

// serve makes a call of the dependency, within its scope.
func (d *dependency) serve(w *world, c *call, s *scope) error {
	e := c.env
	if e.dead {
		return errDead
	}
	after, err := d.answer(w.now, c)
	d.take(w.now, err)
	w.reached(c, after, err)
	w.check.entered(c, after, err)
	v := &visit{call: c, task: w.current, err: err}
	answer := int64(never)
	if after != never {
		answer = w.now + after
		w.agenda.add(answer, e, v)
	}
	s.await(w, answer)
	v.task = nil
	if e.dead {
		return errDead // Whoever is dead leaves no word; the checker knows.
	}
	if !v.answered {
		err = s.Err()
	}
	w.check.left(c, err)
	return err
}
