package storetest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/recloser-dev/recloser"
)

// ErrFault is matched by the error of an operation that suffered a fault.
var ErrFault = errors.New("storetest: the outcome is unknown")

// Fault is what happens to one operation on its way to the store or back.
type Fault uint8

const (
	// FaultNone lets the operation through: it is made, or it conflicts.
	FaultNone Fault = iota
	// FaultLost loses the answer: the write is made if its condition holds,
	// and its writer does not learn of it.
	FaultLost
	// FaultDropped loses the question: nothing is made.
	FaultDropped
	// FaultLate delays the question: its writer gets an error, and the write is
	// made afterwards, if its condition still holds then.
	FaultLate
	// FaultRival lets somebody else's write in first. The operation itself is
	// let through, and finds what the rival has left; a write conflicts, unless
	// the rival's leaves its condition alone.
	FaultRival
)

var faultNames = [...]string{FaultNone: "none", FaultLost: "lost", FaultDropped: "dropped", FaultLate: "late", FaultRival: "rival"}

// String returns "none", "lost", "dropped", "late" or "rival".
func (f Fault) String() string {
	if int(f) < len(faultNames) {
		return faultNames[f]
	}
	return fmt.Sprintf("fault(%d)", uint8(f))
}

// FaultyOptions say what happens to the operations of a [Faulty].
type FaultyOptions struct {
	// Seed makes the same sequence of operations suffer the same faults.
	// Defaults to 0.
	Seed uint64
	// Lost, Dropped, Late and Rival are the shares of operations that suffer
	// these faults; together at most 100%. A load loses its answer in any of
	// the first three. Default to 5%, 5%, 5% and 0%.
	Lost, Dropped, Late, Rival recloser.Share
	// Choose says what happens to an operation, in place of the shares; w is
	// nil for a load. It is called by one goroutine at a time, and must not
	// call the Faulty. Defaults to nil.
	Choose func(key string, w recloser.Write) Fault
	// RivalWrite returns the write of a rival who has seen r. Defaults to a
	// transition to the state that r is in.
	RivalWrite func(r recloser.Record) recloser.Write
	// Hang makes an operation that suffers a fault return at the end of its
	// context, as it would if its packets were lost, instead of at once. Its
	// error then matches that of the context, too. Defaults to false.
	Hang bool
}

// Faulty is a [recloser.Store] in front of another one, on the way to which
// operations suffer the faults that a network and a remote store have. Its
// caller learns of a fault only that the outcome is unknown: an error that
// matches [ErrFault].
//
// It starts no goroutine and reads no clock. A write that is late is made just
// before some operation that follows, each time with a chance of a quarter, or by
// [Faulty.Flush]. It is safe for concurrent use; used by one goroutine at a time,
// it does the same for the same seed.
type Faulty struct {
	store   recloser.Store
	options FaultyOptions

	mu   sync.Mutex
	rand *rand.Rand
	next []Fault
	late []lateWrite
	seen [len(faultNames)]int
}

type lateWrite struct {
	key string
	w   recloser.Write
}

var _ recloser.Store = (*Faulty)(nil)

// NewFaulty returns a Faulty in front of store.
func NewFaulty(store recloser.Store, optFns ...func(*FaultyOptions)) *Faulty {
	o := FaultyOptions{
		Lost: 0.05, Dropped: 0.05, Late: 0.05,
		RivalWrite: func(r recloser.Record) recloser.Write {
			return recloser.Transition{
				Generation: r.Generation, To: r.State, Since: r.Since,
				OpenUntil: r.OpenUntil, Relapses: r.Relapses, Cause: r.Cause,
			}
		},
	}
	for _, fn := range optFns {
		fn(&o)
	}
	return &Faulty{store: store, options: o, rand: rand.New(rand.NewPCG(o.Seed, 0))}
}

// Next makes the operations that follow suffer these faults, one each, before
// any others are chosen.
func (f *Faulty) Next(faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.next = append(f.next, faults...)
}

// Suffered returns how many operations have suffered the fault.
func (f *Faulty) Suffered(fault Fault) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if int(fault) >= len(f.seen) {
		return 0
	}
	return f.seen[fault]
}

// Waiting returns how many late writes have not been made yet.
func (f *Faulty) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.late)
}

// Flush makes the late writes that wait. A conflict is no error: it came too
// late.
func (f *Faulty) Flush(ctx context.Context) error {
	f.mu.Lock()
	due := f.late
	f.late = nil
	f.mu.Unlock()
	return f.deliver(ctx, due)
}

// Load implements [recloser.Store].
func (f *Faulty) Load(ctx context.Context, key string) (recloser.Record, error) {
	fault, err := f.begin(ctx, key, nil)
	if err != nil {
		return recloser.Record{}, err
	}
	switch fault {
	case FaultLost, FaultDropped, FaultLate:
		return recloser.Record{}, f.unknown(ctx)
	case FaultNone, FaultRival:
	}
	return f.store.Load(ctx, key)
}

// Apply implements [recloser.Store].
func (f *Faulty) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	fault, err := f.begin(ctx, key, w)
	if err != nil {
		return recloser.Record{}, err
	}
	switch fault {
	case FaultLost:
		_, _ = f.store.Apply(ctx, key, w) // Whatever it was, it is lost.
		return recloser.Record{}, f.unknown(ctx)
	case FaultLate:
		f.mu.Lock()
		f.late = append(f.late, lateWrite{key, w})
		f.mu.Unlock()
		return recloser.Record{}, f.unknown(ctx)
	case FaultDropped:
		return recloser.Record{}, f.unknown(ctx)
	case FaultNone, FaultRival:
	}
	return f.store.Apply(ctx, key, w)
}

// begin chooses what happens to an operation, and makes what comes before it.
func (f *Faulty) begin(ctx context.Context, key string, w recloser.Write) (Fault, error) {
	if err := ctx.Err(); err != nil {
		return FaultNone, err
	}
	fault, due := f.choose(key, w)
	if err := f.deliver(ctx, due); err != nil {
		return fault, err
	}
	if fault == FaultRival {
		r, err := f.store.Load(ctx, key)
		if err != nil {
			return fault, err
		}
		if err := f.deliver(ctx, []lateWrite{{key, f.options.RivalWrite(r)}}); err != nil {
			return fault, err
		}
	}
	return fault, nil
}

func (f *Faulty) choose(key string, w recloser.Write) (Fault, []lateWrite) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var due, waiting []lateWrite
	for _, l := range f.late {
		if f.rand.IntN(4) == 0 {
			due = append(due, l)
		} else {
			waiting = append(waiting, l)
		}
	}
	f.late = waiting
	var fault Fault
	switch {
	case len(f.next) > 0:
		fault, f.next = f.next[0], f.next[1:]
	case f.options.Choose != nil:
		fault = f.options.Choose(key, w)
	default:
		fault = f.cast()
	}
	if int(fault) < len(f.seen) {
		f.seen[fault]++
	}
	return fault, due
}

// cast chooses a fault by the shares.
func (f *Faulty) cast() Fault {
	coin := recloser.Share(f.rand.Float64())
	for fault, share := range [...]recloser.Share{
		FaultLost: f.options.Lost, FaultDropped: f.options.Dropped, FaultLate: f.options.Late, FaultRival: f.options.Rival,
	} {
		if coin < share {
			return Fault(fault)
		}
		coin -= share
	}
	return FaultNone
}

// deliver makes writes that nobody waits for.
func (f *Faulty) deliver(ctx context.Context, writes []lateWrite) error {
	for _, l := range writes {
		if _, err := f.store.Apply(ctx, l.key, l.w); err != nil && !errors.Is(err, recloser.ErrConflict) {
			return err
		}
	}
	return nil
}

// unknown returns the error of an operation that has suffered a fault.
func (f *Faulty) unknown(ctx context.Context) error {
	if !f.options.Hang {
		return ErrFault
	}
	<-ctx.Done()
	return fmt.Errorf("%w: %w", ErrFault, ctx.Err())
}
