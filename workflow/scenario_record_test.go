package workflow_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// recordStore is a store of the core that may hold anything.
type recordStore struct {
	records map[string]recloser.Record
	entries map[string][]recloser.HistoryEntry
	now     func() time.Time
	// lost is whether the answer of this operation is lost: whoever does not know
	// that a transition was made leaves no entry of it.
	lost bool
}

// Load implements [recloser.Store].
func (s *recordStore) Load(_ context.Context, key string) (recloser.Record, error) {
	r := s.records[key]
	return r, r.Check()
}

// Apply implements [recloser.Store].
func (s *recordStore) Apply(_ context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r := s.records[key]
	if err := r.Check(); err != nil {
		return recloser.Record{}, err
	}
	next, ok := r.Apply(w)
	if !ok {
		return r, recloser.ErrConflict
	}
	s.records[key] = next
	if e, ok := recloser.HistoryOf(w, next, recloser.InstantOf(s.now())); ok && !s.lost {
		s.entries[key] = slices.Insert(s.entries[key], 0, e)
	}
	return next, nil
}

func (s *recordStore) plant(key string, r recloser.Record) { s.records[key] = r }

func (s *recordStore) record(key string) recloser.Record { return s.records[key] }

// core2 is the store of the core's side.
func (p *pair) core2() *recordStore { return p.records }

// both makes a write on both sides.
func (p *pair) both(key string, w recloser.Write) error {
	if _, err := p.records.Apply(context.Background(), key, w); err != nil {
		return err
	}
	updates, err := item.Of(w, 0)
	if err != nil {
		return err
	}
	if err := p.update(item.RecordKey(key), updates[0]); err != nil {
		return err
	}
	e, ok := recloser.HistoryOf(w, p.records.record(key), recloser.InstantOf(p.world.world.Now()))
	if !ok {
		return nil
	}
	place, u, err := item.Entry(key, e, 0)
	if err != nil {
		return err
	}
	return p.update(place, u)
}

// update makes an update of the table.
func (p *pair) update(place item.Map, u item.Update) error {
	_, err := p.ask("UpdateItem", map[string]any{
		"TableName": p.name, "Key": jsonOf(map[string]item.Value(place)),
		"ConditionExpression": u.Condition, "UpdateExpression": u.Expression,
		"ExpressionAttributeNames": jsonOf(u.Names), "ExpressionAttributeValues": jsonOf(map[string]item.Value(u.Values)),
	})
	return err
}

// parseRecord reads a record by its attributes; times are since the beginning.
func parseRecord(words []string) (recloser.Record, error) {
	r := recloser.Record{Schema: recloser.Schema}
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		if err := setAttribute(&r, key, value); err != nil {
			return r, fmt.Errorf("%s: %w", word, err)
		}
	}
	return r, nil
}

func setAttribute(r *recloser.Record, key, value string) error {
	var err error
	integer := func(text string) int {
		n, e := strconv.Atoi(text)
		if e != nil && text != "" {
			err = e
		}
		return n
	}
	instant := func(text string) recloser.Instant {
		d, e := time.ParseDuration(text)
		if e != nil {
			err = e
		}
		return epoch.Add(d)
	}
	parts := strings.Split(value+":::", ":")
	switch key {
	case "schema":
		r.Schema = integer(value)
	case "generation":
		r.Generation = uint64(integer(value))
	case "state":
		return r.State.UnmarshalText([]byte(value))
	case "rule":
		r.Cause.Rule = recloser.Rule(value)
	case "since":
		r.Since = instant(value)
	case "open_until":
		r.OpenUntil = instant(value)
	case "relapses":
		r.Relapses = integer(value)
	case "watch_since":
		r.WatchSince = instant(value)
	case "share":
		return r.Share.UnmarshalText([]byte(value))
	case "voices":
		copy(r.Voices[:], strings.Split(value, ","))
	case "probe_ok":
		r.ProbeOK = integer(value)
	case "probe_failed":
		r.ProbeFailed = integer(value)
	case "slot":
		r.Window = r.Window.Add(instant(parts[0]), recloser.Counts{Calls: integer(parts[1]), Failures: integer(parts[2]), Slow: integer(parts[3])})
	case "probe":
		r.Probes[integer(parts[0])] = recloser.Lease{Token: parts[1], End: instant(parts[2])}
	default:
		return fmt.Errorf("a record has no %s", key)
	}
	return err
}
