package recloser

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	mathrand "math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultStoreTimeout is how long one operation of a store may take.
const DefaultStoreTimeout = 100 * time.Millisecond

// Options are what a breaker is made of. [New] fills them with the defaults
// before it hands them to the functions it was given.
type Options struct {
	// Policy is the rules of the circuit. Defaults to [DefaultPolicy].
	Policy Policy
	// Partition is the part of the circuit to protect: a tenant, a shard, a
	// region. Defaults to none.
	Partition string
	// Store is what the circuit is shared through. Defaults to nil: the
	// breaker is one of this process alone.
	Store Store
	// StoreTimeout bounds each of the store's operations. Defaults to
	// [DefaultStoreTimeout].
	StoreTimeout time.Duration
	// Observers are told what happens. Defaults to none.
	Observers []Observer
	// Classify says what [Breaker.Do] makes of the error of a call that was
	// not cut off by its caller. It is called outside all locks; if it
	// panics, the default stands. Defaults to [Classify].
	Classify func(error) Outcome
	// Clock is the time of the environment. Defaults to the machine's.
	Clock Clock
	// Rand returns a number in [0, 1). It must be safe for concurrent use.
	// Defaults to math/rand/v2.
	Rand func() float64
	// Token returns a text that nobody else ever returns, of at most 64
	// bytes. It is called once for each attempt to claim a probe, and never
	// when a process starts: processes may be cloned after they started. It
	// must be safe for concurrent use. Defaults to crypto/rand.
	Token func() string
	// Trace records where each permit is taken, for [Breaker.Unsettled]. It
	// is slow, and meant for tests. Defaults to false.
	Trace bool
}

// Breaker is one environment's part in a circuit: it asks the circuit for leave
// to make a call, and tells it what the call came to. A Breaker is safe for
// concurrent use, and must not be copied.
type Breaker struct {
	turn      atomic.Pointer[turn]
	noTurn    turn // promises nothing
	clock     *clock
	timeout   *callTimeout
	timed     bool  // whether the end of every call is timed
	slowAfter int64 // the nanoseconds from which it is slow
	flights   flights
	key       string
	policy    Policy
	options   Options
	tick      time.Duration // how often calls in flight are looked at
	markAfter time.Duration // the age from which a look marks them
	events    delivery

	mu  sync.Mutex
	env environment

	_        [64]byte // keeps what rejections write apart from what calls read
	rejected atomic.Uint64
}

// New returns the breaker of the circuit called name. It does no I/O and starts
// nothing. The error matches [ErrKey] if no circuit can have that name, and
// [ErrPolicy] if the policy is not sound.
func New(name string, optFns ...func(*Options)) (*Breaker, error) {
	options := Options{Policy: DefaultPolicy(), StoreTimeout: DefaultStoreTimeout}
	for _, fn := range optFns {
		fn(&options)
	}
	key, err := Key(name, options.Partition)
	if err != nil {
		return nil, err
	}
	if err := options.Policy.Validate(); err != nil {
		return nil, err
	}
	return newBreaker(key, options), nil
}

func newBreaker(key string, options Options) *Breaker {
	if options.Classify == nil {
		options.Classify = Classify
	}
	if options.Rand == nil {
		options.Rand = mathrand.Float64
	}
	if options.Token == nil {
		options.Token = rand.Text
	}
	if options.StoreTimeout <= 0 {
		options.StoreTimeout = DefaultStoreTimeout
	}
	b := &Breaker{
		key:     key,
		timeout: &callTimeout{circuit: key},
		options: options,
		policy:  options.Policy,
		clock:   newClock(options.Clock),
		events:  delivery{observers: options.Observers},
	}
	b.lookEvery()
	b.noTurn.generation = math.MaxUint64
	b.env.known = options.Store == nil
	b.turn.Store(&b.noTurn)
	b.flights.init(b.clock.machine)
	return b
}

// Key returns the key of the circuit: its name, and its partition after a slash.
func (b *Breaker) Key() string { return b.key }

// Policy returns the rules of the circuit.
func (b *Breaker) Policy() Policy { return b.policy }

// Allow asks for leave to make one call. The permit must be settled, by one of
// its methods; if it is not, it ends at its deadline and counts as a failure.
// The error is an [*OpenError], which matches [ErrOpen].
//
// The healthy path does no I/O and allocates nothing. A store is asked when the
// view of the circuit is too old, for at most Options.StoreTimeout; ctx does not
// cut that short, and its deadline is not looked at: see [Breaker.Do].
func (b *Breaker) Allow(ctx context.Context) (Permit, error) {
	t := b.turn.Load()
	var wall int64
	if t.direct {
		wall = wallNanos()
	} else {
		wall = b.clock.Wall().UnixNano()
	}
	if t.over(wall, t.began.wall) {
		return b.admit(ctx)
	}
	if t.reject != nil {
		b.countRejection(t, wall)
		return Permit{}, t.reject
	}
	mono := wall - t.began.wall + t.began.mono
	c, word := b.flights.acquire(mono)
	if c == nil {
		return b.admit(ctx)
	}
	return Permit{breaker: b, cell: c, word: word, generation: t.generation, start: mono}, nil
}

// Do makes a call if the circuit allows it. The error is an [*OpenError] if it
// does not, [ErrNoTime] if the caller has no time left for a call, and else that
// of fn.
//
// fn's context ends after call.timeout, or call.reserve before the caller's own
// deadline, whichever is earlier; its cause is then [ErrCallTimeout]. In shadow
// mode it is the caller's own. What the call came to is decided by
// [Options.Classify]; a call whose caller gave up is ignored, and one that
// panics or ends its goroutine is a failure. If an error in fn's chain has a
// method RetryAfter() time.Duration, the circuit stays open that long.
func (b *Breaker) Do(ctx context.Context, fn func(context.Context) error) error {
	p, err := b.Allow(ctx)
	if err != nil {
		return err
	}
	return p.do(ctx, fn)
}

// Call makes a call that returns a value, as [Breaker.Do] does.
func Call[T any](ctx context.Context, b *Breaker, fn func(context.Context) (T, error)) (T, error) {
	var value T
	err := b.Do(ctx, func(ctx context.Context) error {
		var err error
		value, err = fn(ctx)
		return err
	})
	return value, err
}

// Classify is what a breaker makes of the error of a call if it is not told
// otherwise: none is a success; another circuit's rejection, or a caller
// without time, is ignored; all else is a failure.
func Classify(err error) Outcome {
	switch {
	case err == nil:
		return OutcomeSuccess
	case errors.Is(err, ErrOpen), errors.Is(err, ErrNoTime):
		return OutcomeIgnored
	}
	return OutcomeFailure
}

// Close stops what a breaker has waiting for calls in flight. It is for tests
// and for programs that make breakers and drop them; calls may go on. It may be
// called more than once.
func (b *Breaker) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.turn.Store(&b.noTurn)
	if b.env.stopSweep != nil {
		b.env.stopSweep()
		b.env.stopSweep = nil
	}
}

// lookEvery sets how often calls in flight are looked at: often enough that each
// is marked twice over before it is slow. Where that would be too often, each
// call is timed instead.
func (b *Breaker) lookEvery() {
	const shortest = 5 * time.Millisecond
	slow := b.policy.Call.Timeout
	if b.policy.OpenWhen.SlowRate > 0 {
		slow = b.policy.OpenWhen.SlowAfter
	}
	b.slowAfter = int64(slow)
	b.tick = max(b.policy.suspectAfter()/4, slow/32)
	if b.tick < shortest {
		b.tick, b.timed = shortest, true
	}
	b.markAfter = min(slow-2*b.tick, b.policy.suspectAfter())
}

// suspectAfter is the age from which a call in flight makes its environment
// listen: half the time in which it could still be seen to be slow before it
// runs out, so that calls which follow it are counted as slow before the first
// timeout lands.
func (p Policy) suspectAfter() time.Duration {
	slow := p.OpenWhen.SlowAfter
	if p.OpenWhen.SlowRate <= 0 {
		slow = p.Call.Timeout
	}
	if rest := p.Call.Timeout - slow; rest > 0 {
		slow = min(slow, rest)
	}
	return max(slow/2, time.Millisecond)
}
