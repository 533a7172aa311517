package explorer

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/recloser-dev/recloser"
)

// Time is counted in ticks. Every length of a policy is a whole number of them,
// so all that can happen happens at a tick; what is shorter, such as the timeout
// of a store, is no time at all.
const tick = time.Second

// epoch is the wall clock of a process whose clock is right, when it begins. It
// is a multiple of every width that a slot of a window may have.
const epoch = recloser.Instant(1_767_225_600_000)

// process is one environment: a real breaker, and the goroutines that use it,
// each a coroutine that goes on when it is told to.
type process struct {
	breaker *recloser.Breaker
	window  Window
	mutant  Mutant
	places  *table[uint64] // of the code, in the order in which they were come to
	skew    int            // by how many ticks its wall clock is ahead
	now     int            // how many ticks have passed
	frozen  int            // in how many of those it was frozen
	callers [callers]*thread
	looker  *thread // looks at the calls in flight, when a timer says so
	running *thread
	timer   func()
	due     time.Duration // by the monotonic clock
	token   string        // what the next attempt to claim is called
	minted  bool
}

// callers is how many calls an environment makes at the same time.
const callers = 2

func newProcess(window Window, mutant Mutant, policy recloser.Policy, skew int) *process {
	p := &process{window: window, mutant: mutant, skew: skew}
	for i := range p.callers {
		p.callers[i] = &thread{process: p}
	}
	p.looker = &thread{process: p}
	p.breaker = window.New(recloser.Options{
		Policy: policy,
		Store:  p,
		Clock: recloser.Clock{
			Wall: p.wall, Mono: p.mono, AfterFunc: p.afterFunc, WithTimeout: p.withTimeout, Wait: p.wait,
		},
		Rand:  func() float64 { return 0 },
		Token: p.mint,
	})
	return p
}

// right is what a right clock says.
func (p *process) right() recloser.Instant { return epoch.Add(time.Duration(p.now) * tick) }

func (p *process) wall() time.Time { return p.right().Add(time.Duration(p.skew) * tick).Time() }

func (p *process) mono() time.Duration { return time.Hour + time.Duration(p.now-p.frozen)*tick }

func (p *process) afterFunc(d time.Duration, f func()) func() bool {
	p.timer, p.due = f, p.mono()+d
	return func() bool {
		waiting := p.timer != nil
		p.timer = nil
		return waiting
	}
}

// mint returns the token that the explorer has chosen. It is one that nobody
// remembers, and so as good as one that was never made before.
func (p *process) mint() string {
	if p.minted && !p.running.stopped {
		panic("explorer: two attempts in one step")
	}
	p.minted = true
	return p.token
}

// withTimeout bounds nothing: an operation of the store ends as the explorer
// says, and a call has what time it was given.
func (p *process) withTimeout(parent context.Context, d time.Duration, _ error) (context.Context, context.CancelFunc) {
	p.running.limit = d
	return parent, func() {}
}

func (p *process) wait(_ context.Context, done <-chan struct{}) {
	t := p.running
	t.waits = done
	t.park(atWait)
	t.waits = nil
}

// Load implements [recloser.Store].
func (p *process) Load(context.Context, string) (recloser.Record, error) {
	return p.running.ask(nil)
}

// Apply implements [recloser.Store].
func (p *process) Apply(_ context.Context, _ string, w recloser.Write) (recloser.Record, error) {
	return p.running.ask(w)
}

// pass lets a tick pass, and what is due happen.
func (p *process) pass(frozen bool) {
	p.now++
	if frozen {
		p.frozen++
		return
	}
	if f := p.timer; f != nil && p.mono() >= p.due && p.looker.at == atRest {
		p.timer = nil
		p.looker.begin(f)
	}
}

// stop ends every coroutine.
func (p *process) stop() {
	for _, t := range append(p.callers[:], p.looker) {
		if t.stop != nil {
			p.running, t.stopped = t, true
			t.stop()
		}
	}
}

// position is where a thread is.
type position uint8

const (
	atRest   position = iota
	atStore           // It has asked the store.
	atWait            // It waits for what another thread has asked the store.
	atPermit          // It has a permit, and has not looked at the clock since.
	atCall            // It has looked at the clock, and is about to call, or calls.
)

// thread is one goroutine of an environment.
type thread struct {
	process *process
	at      position
	resume  func() (struct{}, bool)
	stop    func()
	yield   func(struct{}) bool
	stopped bool
	next    func() // what it does next

	// What it has asked the store, and since when.
	write  recloser.Write // nil is a read
	asked  [2]int64
	number uint64
	reads  bool // whether others wait for its read
	answer answer
	waits  <-chan struct{}
	limit  time.Duration

	// What it has been through since it began: together with what it sees, that
	// is where it is in the code.
	been   []been
	claim  recloser.Claim // its last
	shared bool           // whether its last claim was one of the store

	permit  recloser.Permit
	holds   bool
	ends    time.Duration // when its call must end, by the monotonic clock
	ctx     callContext
	outcome recloser.Outcome
}

// been is a place in the code, and what the store answered there.
type been struct {
	place  uint32
	answer uint8
}

// answer is what the store says.
type answer struct {
	record recloser.Record
	err    error
}

// callContext is the context of a caller who may give up.
type callContext struct {
	context.Context
	err error
}

func (c *callContext) Err() error { return c.err }

// begin makes the thread do f.
func (t *thread) begin(f func()) {
	t.next = f
	if t.resume == nil {
		t.resume, t.stop = iter.Pull(func(yield func(struct{}) bool) {
			t.yield = yield
			for !t.stopped {
				t.next()
				t.rest()
				if !yield(struct{}{}) {
					return
				}
			}
		})
	}
	t.goOn()
}

func (t *thread) rest() {
	t.at, t.been, t.claim, t.shared = atRest, t.been[:0], recloser.Claim{}, false
	t.permit, t.holds, t.ctx = recloser.Permit{}, false, callContext{}
}

// goOn lets the thread run until it parks again.
func (t *thread) goOn() {
	before := t.process.running
	t.process.running = t
	t.resume()
	t.process.running = before
}

func (t *thread) park(at position) {
	t.at = at
	if at == atPermit {
		t.been = t.been[:0]
		if !t.permit.Probe() {
			t.claim, t.shared = recloser.Claim{}, false
		}
	}
	if !t.stopped && !t.yield(struct{}{}) {
		t.stopped = true
	}
}

// ask asks the store, and parks until it answers.
func (t *thread) ask(w recloser.Write) (recloser.Record, error) {
	if t.stopped {
		return recloser.Record{}, errStopped
	}
	in := t.process.window.Look(t.process.breaker)
	t.write, t.number = w, in.Operation
	t.asked = t.process.moment()
	t.reads = w == nil && in.Reading != nil && !t.process.othersRead(t, in.Reading)
	if t.reads {
		t.waits = in.Reading
	}
	if c, ok := w.(recloser.Claim); ok {
		t.claim, t.shared = c, true
	}
	t.been = append(t.been, been{place: t.process.places.id(place())})
	t.park(atStore)
	t.waits, t.reads = nil, false
	if t.stopped {
		return recloser.Record{}, errStopped
	}
	if c, ok := w.(recloser.Claim); ok && errors.Is(t.answer.err, errUnheard) && t.process.mutant.Believes {
		r, _ := in.Record.Apply(c)
		return r, nil
	}
	return t.answer.record, t.answer.err
}
