package simulator

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/recloser-dev/recloser"
)

func describeNotShared() Description {
	return Description{
		Title: "each environment for itself",
		Like:  "the breakers of one process: gobreaker, failsafe-go, resilience4j, Polly, opossum",
		How: "This module's breaker without a store, with the same policy: a failure rate over a window of the environment's own calls, " +
			"slow calls, and a number of failures in a row.",
		Without: "Whatever such libraries do wrong by themselves: a probe that is lost for ever, results of calls from before the outage, " +
			"timers that stand still in a freeze. They have no ramp, and so it has none.",
	}
}

// notShared is the real breaker without a store.
type notShared struct {
	*recloser.Breaker
	env   *environment
	state recloser.State
}

func newNotShared(e *environment, partition int) guard {
	w := e.world
	b := &notShared{env: e}
	own, err := recloser.New(circuitName, func(o *recloser.Options) {
		o.Policy = w.s.Policy
		o.Policy.Ramp.Over = 0
		o.Observers = []recloser.Observer{b}
		o.Clock = e.clock()
		o.Rand = e.coin.Float64
		o.Token = w.newToken
		if w.s.Traffic.Partitions > 0 {
			o.Partition = strconv.Itoa(partition)
		}
	})
	if err != nil {
		// The scenario was validated, so its policy is sound.
		panic(fmt.Sprintf("simulator: %v", err))
	}
	b.Breaker = own
	return b
}

func (b *notShared) do(ctx context.Context, call func(context.Context) error) error {
	return b.Do(ctx, call)
}

func (b *notShared) column() byte { return columnOf(b.state) }

// Observe implements [recloser.Observer].
func (b *notShared) Observe(event recloser.Event) {
	if b.env.dead {
		return
	}
	moves := []recloser.EventKind{recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed}
	if slices.Contains(moves, event.Kind) {
		b.state = event.To
		b.env.draw()
	}
	if event.Kind == recloser.EventProbeClaimed {
		b.env.world.probing()
	}
	b.env.world.told(StepEvent, b.env, event.Generation, event.String)
}
