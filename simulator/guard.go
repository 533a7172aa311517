package simulator

import (
	"context"
	"fmt"
	"strconv"

	"github.com/recloser-dev/recloser"
)

// guard is what stands before the calls of an environment.
type guard interface {
	do(ctx context.Context, call func(context.Context) error) error
}

// standing is a guard that shows in the column of its environment.
type standing interface {
	// column returns '.' closed, '#' open, '?' probing, or '-' open for itself.
	column() byte
}

func (w *world) newGuard(e *environment, partition int) guard { return w.newPeer(e, partition) }

// breaker is the real one.
type breaker struct {
	*recloser.Breaker
	env       *environment
	partition int
	state     recloser.State
	isolated  bool
}

func newBreaker(e *environment, partition int, optFns ...func(*recloser.Options)) *breaker {
	w := e.world
	b := &breaker{env: e, partition: partition}
	made, err := recloser.New(circuitName, func(o *recloser.Options) {
		o.Policy = w.s.Policy
		o.Store = &handle{e, partition}
		o.StoreTimeout = w.s.Store.Timeout
		o.Observers = []recloser.Observer{b}
		o.Clock = e.clock()
		o.Rand = e.coin.Float64
		o.Token = w.newToken
		if w.s.Traffic.Partitions > 0 {
			o.Partition = strconv.Itoa(partition)
		}
		if w.s.options != nil {
			w.s.options(o)
		}
		for _, fn := range optFns {
			fn(o)
		}
	})
	if err != nil {
		// The scenario was validated, so its policy is sound.
		panic(fmt.Sprintf("simulator: %v", err))
	}
	b.Breaker = made
	return b
}

const circuitName = "dependency"

func (b *breaker) do(ctx context.Context, call func(context.Context) error) error {
	return b.Do(ctx, call)
}

// column shows what its environment knows of the circuit.
func (b *breaker) column() byte {
	if b.isolated && b.state == recloser.StateClosed {
		return '-'
	}
	return columnOf(b.state)
}

// Observe implements [recloser.Observer]: it keeps what the column of the
// environment shows, and what the checker must know.
func (b *breaker) Observe(event recloser.Event) {
	w := b.env.world
	if b.env.dead {
		return
	}
	switch event.Kind {
	case recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed:
		b.state, b.isolated = event.To, false
	case recloser.EventProbeClaimed:
		w.current.claimed = true
	case recloser.EventIsolated:
		b.isolated = true
	case recloser.EventRejoined:
		b.isolated = false
	case recloser.EventWatched, recloser.EventUnwatched, recloser.EventProbeSettled, recloser.EventOverridden,
		recloser.EventOverrideEnded, recloser.EventStoreFailed, recloser.EventStoreBack, recloser.EventPermitExpired:
	}
	b.env.draw()
	w.told(StepEvent, b.env, event.Generation, event.String)
}

// newToken returns a text that nobody else ever returns.
func (w *world) newToken() string {
	return strconv.FormatUint(w.tokens.Uint64(), 36) + strconv.FormatUint(w.tokens.Uint64(), 36)
}
