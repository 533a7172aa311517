package workflow_test

import (
	"context"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/dynamotable"
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
		"TableName": p.name, "Key": dynamotable.Object(map[string]item.Value(place)),
		"ConditionExpression": u.Condition, "UpdateExpression": u.Expression,
		"ExpressionAttributeNames": dynamotable.Object(u.Names), "ExpressionAttributeValues": dynamotable.Object(map[string]item.Value(u.Values)),
	})
	return err
}
