package operator

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// The pace at which events are followed: a circuit is read every followEvery, and
// all of them together no more often than once in followGap.
const (
	followEvery = 2 * time.Second
	followGap   = 100 * time.Millisecond
	// listEvery is how often the store is asked for circuits that are new.
	listEvery = time.Minute
	// overlap is how much older than the last look an entry may be that was
	// written after it.
	overlap = time.Minute
	// mostFollowed is how many entries one look at a circuit takes in.
	mostFollowed = 100
)

// Follower follows the events of circuits. It is not safe for concurrent use.
type Follower struct {
	// Problems are the circuits that could not be read at the last look, and
	// why, in a sentence each.
	Problems []string

	operator *Operator
	names    []string
	keys     []string
	at       map[string]Position

	listed, tried, looked time.Time
}

// Remembers reports whether the store remembers what has happened. If it does
// not, records show what happened last, and nothing of before.
func (o *Operator) Remembers() bool {
	_, ok := o.Store.(recloser.Historian)
	return ok
}

// Events returns what has happened since a moment to the circuits of the given
// names and their partitions, or to all if there are none: the limit newest
// events, oldest first. The follower goes on from there.
func (o *Operator) Events(ctx context.Context, names []string, since time.Time, limit int) ([]admin.Event, *Follower, error) {
	for _, name := range names {
		if err := o.check(ctx, name); err != nil {
			return nil, nil, err
		}
	}
	f := &Follower{operator: o, names: names, at: make(map[string]Position)}
	now := time.Now()
	events, err := f.look(ctx, now, recloser.InstantOf(since), limit)
	if err != nil {
		return nil, nil, err
	}
	events = slices.DeleteFunc(events, func(e admin.Event) bool { return e.At.Before(since) })
	return events[max(0, len(events)-limit):], f, nil
}

// Next waits until something has happened, and returns it. It reads each circuit
// every two seconds, and no more than ten a second: with more than twenty
// circuits a round takes longer.
func (f *Follower) Next(ctx context.Context) ([]admin.Event, error) {
	for {
		pause := max(followEvery, time.Duration(len(f.keys))*followGap) - time.Since(f.tried)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		}
		since := recloser.InstantOf(f.looked.Add(-overlap))
		events, err := f.look(ctx, time.Now(), since, mostFollowed)
		if err != nil || len(events) > 0 {
			return events, err
		}
	}
}

// look reads all circuits once, and returns what has happened since the last
// look.
func (f *Follower) look(ctx context.Context, now time.Time, since recloser.Instant, limit int) ([]admin.Event, error) {
	f.tried = now
	if err := f.list(ctx, now); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	all := make([][]admin.Event, len(f.keys))
	at := make([]Position, len(f.keys))
	problems := make([]string, len(f.keys))
	places := make(chan struct{}, mostAtOnce)
	var reading sync.WaitGroup
	for i, key := range f.keys {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		at[i] = f.at[key]
		reading.Go(func() {
			defer func() { <-places }()
			events, position, err := f.circuit(ctx, key, at[i], now, since, limit)
			if err != nil && storage.FaultOf(err) != storage.FaultRecord {
				stop(err)
				return
			}
			all[i], at[i] = events, position
			if err != nil {
				problems[i] = storage.Explain(err)
			}
		})
	}
	reading.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	f.looked = now
	for i, key := range f.keys {
		f.at[key] = at[i]
	}
	f.Problems = slices.DeleteFunc(problems, func(p string) bool { return p == "" })
	return merge(all), nil
}

// circuit returns what happened to one circuit after a position. Where nothing
// has, that takes one read. What is remembered may be told in part, with an error
// about the rest.
func (f *Follower) circuit(ctx context.Context, key string, from Position, now time.Time, since recloser.Instant, limit int) ([]admin.Event, Position, error) {
	record, err := f.operator.Store.Load(ctx, key)
	if err != nil {
		return nil, from, fmt.Errorf("read circuit %s: %w", key, err)
	}
	var entries []recloser.HistoryEntry
	historian, ok := f.operator.Store.(recloser.Historian)
	forced := record.Override
	if forced.Mode == recloser.OverrideNone || forced.Until <= recloser.InstantOf(now) {
		forced = recloser.Override{} // There is none, or it has run out.
	}
	if ok && !(from.Known && record.Generation == from.Generation && forced == from.Override) {
		entries, err = historian.History(ctx, key, since, limit)
		if err != nil {
			err = fmt.Errorf("read the history of circuit %s: %w", key, err)
		}
	}
	if err != nil && storage.FaultOf(err) != storage.FaultRecord {
		return nil, from, err
	}
	events, at := Timeline(key, record, entries, from, recloser.InstantOf(now))
	return events, at, err
}

// list brings the keys up to date now and then.
func (f *Follower) list(ctx context.Context, now time.Time) error {
	if !f.listed.IsZero() && now.Sub(f.listed) < listEvery {
		return nil
	}
	keys, _, err := f.operator.keys(ctx)
	if err != nil {
		return err
	}
	if len(f.names) > 0 {
		keys = slices.DeleteFunc(keys, func(key string) bool {
			return !slices.ContainsFunc(f.names, func(name string) bool { return key == name || strings.HasPrefix(key, name+"/") })
		})
	}
	f.keys, f.listed = keys, now
	return nil
}
