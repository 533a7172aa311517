package main

import (
	"context"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
	"github.com/recloser-dev/recloser/config"
)

// storeSource is the circuits of a store.
type storeSource struct {
	*storage.Opened
	by       string
	operator *operator.Operator
}

// newStoreSource returns the circuits of a store that by has named, by the
// policies of a file, if there is one.
func newStoreSource(opened *storage.Opened, by string, file *config.File) *storeSource {
	o := &operator.Operator{Store: opened.Store, Circuits: make(map[string]operator.Circuit)}
	if file != nil {
		for name, c := range file.Circuits {
			o.Circuits[name] = operator.Circuit{Policy: c.Policy, Settings: settingsOf(file, name)}
		}
	}
	return &storeSource{opened, by, o}
}

func (s *storeSource) Where() string   { return fmt.Sprintf("in %s, as %s says", s.Name, s.by) }
func (s *storeSource) Address() string { return s.Name }

func (s *storeSource) Flag() string {
	if s.by != "--store" {
		return ""
	}
	return fmt.Sprintf(" --store '%s'", s.Name)
}

func (s *storeSource) Circuits(ctx context.Context, keys []string) ([]admin.Circuit, string, error) {
	if len(keys) > 0 {
		circuits, err := s.operator.Select(ctx, keys)
		return circuits, "", err
	}
	list, err := s.operator.List(ctx)
	return list.Circuits, list.Note, err
}

func (s *storeSource) Names(ctx context.Context) ([]string, error) { return s.operator.Names(ctx) }

func (s *storeSource) Describe(ctx context.Context, key string) (admin.Circuit, error) {
	return s.operator.Describe(ctx, key)
}

func (s *storeSource) Override(ctx context.Context, order admin.Order) (admin.Circuit, error) {
	length, err := time.ParseDuration(order.For)
	if err != nil {
		return admin.Circuit{}, fmt.Errorf("for how long: %w", err)
	}
	record, err := s.operator.Override(ctx, order.Circuit, recloser.Override{
		Mode: order.Mode, Until: recloser.InstantOf(time.Now().Add(length)), Actor: order.Actor, Reason: order.Reason,
	})
	return s.view(order, record, err)
}

func (s *storeSource) Reset(ctx context.Context, order admin.Order) (admin.Circuit, error) {
	record, err := s.operator.Reset(ctx, order.Circuit, order.Actor, order.Reason)
	return s.view(order, record, err)
}

func (s *storeSource) view(order admin.Order, record recloser.Record, err error) (admin.Circuit, error) {
	if err != nil {
		return admin.Circuit{}, err
	}
	return s.operator.View(order.Circuit, record), nil
}

func (s *storeSource) Events(ctx context.Context, names []string, since time.Time, limit int) (happened, error) {
	events, follower, err := s.operator.Events(ctx, names, since, limit)
	if err != nil {
		return happened{}, err
	}
	h := happened{events: events, problems: follower.Problems, next: follower.Next}
	if !s.operator.Remembers() {
		h.note = "this store remembers no history; the records show the last transition of each circuit"
	}
	return h, nil
}
