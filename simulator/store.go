package simulator

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
)

var (
	errDead      = errors.New("simulator: the environment is dead")
	errStore     = errors.New("simulator: the store does not answer")
	errThrottled = errors.New("simulator: the store throttles the record")
)

// store is the store that the fleet shares: one record per partition, each
// changed at one moment between the question and its answer.
type store struct {
	config *Store
	faults []Fault
	coin   *rand.Rand
	items  []item
	stale  bool // whether its past is kept
}

// item is a record as it is, whoever knows it.
type item struct {
	record recloser.Record
	past   []version
	second int64 // the second in which operations are counted
	reads  int
	writes int
}

// version is what a record was from a moment on.
type version struct {
	from   int64
	record recloser.Record
}

// mostVersions bounds the past of a record.
const mostVersions = 256

// handle is the store as one environment reaches it.
type handle struct {
	env       *environment
	partition int
}

var _ recloser.Store = (*handle)(nil)

// Load implements [recloser.Store].
func (h *handle) Load(ctx context.Context, _ string) (recloser.Record, error) {
	return h.ask(ctx, nil)
}

// Apply implements [recloser.Store].
func (h *handle) Apply(ctx context.Context, _ string, write recloser.Write) (recloser.Record, error) {
	return h.ask(ctx, write)
}

func (h *handle) ask(ctx context.Context, write recloser.Write) (recloser.Record, error) {
	w := h.env.world
	if h.env.dead {
		return recloser.Record{}, errDead
	}
	s, ok := ctx.(*scope)
	if !ok {
		s = h.env.newScope(ctx, never, nil)
	}
	if claim, ok := write.(recloser.Claim); ok {
		w.current.token, w.current.shown = claim.Lease.Token, false
	}
	op := &operation{handle: h, write: write, answerAt: never, asked: h.env.moment(), task: w.current}
	w.store.send(w, op)
	s.await(w, op.answerAt)
	op.task = nil
	switch {
	case h.env.dead:
		return recloser.Record{}, errDead
	case !op.answered:
		op.err = s.Err()
	}
	w.check.answered(op)
	return op.record, op.err
}

// operation is one question to the store on its way.
type operation struct {
	handle   *handle
	write    recloser.Write // nil for a read
	task     *task          // who waits for its answer
	asked    moment
	arrived  bool
	answered bool
	answerAt int64
	back     int64 // how long the answer is on its way; never
	err      error
	record   recloser.Record
	past     int64 // how old what it reads is
	stall    time.Duration
}

// send puts an operation on its way, with what becomes of it.
func (s *store) send(w *world, op *operation) {
	whole := s.latency()
	there := int64(float64(whole) * s.coin.Float64())
	op.back = whole - there
	for i := range s.faults {
		f := &s.faults[i]
		if f.on(w.now) && s.struck(f, op) && s.coin.Float64() < float64(f.Share) {
			there = s.strike(f, op, there)
			break
		}
	}
	w.operated(op)
	switch {
	case there == never:
	case op.arrived: // Only an answer is on its way.
		op.answerAt = w.now + there
		w.agenda.add(op.answerAt, op.handle.env, op)
	default:
		if op.back != never {
			op.answerAt = w.now + there + op.back
		}
		w.agenda.add(w.now+there, nil, op)
	}
}

// struck reports whether a fault concerns an operation.
func (s *store) struck(f *Fault, op *operation) bool {
	switch f.Kind {
	case FaultReadFails, FaultStale:
		return op.write == nil
	case FaultLate, FaultStall:
		return op.write != nil
	case FaultNoConnection:
		return op.handle.env.born >= int64(f.From)
	case FaultLostAnswer, FaultNotDone, FaultSlow, FaultHang, FaultThrottled, FaultKill, FaultFreeze, FaultPause, FaultStep, FaultHeldUp:
	}
	return true
}

// strike lets a fault befall an operation, and returns how long it is on its way
// to the store then.
func (s *store) strike(f *Fault, op *operation, there int64) int64 {
	switch f.Kind {
	case FaultLostAnswer:
		if op.back = never; s.coin.IntN(2) == 0 {
			op.back, op.err = there, errStore
		}
	case FaultNotDone, FaultReadFails, FaultNoConnection:
		op.arrived, op.err = true, errStore
		return there + op.back
	case FaultThrottled:
		op.arrived, op.err = true, errThrottled
		return there + op.back
	case FaultHang:
		op.back = never
		return never
	case FaultLate:
		op.back = never
		return int64(logUniform(s.coin, 50*time.Millisecond, f.Length))
	case FaultSlow:
		longer := s.coin.Int64N(int64(f.Length) + 1)
		op.back += longer / 2
		return there + longer/2
	case FaultStall:
		op.stall = time.Duration(s.coin.Int64N(int64(f.Length) + 1))
	case FaultStale:
		op.past = s.coin.Int64N(int64(f.Length) + 1)
	case FaultKill, FaultFreeze, FaultPause, FaultStep, FaultHeldUp: // Of environments.
	}
	return there
}

// act is the arrival of an operation at the store, and of its answer after it.
func (op *operation) act(w *world) {
	if !op.arrived {
		op.arrived = true
		w.store.arrive(w, op)
		if op.back != never {
			w.agenda.add(w.now+op.back, op.handle.env, op)
		}
		return
	}
	if d := op.stall; d > 0 && op.task != nil {
		op.stall = 0
		op.handle.env.pause(d)
		w.agenda.add(w.now, op.handle.env, op)
		return
	}
	if t := op.task; t != nil {
		op.answered, op.task = true, nil
		w.resume(t)
	}
}

// arrive does an operation.
func (s *store) arrive(w *world, op *operation) {
	it := &s.items[op.handle.partition]
	failed := op.err
	if it.throttles(w.now, s.config, op.write != nil) {
		op.err = errThrottled
		return
	}
	if op.write == nil {
		op.record = it.at(w.now - op.past)
	} else {
		before := it.record
		next, ok := before.Apply(op.write)
		op.record = next
		if ok {
			it.record = next
			s.keep(it, w.now)
			w.check.applied(op, &before, &it.record)
			w.applied(op, &before, &it.record)
		} else {
			op.err = recloser.ErrConflict
		}
	}
	if failed != nil {
		op.err = failed
	}
}

// throttles counts an operation, and reports whether the record bears no more of
// them in this second.
func (it *item) throttles(now int64, config *Store, writes bool) bool {
	if second := now / int64(time.Second); second != it.second {
		it.second, it.reads, it.writes = second, 0, 0
	}
	if writes {
		it.writes++
		return config.Writes > 0 && it.writes > config.Writes
	}
	it.reads++
	return config.Reads > 0 && it.reads > config.Reads
}

// keep remembers what a record was, if that is ever asked for.
func (s *store) keep(it *item, now int64) {
	if !s.stale {
		return
	}
	if len(it.past) >= mostVersions {
		it.past = it.past[1:]
	}
	it.past = append(it.past, version{now, it.record})
}

// at returns the record as it was.
func (it *item) at(moment int64) recloser.Record {
	if len(it.past) == 0 || it.past[len(it.past)-1].from <= moment {
		return it.record
	}
	for _, p := range slices.Backward(it.past) {
		if p.from <= moment {
			return p.record
		}
	}
	return recloser.Record{}
}

// latency draws how long an operation takes.
func (s *store) latency() int64 {
	const most, tail = 0.95, 0.99
	u := s.coin.Float64()
	if u < most {
		return int64(s.config.Fast) + int64(u/most*float64(s.config.Slow-s.config.Fast))
	}
	if s.config.Slow <= 0 {
		return 0
	}
	grown := math.Pow(float64(s.config.Tail)/float64(s.config.Slow), (u-most)/(tail-most))
	return int64(float64(s.config.Slow) * grown)
}

// logUniform draws a length of time whose order of magnitude is uniform.
func logUniform(coin *rand.Rand, low, high time.Duration) time.Duration {
	if high <= low {
		return max(high, 0)
	}
	return time.Duration(float64(low) * math.Pow(float64(high)/float64(low), coin.Float64()))
}
