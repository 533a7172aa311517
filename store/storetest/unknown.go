package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/recloser-dev/recloser"
)

// checkUnknown: a write whose outcome its writer does not know was made once or
// not at all, or is made later if its condition holds then. A read tells which.
func checkUnknown(ctx context.Context, s subject) error {
	for _, k := range kinds() {
		seen := newMirror(s)
		if err := seen.applyAll(ctx, k.writes...); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		for _, w := range fitting(seen.want) {
			for _, fault := range []Fault{FaultLost, FaultDropped, FaultLate, FaultRival} {
				m := newMirror(s)
				if err := m.applyAll(ctx, k.writes...); err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
				if err := m.suffer(ctx, w, fault); err != nil {
					return fmt.Errorf("%s, fault %v of %s: %w", k.name, fault, say(w), err)
				}
			}
		}
	}
	return nil
}

// suffer makes a write that suffers a fault.
func (m *mirror) suffer(ctx context.Context, w recloser.Write, fault Fault) error {
	f := NewFaulty(m.store, func(o *FaultyOptions) { o.Choose = func(string, recloser.Write) Fault { return fault } })
	before := m.want
	r, err := f.Apply(ctx, m.key, w)
	if fault == FaultRival {
		return m.yield(ctx, f.options.RivalWrite(before), r, err)
	}
	if fault == FaultLost {
		m.want, _ = before.Apply(w)
	}
	if err := errors.Join(lost(err), m.load(ctx)); err != nil || fault != FaultLate {
		return err
	}
	if err := f.Flush(ctx); err != nil {
		return err
	}
	m.want, _ = before.Apply(w)
	if err := m.load(ctx); err != nil {
		return fmt.Errorf("when it was made at last: %w", err)
	}
	return m.sufferTooLate(ctx, w)
}

// yield compares the answer to a write that came after a rival's.
func (m *mirror) yield(ctx context.Context, rival recloser.Write, got recloser.Record, err error) error {
	m.want, _ = m.want.Apply(rival)
	if !errors.Is(err, recloser.ErrConflict) {
		return fmt.Errorf("after a rival's transition: want a conflict, got %w", orNone(err))
	}
	if diff := parting(m.want, got); diff != "" {
		return fmt.Errorf("the conflict does not teach the rival's record%s", diff)
	}
	return m.load(ctx)
}

// sufferTooLate makes a write that arrives when the generation it was made under
// is over: it must not be made any more (LAWS.md, S2).
func (m *mirror) sufferTooLate(ctx context.Context, w recloser.Write) error {
	f := NewFaulty(m.store)
	w = under(w, m.want.Generation)
	f.Next(FaultLate)
	if _, err := f.Apply(ctx, m.key, w); lost(err) != nil {
		return lost(err)
	}
	if err := m.apply(ctx, transition(m.want.Generation, recloser.StateClosed)); err != nil {
		return err
	}
	if err := f.Flush(ctx); err != nil {
		return err
	}
	if err := m.load(ctx); err != nil {
		return fmt.Errorf("when it was made too late: %w", err)
	}
	return nil
}

func lost(err error) error {
	if !errors.Is(err, ErrFault) {
		return fmt.Errorf("want an unknown outcome, got %w", orNone(err))
	}
	return nil
}
