package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/recloser-dev/recloser"
)

const (
	racers = 16
	races  = 20
)

// checkRaces: of many who make a write that only one of them can, one does, and
// all others learn its record from the same call. Those whose writes do not
// exclude each other all make theirs.
func checkRaces(ctx context.Context, s subject) error {
	for i := range races {
		if err := race(ctx, s); err != nil {
			return fmt.Errorf("race %d: %w", i, err)
		}
	}
	return nil
}

func race(ctx context.Context, s subject) error {
	m := newMirror(s)
	token := func(i int) string { return fmt.Sprintf("racer-%d", i) }
	heats := []struct {
		name string
		by   func(i int) recloser.Write
	}{
		{"first watch", func(i int) recloser.Write {
			return recloser.Watch{At: epoch + recloser.Instant(i), Share: 0.5}
		}},
		{"opening", func(i int) recloser.Write {
			w := transition(m.want.Generation, recloser.StateOpen)
			w.Relapses = i
			return w
		}},
		{"first claim", func(i int) recloser.Write {
			return recloser.Claim{Generation: m.want.Generation, First: true, Since: epoch, Lease: lease(token(i))}
		}},
		{"claim of a free slot", func(i int) recloser.Write {
			return recloser.Claim{Generation: m.want.Generation, Slot: 1, Lease: lease(token(i))}
		}},
		{"takeover of a lease", func(i int) recloser.Write {
			return recloser.Claim{Generation: m.want.Generation, Slot: 1, Was: m.want.Probes[1].Token, Lease: lease("next-" + token(i))}
		}},
		{"settlement of one probe", func(int) recloser.Write {
			return recloser.Settle{Generation: m.want.Generation, Slot: 1, Token: m.want.Probes[1].Token}
		}},
		{"closing", func(i int) recloser.Write {
			w := transition(m.want.Generation, recloser.StateClosed)
			w.Relapses = i
			return w
		}},
	}
	for _, heat := range heats {
		writes := make([]recloser.Write, racers)
		for i := range writes {
			writes[i] = heat.by(i)
		}
		if err := m.onlyOne(ctx, writes); err != nil {
			return fmt.Errorf("%s: %w", heat.name, err)
		}
	}
	return m.everyone(ctx)
}

// answer is what came of one call.
type answer struct {
	record recloser.Record
	err    error
}

// start makes all writes at once.
func (m *mirror) start(ctx context.Context, writes []recloser.Write) []answer {
	answers := make([]answer, len(writes))
	gun := make(chan struct{})
	var finish sync.WaitGroup
	for i, w := range writes {
		finish.Go(func() {
			<-gun
			answers[i].record, answers[i].err = m.store.Apply(ctx, m.key, w)
		})
	}
	close(gun)
	finish.Wait()
	return answers
}

// onlyOne makes writes of which each excludes the others.
func (m *mirror) onlyOne(ctx context.Context, writes []recloser.Write) error {
	answers := m.start(ctx, writes)
	winner := -1
	for i, a := range answers {
		switch {
		case a.err == nil && winner >= 0:
			return fmt.Errorf("both %s and %s were made", say(writes[winner]), say(writes[i]))
		case a.err == nil:
			winner = i
		case !errors.Is(a.err, recloser.ErrConflict):
			return fmt.Errorf("%s: %w", say(writes[i]), a.err)
		}
	}
	if winner < 0 {
		return fmt.Errorf("nobody won, though the first of %s should have", say(writes[0]))
	}
	m.want, _ = m.want.Apply(writes[winner])
	for i, a := range answers {
		if diff := parting(m.want, a.record); diff != "" {
			return fmt.Errorf("%s, answered with error %w, did not learn the winner's record%s", say(writes[i]), orNone(a.err), diff)
		}
	}
	return m.load(ctx)
}

// everyone makes reports at once: none is lost.
func (m *mirror) everyone(ctx context.Context) error {
	w := recloser.Watch{Generation: m.want.Generation, At: epoch, Share: 0.5}
	if err := m.apply(ctx, w); err != nil {
		return err
	}
	writes := make([]recloser.Write, racers)
	for i := range writes {
		writes[i] = recloser.Report{Generation: w.Generation, Watch: w.At, Counted: slots(i%5, i%5+4), Share: w.Share}
	}
	for i, a := range m.start(ctx, writes) {
		if a.err != nil {
			return fmt.Errorf("%s: %w", say(writes[i]), a.err)
		}
		m.want, _ = m.want.Apply(writes[i])
	}
	if err := m.load(ctx); err != nil {
		return fmt.Errorf("reports at once: %w", err)
	}
	return nil
}
