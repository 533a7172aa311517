package operator

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
)

// mostAttempts bounds how often a write is made anew. It may lose against
// transitions; so many in a row are no accident.
const mostAttempts = 16

// Override forces a circuit open or closed, and returns the record after it.
func (o *Operator) Override(ctx context.Context, key string, word recloser.Override) (recloser.Record, error) {
	if err := word.Validate(); err != nil {
		return recloser.Record{}, err
	}
	return o.Change(ctx, key, func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation, Override: word}
	})
}

// Reset takes an override back, if there is one, and closes the circuit. The
// record says who did so and why; it is returned as it is then.
func (o *Operator) Reset(ctx context.Context, key, actor, reason string) (recloser.Record, error) {
	if err := o.check(ctx, key); err != nil {
		return recloser.Record{}, err
	}
	record, err := o.Store.Load(ctx, key)
	if err != nil {
		return recloser.Record{}, fmt.Errorf("read circuit %s: %w", key, err)
	}
	forced := record.Override != recloser.Override{}
	if forced {
		_, err := o.Change(ctx, key, func(r recloser.Record) recloser.Write {
			return recloser.SetOverride{Generation: r.Generation}
		})
		if err != nil {
			return recloser.Record{}, err
		}
	}
	now := recloser.InstantOf(time.Now())
	record, err = o.Change(ctx, key, func(r recloser.Record) recloser.Write {
		return recloser.Transition{
			Generation: r.Generation,
			To:         recloser.StateClosed,
			Since:      now,
			Cause:      recloser.Cause{Rule: recloser.RuleReset, Actor: actor, Reason: reason},
		}
	})
	if err != nil && forced {
		err = fmt.Errorf("nothing is forced any more, but the circuit is as it was: %w", err)
	}
	return record, err
}

// Change makes a write of the record as it stands, anew if a transition comes
// between, and returns the record after it. A write of unknown outcome is not
// made again: the record is read to see whether it was made.
func (o *Operator) Change(ctx context.Context, key string, write func(recloser.Record) recloser.Write) (recloser.Record, error) {
	if err := o.check(ctx, key); err != nil {
		return recloser.Record{}, err
	}
	record, err := o.Store.Load(ctx, key)
	if err != nil {
		return recloser.Record{}, fmt.Errorf("read circuit %s: %w", key, err)
	}
	for range mostAttempts {
		w := write(record)
		stands, err := o.Store.Apply(ctx, key, w)
		switch {
		case err == nil:
			return stands, nil
		case storage.FaultOf(err) == storage.FaultUnreachable:
			return o.lookFor(ctx, key, record, w, err)
		case !errors.Is(err, recloser.ErrConflict):
			return recloser.Record{}, fmt.Errorf("write circuit %s: %w", key, err)
		}
		record = stands
	}
	return recloser.Record{}, fmt.Errorf("circuit %s changed %d times meanwhile; try again", key, mostAttempts)
}

// lookFor returns the record if it shows that w was made on before, though the
// store has not said so but lost.
func (o *Operator) lookFor(ctx context.Context, key string, before recloser.Record, w recloser.Write, lost error) (recloser.Record, error) {
	made, _ := before.Apply(w)
	record, err := o.Store.Load(ctx, key)
	sameWord := record.Override == made.Override && made.Override != before.Override
	sameState := record.Generation == made.Generation && record.Since == made.Since && record.Cause.Rule == made.Cause.Rule && made.Generation != before.Generation
	if err == nil && (sameWord || sameState) {
		return record, nil
	}
	return recloser.Record{}, fmt.Errorf("write circuit %s: it may have been made, or not; look with recloser describe: %w", key, lost)
}
