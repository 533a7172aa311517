package main

import (
	"context"
	"slices"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// latestServer is what --server says in place of an address.
const latestServer = "latest"

// serverSource is the circuits of a dev server.
type serverSource struct {
	*admin.Client
	named bool // By --server.
}

// findServer returns the circuits of the dev server that was named, or of the
// latest that runs.
func (a *app) findServer(ctx context.Context) (source, error) {
	dir, err := admin.StateDirectory()
	if err != nil {
		return nil, err
	}
	address := a.server
	if address == latestServer {
		address = ""
	}
	client, err := admin.Connect(ctx, dir, address)
	if err != nil {
		return nil, err
	}
	return serverSource{client, a.server != "" && !a.byEnvironment["server"]}, nil
}

func (s serverSource) Where() string   { return "on the dev server at " + s.Client.Address() }
func (s serverSource) Address() string { return "http://" + s.Client.Address() }

func (s serverSource) Flag() string {
	if !s.named {
		return ""
	}
	return " --server " + s.Client.Address()
}

func (s serverSource) Close() error {
	s.Client.Close()
	return nil
}

func (s serverSource) Circuits(ctx context.Context, keys []string) ([]admin.Circuit, string, error) {
	list, err := s.Client.Circuits(ctx)
	if err != nil {
		return nil, "", err
	}
	circuits, err := selectCircuits(list.Circuits, keys)
	return circuits, "", err
}

func (s serverSource) Names(ctx context.Context) ([]string, error) {
	list, err := s.Client.Circuits(ctx)
	var names []string
	for _, c := range list.Circuits {
		names = append(names, c.Name+"\t"+c.State.String())
	}
	return names, err
}

func (s serverSource) Describe(ctx context.Context, key string) (admin.Circuit, error) {
	d, err := s.Client.Describe(ctx, key)
	return d.Circuit, err
}

func (s serverSource) Override(ctx context.Context, order admin.Order) (admin.Circuit, error) {
	d, err := s.Client.Override(ctx, order)
	return d.Circuit, err
}

func (s serverSource) Reset(ctx context.Context, order admin.Order) (admin.Circuit, error) {
	order.Mode, order.For = "", ""
	d, err := s.Client.Reset(ctx, order)
	return d.Circuit, err
}

func (s serverSource) Events(ctx context.Context, names []string, since time.Time, limit int) (happened, error) {
	for _, name := range names {
		if _, err := s.Client.Describe(ctx, name); err != nil {
			return happened{}, err
		}
	}
	list, err := s.Client.Events(ctx, 0, admin.MaxEvents, 0)
	if err != nil {
		return happened{}, err
	}
	last := lastSequence(list.Events, 0)
	events := slices.DeleteFunc(concerning(list.Events, names), func(e admin.Event) bool { return e.At.Before(since) })
	next := func(ctx context.Context) ([]admin.Event, error) {
		list, err := s.Client.Events(ctx, last, admin.MaxEvents, admin.MaxWait)
		last = lastSequence(list.Events, last)
		return concerning(list.Events, names), err
	}
	return happened{events: events[max(0, len(events)-limit):], next: next}, nil
}
