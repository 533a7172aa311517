package explorer

import (
	"context"
	"errors"
	"runtime"

	"github.com/recloser-dev/recloser"
)

var (
	errStopped = errors.New("explorer: stopped")
	errUnheard = errors.New("explorer: the store has not answered")
	errFailed  = errors.New("explorer: the call has failed")
)

// call is what a caller does: it asks for leave, and makes its call.
func (t *thread) call() {
	p := t.process
	t.ctx.Context = context.Background()
	permit, err := p.breaker.Allow(&t.ctx)
	if err != nil {
		return
	}
	t.permit, t.holds = permit, true
	t.park(atPermit)
	do := p.window.Do
	if p.mutant.Unchecked {
		do, t.limit = p.window.DoUnchecked, p.breaker.Policy().Call.Timeout
	}
	_ = do(&t.ctx, permit, func(context.Context) error {
		t.ends = p.mono() + t.limit
		t.park(atCall)
		switch t.outcome {
		case recloser.OutcomeSuccess:
			return nil
		case recloser.OutcomeIgnored:
			t.ctx.err = context.Canceled
			return t.ctx.err
		case recloser.OutcomeFailure, recloser.OutcomeSlow:
		}
		return errFailed
	})
}

// place tells where in the code the store is asked.
func place() uint64 {
	const most = 24
	var counters [most]uintptr
	n := runtime.Callers(3, counters[:])
	hash := uint64(14695981039346656037) // FNV-1a
	for _, at := range counters[:n] {
		hash = (hash ^ uint64(at)) * 1099511628211
	}
	return hash
}

// othersRead reports whether the read that calls wait for is another thread's.
func (p *process) othersRead(t *thread, reading <-chan struct{}) bool {
	for _, other := range append(p.callers[:], p.looker) {
		if other != t && other.at == atStore && other.reads && other.waits == reading {
			return true
		}
	}
	return false
}

func (p *process) moment() [2]int64 { return [2]int64{p.wall().UnixNano(), int64(p.mono())} }

// ready reports whether what t waits for has come.
func (t *thread) ready() bool {
	select {
	case <-t.waits:
		return true
	default:
		return false
	}
}
