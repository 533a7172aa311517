package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
)

// checkHistorian: transitions and what operators say are remembered, by circuit,
// as [recloser.HistoryOf] says and the newest first; and nothing else is.
func checkHistorian(ctx context.Context, s subject) error {
	historian, ok := s.store.(recloser.Historian)
	if !ok {
		return errors.New("storetest: the store is no Historian")
	}
	c := &chronicler{mirror: newMirror(s), historian: historian}
	now, err := c.clock(ctx)
	if err != nil {
		return err
	}
	if err := c.live(ctx, now); err != nil {
		return err
	}
	if err := c.compare(ctx, now); err != nil {
		return err
	}
	if err := c.apart(ctx, s); err != nil {
		return err
	}
	if err := c.long(ctx, s, now); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if got, err := historian.History(ended, c.key, 0, 1); err == nil {
		return fmt.Errorf("history under a context that has ended: got %+v and no error", got)
	}
	return nil
}

// chronicler makes writes, and knows what they should leave.
type chronicler struct {
	*mirror
	historian recloser.Historian
	left      []recloser.HistoryEntry // The oldest first.
}

// clock returns the store's clock. It shows in what operators say, and in nothing
// else.
func (c *chronicler) clock(ctx context.Context) (recloser.Instant, error) {
	key := newKey()
	if got, err := c.historian.History(ctx, key, 0, 1); err != nil || len(got) > 0 {
		return 0, fmt.Errorf("history of a circuit that nobody has written: got %+v and %w", got, orNone(err))
	}
	if _, err := c.store.Apply(ctx, key, recloser.SetOverride{Override: forced(recloser.OverrideOpen)}); err != nil {
		return 0, err
	}
	got, err := c.historian.History(ctx, key, 0, 1)
	if err != nil || len(got) != 1 || got[0].Kind != recloser.EventOverridden || got[0].At <= 0 {
		return 0, fmt.Errorf("history after an override: got %+v and %w", got, orNone(err))
	}
	return got[0].At, nil
}

// do makes writes.
func (c *chronicler) do(ctx context.Context, writes ...recloser.Write) error {
	for _, w := range writes {
		_, made := c.want.Apply(w)
		if err := c.apply(ctx, w); err != nil {
			return err
		}
		if e, leaves := recloser.HistoryOf(w, c.want, 0); leaves && made {
			c.left = append(c.left, e)
		}
	}
	return nil
}

// live lets a circuit live: each write, each way, those that leave nothing and
// those that are not made among them.
func (c *chronicler) live(ctx context.Context, now recloser.Instant) error {
	opened := transition(0, recloser.StateOpen)
	opened.Since, opened.OpenUntil = now.Add(-time.Hour), now.Add(-time.Minute)
	first := recloser.Claim{Generation: 1, First: true, Since: now.Add(-30 * time.Minute), Lease: lease("first")}
	again := transition(2, recloser.StateOpen)
	again.Since, again.Cause.Rule = now.Add(-20*time.Minute), recloser.RuleProbeFailed
	err := c.do(ctx,
		recloser.Watch{At: epoch, Share: 0.25},
		recloser.Report{Watch: epoch, Counted: slots(0, 2), Share: 0.5, Voice: "a"},
		recloser.Unwatch{Was: epoch},
		opened, opened, // The second time somebody else was first.
		recloser.Watch{At: epoch, Share: 1},
		first, first,
		recloser.Claim{Generation: 2, Slot: 1, Lease: lease("second")},
		recloser.Settle{Generation: 2, Slot: 1, Token: "second", Outcome: recloser.OutcomeFailure},
		recloser.Settle{Generation: 2, Slot: 0, Token: "nobody's"},
		again,
		recloser.SetOverride{Generation: 3, Override: forced(recloser.OverrideClosed)},
		recloser.SetOverride{Generation: 2},
		recloser.SetOverride{Generation: 3},
	)
	if err != nil {
		return err
	}
	got, err := c.historian.History(ctx, c.key, 0, 1)
	if err != nil || len(got) != 1 {
		return fmt.Errorf("the last entry: got %+v and %w", got, orNone(err))
	}
	last := largest()[1].(recloser.Transition) // Its cause is as long as can be.
	last.Generation, last.To, last.Since, last.OpenUntil = 3, recloser.StateOpen, got[0].At+1, math.MaxInt64
	reset := recloser.Transition{Generation: 4, To: recloser.StateClosed, Since: got[0].At + 2, Cause: resetBy("ana@example", "it is \"back\"\n")}
	return c.do(ctx, append([]recloser.Write{last, reset}, unfitting(recloser.Record{Generation: 5})...)...)
}

// compare compares what the store remembers with what it was told.
func (c *chronicler) compare(ctx context.Context, now recloser.Instant) error {
	want := slices.Clone(c.left)
	slices.Reverse(want)
	got, err := c.historian.History(ctx, c.key, 0, len(want)+10)
	if err != nil || len(got) != len(want) {
		return fmt.Errorf("want %d entries, got %d and %w:\n\t%+v", len(want), len(got), orNone(err), got)
	}
	for i, e := range got {
		if want[i].At == 0 && e.At >= now && e.At < now.Add(time.Hour) {
			want[i].At = e.At // It is of the store's clock.
		}
		if e != want[i] {
			return fmt.Errorf("entry %d from the newest:\n\twant %+v\n\tgot  %+v", i, want[i], e)
		}
	}
	step := max(len(want)/10, 1)
	for limit := 0; limit <= len(want); limit += step {
		if err := c.ask(ctx, 0, limit, want[:limit]); err != nil {
			return err
		}
	}
	for _, since := range []recloser.Instant{math.MinInt64, 1, want[0].At + 1, math.MaxInt64} {
		if err := c.ask(ctx, since, len(want), notOlder(want, since)); err != nil {
			return err
		}
	}
	for i := 0; i < len(want); i += step {
		for _, since := range []recloser.Instant{want[i].At, want[i].At + 1} {
			if err := c.ask(ctx, since, len(want), notOlder(want, since)); err != nil {
				return err
			}
		}
	}
	return c.ask(ctx, want[len(want)-1].At, 2, want[:2])
}

func notOlder(all []recloser.HistoryEntry, since recloser.Instant) []recloser.HistoryEntry {
	return slices.DeleteFunc(slices.Clone(all), func(e recloser.HistoryEntry) bool { return e.At < since })
}

// ask compares one answer.
func (c *chronicler) ask(ctx context.Context, since recloser.Instant, limit int, want []recloser.HistoryEntry) error {
	got, err := c.historian.History(ctx, c.key, since, limit)
	if err != nil || !slices.Equal(got, want) {
		return fmt.Errorf("history since %d, at most %d entries, error %w:\n\twant %+v\n\tgot  %+v", since, limit, orNone(err), want, got)
	}
	return nil
}

// apart: circuits whose names are almost the same have histories of their own,
// and a history is no circuit.
func (c *chronicler) apart(ctx context.Context, s subject) error {
	keys := []string{c.key}
	for _, end := range []string{"/a", "/#", "/}", "/}:history", "/history#0", ".", ":", ":history", "_"} {
		key := c.key + end
		keys = append(keys, key)
		if _, err := s.store.Apply(ctx, key, recloser.SetOverride{Override: forced(recloser.OverrideOpen)}); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		if got, err := c.historian.History(ctx, key, 0, 10); err != nil || len(got) != 1 || got[0].Kind != recloser.EventOverridden {
			return fmt.Errorf("history of %q: want one entry, got %+v and %w", key, got, orNone(err))
		}
	}
	if got, err := c.historian.History(ctx, c.key, 0, 100); err != nil || len(got) != len(c.left) {
		return fmt.Errorf("history of %q, after others were written: want %d entries, got %+v and %w", c.key, len(c.left), got, orNone(err))
	}
	lister, ok := s.store.(recloser.Lister)
	if !ok {
		return nil
	}
	slices.Sort(keys)
	return s.listed(ctx, func() error {
		if got, err := pages(ctx, lister, c.key, 3); err != nil || !slices.Equal(got, keys) {
			return fmt.Errorf("circuits that have a history: want the keys\n\t%q\ngot\n\t%q and %w", keys, got, orNone(err))
		}
		return nil
	})
}

// long: a long history is remembered as a short one.
func (c *chronicler) long(ctx context.Context, s subject, now recloser.Instant) error {
	const many = 150
	long := &chronicler{mirror: newMirror(s), historian: c.historian}
	for i := range uint64(many) {
		w := transition(i, recloser.State(i%2))
		w.Since = now.Add(time.Duration(i) * time.Millisecond)
		if err := long.do(ctx, w); err != nil {
			return err
		}
	}
	return long.compare(ctx, now)
}
