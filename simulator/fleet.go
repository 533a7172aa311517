package simulator

import (
	"math/rand/v2"
	"slices"
	"time"
)

// fleet is the environments, by their places.
type fleet struct {
	config *Fleet
	coin   *rand.Rand
	places []*environment
	warm   []*environment // those with room for a call, who was busy last at the end
	born   uint64
}

// route returns the environment that a call goes to, and how long it takes to
// start. It returns nil if nobody has room.
func (f *fleet) route(w *world) (env *environment, after int64) {
	if f.config.Routing == RoutingWarm {
		return f.routeWarm(w)
	}
	const tries = 64
	n := len(f.places)
	first := f.coin.IntN(n)
	for i := range min(n, tries) {
		place := (first + i) % n
		e := f.places[place]
		if e == nil {
			return f.create(w, place), int64(f.config.ColdStart)
		}
		if !e.away && e.busy < f.config.Concurrency {
			return e.thawed(), 0
		}
	}
	return nil, 0
}

// routeWarm prefers who was busy last.
func (f *fleet) routeWarm(w *world) (env *environment, after int64) {
	for n := len(f.warm); n > 0; n = len(f.warm) {
		e := f.warm[n-1]
		if life := int64(f.config.IdleLife); life > 0 && e.busy == 0 && w.now-e.idle > life {
			f.retire(w)
			continue
		}
		i := n - 1
		for i >= 0 && f.warm[i].away {
			i--
		}
		if i < 0 {
			break
		}
		e = f.warm[i]
		if e.busy+1 >= f.config.Concurrency {
			f.warm = slices.Delete(f.warm, i, i+1)
		}
		return e.thawed(), 0
	}
	place := slices.Index(f.places, nil)
	if place < 0 {
		return nil, 0
	}
	e := f.create(w, place)
	if f.config.Concurrency > 1 {
		f.warm = append(f.warm, e)
	}
	return e, int64(f.config.ColdStart)
}

// retire ends the environments that had nothing to do for too long: those that
// were busy longest ago.
func (f *fleet) retire(w *world) {
	for _, e := range slices.Clone(f.warm) {
		if e.busy == 0 && w.now-e.idle > int64(f.config.IdleLife) {
			e.kill()
		}
	}
}

// thawed is the environment, awake: Lambda thaws whom it sends a call.
func (e *environment) thawed() *environment {
	if e.frozen {
		e.thaw()
	}
	return e
}

// create starts an environment in a place that is free.
func (f *fleet) create(w *world, place int) *environment {
	f.born++
	e := &environment{
		world: w, place: place, born: w.now,
		guards: make([]guard, w.s.partitions()), known: make([]knowledge, w.s.partitions()),
	}
	e.coin = w.stream(streamEnvironment + f.born)
	if f.config.Clones > 0 && f.coin.Float64() < float64(f.config.Clones) {
		e.coin = w.stream(streamSnapshot)
	}
	if limit := int64(f.config.ClockError); limit > 0 {
		e.wallError = f.coin.Int64N(2*limit+1) - limit
		if f.coin.IntN(2) == 0 { // What goes wrong goes wrong at the limits.
			e.wallError = limit * int64(2*f.coin.IntN(2)-1)
		}
	}
	f.places[place] = e
	e.draw()
	w.told(StepStarted, e, uint64(e.wallError), nil)
	return e
}

// release is the end of a call.
func (f *fleet) release(e *environment) {
	e.idle = e.world.now
	if f.config.Routing == RoutingWarm {
		if e.busy+1 < f.config.Concurrency {
			f.forget(e) // It moves to the end.
		}
		f.warm = append(f.warm, e)
	}
	if f.config.FreezeIdle && e.busy == 0 {
		e.freeze()
	}
}

func (f *fleet) forget(e *environment) {
	if i := slices.Index(f.warm, e); i >= 0 {
		f.warm = slices.Delete(f.warm, i, i+1)
	}
}

// remove drops a dead environment. Its place is free.
func (f *fleet) remove(e *environment) {
	f.places[e.place] = nil
	f.forget(e)
}

// some returns one of the environments that live and satisfy which, or nil.
func (f *fleet) some(coin *rand.Rand, which func(*environment) bool) *environment {
	n := len(f.places)
	first := coin.IntN(n)
	for i := range n {
		if e := f.places[(first+i)%n]; e != nil && which(e) {
			return e
		}
	}
	return nil
}

// plague strikes environments every now and then with a fault.
type plague struct{ fault *Fault }

// next puts the next strike on the agenda.
func (p plague) next(w *world, from int64) {
	gap := w.chance.ExpFloat64() * float64(p.fault.Every)
	at := from + int64(min(gap, float64(w.end)))
	if p.fault.on(at) {
		w.agenda.add(at, nil, p)
	}
}

func (p plague) act(w *world) {
	p.next(w, w.now)
	f := p.fault
	busy := func(e *environment) bool { return e.busy > 0 && !e.frozen }
	switch f.Kind {
	case FaultKill:
		e := w.fleet.some(w.chance, busy)
		if e == nil || w.chance.IntN(4) == 0 {
			e = w.fleet.some(w.chance, func(*environment) bool { return true })
		}
		if e != nil {
			e.kill()
		}
	case FaultFreeze:
		idle := func(e *environment) bool { return e.busy == 0 && !e.away }
		if e := w.fleet.some(w.chance, idle); e != nil {
			e.sleep(logUniform(w.chance, time.Second, f.Length))
		}
	case FaultPause:
		if e := w.fleet.some(w.chance, busy); e != nil {
			e.pause(logUniform(w.chance, 10*time.Millisecond, f.Length))
		}
	case FaultStep:
		upright := func(e *environment) bool { return !e.wrong() }
		if e := w.fleet.some(w.chance, upright); e != nil {
			d := f.Length
			if w.chance.IntN(2) == 0 {
				d = -d
			}
			e.step(d)
			w.agenda.add(w.now+w.chance.Int64N(int64(longestStep)), nil, repair{e, -d})
		}
	case FaultLostAnswer, FaultNotDone, FaultLate, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStall, FaultStale, FaultHeldUp:
	}
}

// sleep freezes the environment for a time in which it gets no call.
func (e *environment) sleep(d time.Duration) {
	if !e.frozen {
		e.freeze()
	}
	e.away = true
	e.world.agenda.add(e.world.now+int64(d), nil, thawing{e})
}

// repair puts a wall clock right again.
type repair struct {
	env *environment
	by  time.Duration
}

func (r repair) act(*world) {
	if !r.env.dead {
		r.env.step(r.by)
	}
}
