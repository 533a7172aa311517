package storetest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/recloser-dev/recloser"
)

const (
	clients  = 8
	circuits = 3
	// The longest the checker may think about one history.
	thinking = time.Minute
	// The most writes of unknown outcome in one history, and one more of each
	// client: each doubles what the checker must think of, and a slow server
	// makes many.
	mostUnknown = 20
)

// checkLinearizable: what concurrent clients see of a circuit is what they could
// see if their operations took effect one at a time, each between its call and
// its return; one of unknown outcome at any time after its call, or never
// (LAWS.md, S6). Half of the histories suffer faults in front of the store.
func checkLinearizable(ctx context.Context, s subject) error {
	for i := range s.options.Histories {
		f := NewFaulty(s.store, func(o *FaultyOptions) {
			o.Seed = rand.Uint64()
			if i%2 == 0 {
				o.Lost, o.Dropped, o.Late = 0, 0, 0
			}
		})
		h := record(ctx, f, s.options.Operations)
		if err := f.Flush(ctx); err != nil {
			return err
		}
		last := newClient(h, s.store, clients)
		for _, key := range h.keys {
			last.do(ctx, question{key: key})
		}
		if h.broken != nil {
			return fmt.Errorf("history %d: %w", i, h.broken)
		}
		if err := h.check(); err != nil {
			return fmt.Errorf("history %d: %w", i, err)
		}
	}
	return nil
}

// checkFaults: the store is linearizable over a connection that fails.
func checkFaults(ctx context.Context, s subject) error {
	answered, failed := 0, error(nil)
	for i := range s.options.Histories {
		h := record(ctx, s.faulty, s.options.Operations)
		if err := h.check(); err != nil {
			return fmt.Errorf("history %d: %w", i, err)
		}
		answered += h.answered
		failed = cmp.Or(failed, h.failed)
	}
	switch {
	case answered == 0:
		return fmt.Errorf("storetest: nothing comes through the connection of OpenFaulty: %w", failed)
	case failed == nil:
		return errors.New("storetest: the connection of OpenFaulty has lost nothing")
	}
	return nil
}

// record lets concurrent clients loose on a store.
func record(ctx context.Context, store recloser.Store, operations int) *history {
	h := &history{}
	for range circuits {
		h.keys = append(h.keys, newKey())
	}
	start := make(chan struct{})
	var done sync.WaitGroup
	for i := range clients {
		c := newClient(h, store, i)
		done.Go(func() {
			<-start
			for range operations / clients {
				if h.unknown.Load() < mostUnknown {
					c.operate(ctx)
				}
			}
		})
	}
	close(start)
	done.Wait()
	return h
}

// question is an operation; w is nil for a load.
type question struct {
	key string
	w   recloser.Write
}

// history is what concurrent clients asked, and were answered.
type history struct {
	keys []string
	// tick orders calls and returns. It is no clock, and need not be: whatever
	// returns before another is called has the smaller number.
	tick    atomic.Int64
	unknown atomic.Int64 // writes whose outcome nobody told

	mu       sync.Mutex
	ops      []porcupine.Operation
	answered int
	failed   error // The first error that no deadline made.
	broken   error // The first error that the suite did not make either.
}

// check returns an error unless the history is linearizable beyond doubt.
func (h *history) check() error {
	// What is unknown stays open to the end.
	end := h.tick.Add(1)
	for i := range h.ops {
		if h.ops[i].Return == 0 {
			h.ops[i].Return = end
		}
	}
	verdict, info := porcupine.CheckOperationsVerbose(model(), h.ops, thinking)
	if verdict == porcupine.Ok {
		return nil
	}
	return &historyError{verdict: verdict, operations: len(h.ops), info: info}
}

// historyError is a history that is not linearizable, or not known to be.
type historyError struct {
	verdict    porcupine.CheckResult
	operations int
	info       porcupine.LinearizationInfo
}

func (e *historyError) Error() string {
	return fmt.Sprintf("the verdict on the linearizability of %d operations is %v", e.operations, e.verdict)
}

func (e *historyError) draw(file string) error { return porcupine.VisualizePath(model(), e.info, file) }

// client makes one operation at a time.
type client struct {
	history *history
	store   recloser.Store
	id      int
	rand    *rand.Rand
	author  author
	seen    map[string]recloser.Record
}

func newClient(h *history, store recloser.Store, id int) *client {
	r := rand.New(rand.NewPCG(rand.Uint64(), uint64(id)))
	return &client{
		history: h, store: store, id: id, rand: r,
		author: author{name: fmt.Sprintf("client-%d", id), roll: func(_ string, n int) int { return r.IntN(n) }},
		seen:   make(map[string]recloser.Record),
	}
}

// operate makes a load or a write; some give up on the way.
func (c *client) operate(ctx context.Context) {
	q := question{key: c.history.keys[c.rand.IntN(circuits)]}
	if c.rand.IntN(4) > 0 {
		q.w = c.author.write(c.seen[q.key])
	}
	if c.rand.IntN(16) == 0 {
		hurried, cancel := context.WithTimeout(ctx, time.Duration(c.rand.IntN(2000))*time.Microsecond)
		defer cancel()
		ctx = hurried
	}
	c.do(ctx, q)
}

// do asks the store, and records what it answers.
func (c *client) do(ctx context.Context, q question) {
	op := porcupine.Operation{ClientId: c.id, Input: q, Call: c.history.tick.Add(1)}
	var a answer
	if q.w == nil {
		a.record, a.err = c.store.Load(ctx, q.key)
	} else {
		a.record, a.err = c.store.Apply(ctx, q.key, q.w)
	}
	op.Output = a
	if q.w != nil && a.err != nil && !errors.Is(a.err, recloser.ErrConflict) {
		c.history.unknown.Add(1)
	}
	known := a.err == nil || errors.Is(a.err, recloser.ErrConflict)
	if known {
		c.seen[q.key] = a.record
		op.Return = c.history.tick.Add(1)
	}
	c.history.mu.Lock()
	defer c.history.mu.Unlock()
	switch {
	case known:
		c.history.answered++
	case ctx.Err() == nil:
		c.history.failed = cmp.Or(c.history.failed, a.err)
		if !errors.Is(a.err, ErrFault) {
			c.history.broken = cmp.Or(c.history.broken, a.err)
		}
	}
	if known || q.w != nil { // A load that failed told nothing and changed nothing.
		c.history.ops = append(c.history.ops, op)
	}
}

// model is a circuit as one conditional write after the other makes it.
func model() porcupine.Model {
	return porcupine.Model{
		Partition: partition,
		Init:      func() any { return recloser.Record{} },
		Step: func(state, input, output any) (bool, any) {
			return step(state.(recloser.Record), input.(question), output.(answer))
		},
		DescribeOperation: func(input, output any) string { return describe(input.(question), output.(answer)) },
		DescribeState:     func(state any) string { return sketch(state.(recloser.Record)) },
	}
}

// step says whether a circuit of record r can answer a to q, and what it then
// is. A write of unknown outcome that was never made is one that took effect when
// nobody looked any more.
func step(r recloser.Record, q question, a answer) (bool, recloser.Record) {
	if q.w == nil {
		return a.err == nil && a.record == r, r
	}
	next, made := r.Apply(q.w)
	switch {
	case a.err == nil:
		return made && a.record == next, next
	case errors.Is(a.err, recloser.ErrConflict):
		return !made && a.record == r, r
	default:
		return true, next
	}
}

// partition divides a history by circuit.
func partition(all []porcupine.Operation) [][]porcupine.Operation {
	byKey := make(map[string][]porcupine.Operation)
	for _, op := range all {
		key := op.Input.(question).key
		byKey[key] = append(byKey[key], op)
	}
	var parts [][]porcupine.Operation
	for _, part := range byKey {
		slices.SortFunc(part, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		parts = append(parts, part)
	}
	return parts
}

func describe(q question, a answer) string {
	asked := "load"
	if q.w != nil {
		asked = say(q.w)
	}
	switch {
	case a.err == nil:
		return asked + " -> " + sketch(a.record)
	case errors.Is(a.err, recloser.ErrConflict):
		return asked + " -> conflict, " + sketch(a.record)
	default:
		return asked + " -> unknown: " + a.err.Error()
	}
}
