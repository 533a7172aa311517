package recloser

import (
	"math"
	"time"
)

// environment is what a breaker knows: its copy of the record, and what it has
// seen itself. It is guarded by the breaker's lock.
type environment struct {
	// The view of the circuit. Without a store, or while it is out of reach,
	// the record is the environment's own and moves by itself.
	record Record
	known  bool   // whether the store was ever read
	stale  bool   // whether a failure has cast doubt on it
	read   moment // when it was asked for
	heard  moment // when it was answered
	asked  uint64 // the number of the operation it came from
	held   moment // when its generation was first seen
	leases [MaxProbes]moment
	spread time.Duration // how much later than others it begins to probe

	// What this environment saw of its own calls.
	window   Window  // exact counts
	slot     Instant // the slot that calls are counted in
	releases uint64  // see flights.released
	counted  int     // releases that were counted by themselves
	settled  uint64
	pace     pace
	run      int // failures in a row
	runSince moment
	// leaveAloneUntil is what the dependency has asked for.
	leaveAloneUntil Instant

	// What it has counted for the fleet, and not told yet.
	sample   Window
	drawn    Share // the share of calls that the sample still stands for
	reported moment
	name     string

	// Its own circuit, which opens for itself only.
	own     Record
	ownHeld moment

	last      moment // the latest reading of the clocks
	outage    outage
	reading   chan struct{}
	writing   bool
	claiming  bool     // whether a call is about to become a probe
	forced    Override // the override observers were told of
	tickets   map[*cell]*ticket
	operation uint64
	stopSweep func() bool
	idle      bool // whether the last sweep found nothing in flight
}

// ticket is what must be remembered of a call besides its cell: of a probe, the
// slot it holds; of a sampled call, the watch it counts in.
type ticket struct {
	token string
	slot  int
	own   bool // a probe of this environment's own circuit
	// claimed is when its claim began.
	claimed moment

	watch Instant
	share Share // the share it was drawn by
	told  bool  // whether it was counted as slow while it was in flight

	done  bool // whether a call that found no free cell has ended
	stack []uintptr
}

// locked runs fn with the lock held and the counts taken, and tells observers
// after it.
func (b *Breaker) locked(fn func(now moment)) {
	if len(b.options.Observers) > 0 {
		defer b.events.deliver()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	fn(b.again())
}

// again reads the clocks, and takes the counts. The lock must be held.
func (b *Breaker) again() moment {
	now := b.now()
	b.harvest(now)
	return now
}

// now reads the clocks, and notes a step back of the wall clock. The lock must be
// held.
func (b *Breaker) now() moment {
	now := b.clock.now()
	if back := b.env.last.aged - now.aged; back > 0 {
		b.clock.back.Add(back)
		now.aged += back
	}
	b.env.last = now
	return now
}

// attached reports whether the record is the fleet's.
func (b *Breaker) attached() bool { return b.options.Store != nil && b.env.outage.failures == 0 }

// view returns what is known of the circuit.
func (b *Breaker) view(now moment) View {
	e := &b.env
	v := View{
		Record: e.record,
		Now:    now.instant(),
		Age:    now.since(e.read),
		Held:   now.since(e.held),
	}
	if !e.known {
		v.Held, v.Age = 0, math.MaxInt64
	} else if v.State != StateClosed {
		// While it is blocked by open times and leases, what is written does
		// not step back: a lease that ends in an hour's past is everybody's to
		// take. What others wrote is judged by the wall clock alone: it may
		// have stepped back because it was ahead.
		v.notBefore = e.held.instant().Add(v.Held)
	}
	if v.State == StateHalfOpen {
		for i := range v.Probes {
			v.LeaseHeld[i] = now.since(e.leases[i])
		}
	}
	if !b.attached() {
		v.WatchSince = max(v.Since, 1)
		v.Window = b.ownWindow(now)
	}
	return v
}

// ownView is the view of the environment's own circuit.
func (b *Breaker) ownView(now moment) View {
	v := b.env.own.At(now.instant())
	v.Held = now.since(b.env.ownHeld)
	return v
}

// ownWindow returns what this environment saw of its own calls, with those in
// flight that are slow already.
func (b *Breaker) ownWindow(now moment) Window {
	slow := 0
	if b.policy.OpenWhen.SlowRate > 0 {
		b.flights.each(func(_ *cell, word uint64) {
			if old := age(word, now.mono); old >= b.policy.OpenWhen.SlowAfter && b.inGeneration(now, old) {
				slow++
			}
		})
	}
	if slow == 0 {
		return b.env.window
	}
	return b.env.window.Add(b.env.slot, Counts{Calls: slow, Slow: slow})
}

// inGeneration reports whether a call of the given age began in the generation
// that is known.
func (b *Breaker) inGeneration(now moment, age time.Duration) bool {
	return now.mono-int64(age) >= b.env.held.mono
}

// adopt makes r the known record. made is whether this environment's own write
// made it; operation is the number of the store's operation that answered it,
// and began when it was asked: an answer that was overtaken by a later one
// tells nothing new. A view is as old as the question, but what is new in it is
// no older than the answer: an environment may be frozen before it has sent the
// question, and a lease that was claimed meanwhile has not run out.
func (b *Breaker) adopt(r Record, operation uint64, began moment, made bool) {
	e := &b.env
	if operation < e.asked && r.Generation <= e.record.Generation {
		return
	}
	last, now := e.record, b.now()
	e.asked, e.read, e.heard, e.record, e.stale = operation, began, now, r, false
	if !e.known || r.Generation != last.Generation {
		e.held = now
		e.spread = b.probeSpread()
		e.run = 0
		if e.known {
			e.window = Window{}
		}
	}
	for i := range r.Probes {
		if r.Probes[i].Token != last.Probes[i].Token {
			e.leases[i] = now
		}
	}
	if r.WatchSince != last.WatchSince || r.Generation != last.Generation {
		e.sample, e.drawn = Window{}, 0
	}
	b.thin()
	if r.State != StateClosed {
		e.own = Record{}
	}
	e.known = true
	b.turn.Store(&b.noTurn)
	b.tell(last, made)
}

// probeSpread spreads the environments of a fleet over a moment, so that they
// do not all ask for a probe in the millisecond in which an open time ends.
func (b *Breaker) probeSpread() time.Duration {
	if b.options.Store == nil {
		return 0
	}
	const most = 500 * time.Millisecond
	return time.Duration(b.options.Rand() * float64(min(most, b.policy.OpenFor.Cooldown/20)))
}

// adoptOwn makes r the known record of a circuit that this environment moves by
// itself.
func (b *Breaker) adoptOwn(r Record, now moment) {
	b.env.operation++
	b.adopt(r, b.env.operation, now, r.Generation != b.env.record.Generation)
}
