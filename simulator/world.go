package simulator

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/recloser-dev/recloser"
)

// world is one run.
type world struct {
	s         *Scenario
	observers []Observer
	now, end  int64
	epoch     int64 // what a clock that is right shows at 0
	agenda    agenda
	idle      []*task
	current   *task

	fleet      fleet
	traffic    traffic
	store      store
	dependency dependency
	shelves    []shelf // of protocols that keep no records of ours
	faults     []Fault
	chance     *rand.Rand // of faults
	tokens     *rand.Rand

	check   checker
	result  Result
	columns []byte // how the environments stand: see Step.Columns
}

// Chance has streams that have nothing to do with each other, so that what is
// drawn for one thing changes nothing in another.
const (
	streamTraffic = iota
	streamFleet
	streamStore
	streamFaults
	streamTokens
	streamEpoch
	streamSnapshot
	streamEnvironment = 1 << 32 // and those after it
)

// stream returns one of them.
func (w *world) stream(n uint64) *rand.Rand {
	return rand.New(rand.NewPCG(scramble(w.s.Seed), scramble(n^0x9E3779B97F4A7C15)))
}

// scramble is the finish of splitmix64: seeds that are neighbours have nothing in
// common after it.
func scramble(x uint64) uint64 {
	x += 0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	return x ^ x>>31
}

// Run plays a scenario to its end, and checks the laws of the protocol after every
// step. It returns an error if the scenario is not sound, or ctx ends before it.
// Runs have nothing in common, and may be made at the same time.
func Run(ctx context.Context, s Scenario, observers ...Observer) (Result, error) {
	if err := s.Validate(); err != nil {
		return Result{}, err
	}
	w := newWorld(&s, observers)
	defer w.close()
	return w.play(ctx)
}

func newWorld(s *Scenario, observers []Observer) *world {
	w := &world{s: s, end: int64(s.Duration), faults: s.Faults}
	w.chance, w.tokens = w.stream(streamFaults), w.stream(streamTokens)
	// Slots of windows begin at any moment of the run.
	w.epoch = 1_800_000_000_000*int64(time.Millisecond) + w.stream(streamEpoch).Int64N(int64(time.Hour))
	w.fleet = fleet{config: &s.Fleet, coin: w.stream(streamFleet), places: make([]*environment, s.Fleet.Environments)}
	w.traffic = traffic{config: &s.Traffic, coin: w.stream(streamTraffic)}
	w.store = store{config: &s.Store, coin: w.stream(streamStore), items: make([]item, s.partitions())}
	w.dependency = dependency{phases: s.Dependency}
	w.check = newChecker(w)
	w.columns = bytes.Repeat([]byte{' '}, s.Fleet.Environments)
	w.result.Opened, w.result.Closed = -1, -1
	for i := range s.Faults {
		f := &s.Faults[i]
		store, environments, _ := f.Kind.strikes()
		if store {
			w.store.faults = append(w.store.faults, *f)
		}
		w.store.stale = w.store.stale || f.Kind == FaultStale
		if environments {
			plague{f}.next(w, int64(f.From))
		}
	}
	for i := range s.Orders {
		w.agenda.add(int64(s.Orders[i].At), nil, &s.Orders[i])
	}
	w.traffic.next(w)
	w.attend(observers)
	return w
}

// play lets everything happen that will.
func (w *world) play(ctx context.Context) (Result, error) {
	const between = 4096 // steps between two looks at ctx
	for {
		e, more := w.agenda.next()
		if !more || e.at > w.end {
			break
		}
		w.now = e.at
		if env := e.env; env != nil {
			if env.dead {
				continue
			}
			if env.frozen {
				env.stalled = append(env.stalled, e)
				continue
			}
		}
		w.result.Steps++
		if w.result.Steps%between == 0 && ctx.Err() != nil {
			return w.result, context.Cause(ctx)
		}
		e.do.act(w)
		w.second().State = w.worst()
	}
	w.now = w.end
	w.check.finish()
	w.conclude()
	return w.result, nil
}

// close ends what the environments are at, so that no coroutine is left behind.
func (w *world) close() {
	for _, e := range w.fleet.places {
		if e == nil {
			continue
		}
		e.dead = true
		for len(e.tasks) > 0 {
			w.resume(e.tasks[0])
		}
	}
	for _, t := range w.idle {
		t.stop()
	}
}

// worst returns the state of the circuit that is furthest from closed.
func (w *world) worst() recloser.State {
	state := recloser.StateClosed
	for i := range w.store.items {
		switch w.store.items[i].record.State {
		case recloser.StateOpen:
			return recloser.StateOpen
		case recloser.StateHalfOpen:
			state = recloser.StateHalfOpen
		case recloser.StateClosed:
		}
	}
	return state
}

// act carries out an operator's order on every circuit.
func (o *Order) act(w *world) {
	for i := range w.store.items {
		it := &w.store.items[i]
		said := recloser.Override{}
		if o.Mode != recloser.OverrideNone {
			until := recloser.InstantOf(time.Unix(0, w.epoch+w.now+int64(o.For)))
			said = recloser.Override{Mode: o.Mode, Until: until, Actor: "operator"}
		}
		it.record, _ = it.record.Apply(recloser.SetOverride{Generation: it.record.Generation, Override: said})
		w.store.keep(it, w.now)
		w.check.ordered(i)
	}
	w.told(StepOrdered, nil, uint64(len(o.Mode)), func() string { return fmt.Sprintf("%s for %v", o.Mode, o.For) })
}

// conclude computes what follows from the transitions.
func (w *world) conclude() {
	ill, well := w.illness()
	if ill < 0 {
		return
	}
	for _, t := range w.result.Transitions {
		if t.To == recloser.StateOpen && t.At >= ill {
			w.result.Opened = t.At - ill
			break
		}
	}
	if well < 0 || w.worst() != recloser.StateClosed {
		return
	}
	w.result.Closed = 0
	for _, t := range w.result.Transitions {
		if t.To == recloser.StateClosed && t.At >= well {
			w.result.Closed = t.At - well
		}
	}
}

// illness returns when the dependency first falls ill, and from when on it is well
// for good; -1 if that is never.
func (w *world) illness() (ill, well time.Duration) {
	ill, well = -1, -1
	for i := range w.s.Dependency {
		p := &w.s.Dependency[i]
		switch {
		case !p.well(&w.s.Policy):
			well = -1
			if ill < 0 {
				ill = p.From
			}
		case ill >= 0 && well < 0:
			well = p.From
		}
	}
	return ill, well
}
