package storetest

import (
	"context"
	"errors"
	"fmt"

	"github.com/recloser-dev/recloser"
)

// checkUnwritten: the record of a circuit that nobody has written is the zero
// Record, and to read it does not write it.
func checkUnwritten(ctx context.Context, s subject) error {
	m := newMirror(s)
	for range 2 {
		if err := m.load(ctx); err != nil {
			return err
		}
	}
	return nil
}

// checkWrites: every write, on every kind of record that meets its condition,
// comes to what [recloser.Record.Apply] says, in the answer and afterwards.
func checkWrites(ctx context.Context, s subject) error {
	for _, k := range kinds() {
		grown := newMirror(s)
		if err := grown.applyAndLoad(ctx, k.writes...); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		for _, w := range fitting(grown.want) {
			m := newMirror(s)
			if err := m.applyAll(ctx, k.writes...); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
			if err := m.applyAndLoad(ctx, w); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
	}
	return nil
}

// checkConflicts: a write made under another generation, of another watch or by
// the holder of another token conflicts, changes nothing, and learns the record
// that stands from the same call (LAWS.md, S5).
func checkConflicts(ctx context.Context, s subject) error {
	for _, k := range kinds() {
		m := newMirror(s)
		if err := m.applyAll(ctx, k.writes...); err != nil {
			return fmt.Errorf("%s: %w", k.name, err)
		}
		for _, w := range unfitting(m.want) {
			if _, made := m.want.Apply(w); made {
				return fmt.Errorf("storetest: %s on %s: its condition should not hold", say(w), sketch(m.want))
			}
			if err := m.apply(ctx, w); err != nil {
				return fmt.Errorf("%s: %w", k.name, err)
			}
		}
		if err := m.load(ctx); err != nil {
			return fmt.Errorf("%s, after conflicts: %w", k.name, err)
		}
	}
	return nil
}

// checkTransitions: a transition raises the generation by exactly one and drops
// evidence and probes; an operator's word outlives all of them.
func checkTransitions(ctx context.Context, s subject) error {
	m := newMirror(s)
	if err := m.applyAll(ctx, largest()...); err != nil {
		return err
	}
	override := m.want.Override
	for _, to := range []recloser.State{recloser.StateOpen, recloser.StateHalfOpen, recloser.StateClosed, recloser.StateClosed, recloser.StateOpen} {
		before := m.want
		got, err := s.store.Apply(ctx, m.key, transition(before.Generation, to))
		switch {
		case err != nil:
			return fmt.Errorf("transition to %v: %w", to, err)
		case got.Generation != before.Generation+1:
			return fmt.Errorf("transition to %v: generation %d after %d", to, got.Generation, before.Generation)
		case got.Override != override:
			return fmt.Errorf("transition to %v: the override %+v has become %+v", to, override, got.Override)
		case got.Window != recloser.Window{} || got.Probes != [recloser.MaxProbes]recloser.Lease{}:
			return fmt.Errorf("transition to %v: evidence or probes of the generation before are still there", to)
		case got.Share != before.Share:
			return fmt.Errorf("transition to %v: the share %v has become %v", to, before.Share, got.Share)
		}
		m.want = got
	}
	return nil
}

// checkLargest: the largest record there may be is kept whole.
func checkLargest(ctx context.Context, s subject) error {
	m := newMirror(s)
	return m.applyAndLoad(ctx, largest()...)
}

// checkOverflow: a report of a slot for which there is no room pushes out the
// oldest; an even older one is lost.
func checkOverflow(ctx context.Context, s subject) error {
	m := newMirror(s)
	if err := m.applyAll(ctx, recloser.Watch{At: epoch, Share: 1}); err != nil {
		return err
	}
	for i := range recloser.MaxSlots + 4 {
		w := recloser.Report{Watch: epoch, Counted: slots(2*i, 2*i+1), Share: 1}
		if err := m.applyAndLoad(ctx, w); err != nil {
			return fmt.Errorf("slot %d: %w", i, err)
		}
	}
	return m.applyAndLoad(ctx, recloser.Report{Watch: epoch, Counted: slots(1, 2), Share: 1})
}

// checkNewer: a record of a later schema is neither read nor written.
func checkNewer(ctx context.Context, s subject) error {
	key := newKey()
	if err := s.options.PlantNewer(ctx, s.store, key); err != nil {
		return err
	}
	if r, err := s.store.Load(ctx, key); !errors.Is(err, recloser.ErrSchema) {
		return fmt.Errorf("load of a newer schema: want an error that matches ErrSchema, got %w and %s", orNone(err), sketch(r))
	}
	for _, w := range fitting(recloser.Record{}) {
		r, err := s.store.Apply(ctx, key, w)
		if !errors.Is(err, recloser.ErrSchema) || errors.Is(err, recloser.ErrConflict) {
			return fmt.Errorf("%s on a newer schema: want an error that matches ErrSchema alone, got %w and %s", say(w), orNone(err), sketch(r))
		}
	}
	return nil
}
