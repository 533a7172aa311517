// Package operator shows and steers the circuits of a store as people do who are
// no environment: by what its records say, and by overrides and resets.
package operator

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

const (
	// MostCircuits is how many circuits are listed at most.
	MostCircuits = 1024
	// mostAtOnce is how many records are read at the same time.
	mostAtOnce = 8
)

// Circuit is a circuit as recloser.yaml has it.
type Circuit struct {
	// Policy is its rules.
	Policy recloser.Policy
	// Settings are its rules as they are shown to users.
	Settings []admin.Setting
}

// Operator shows and steers the circuits of a store. It is safe for concurrent
// use.
type Operator struct {
	// Store is the store.
	Store recloser.Store
	// Circuits are those that are named, by their names. A circuit that is only
	// found in the store is judged by the default policy.
	Circuits map[string]Circuit
	// Closed is whether there are no others: those that the store has besides
	// are not shown.
	Closed bool
}

// Listing is the circuits of a store.
type Listing struct {
	// Circuits are the circuits, by name.
	Circuits []admin.Circuit
	// Note is why there may be others; empty if there are not.
	Note string
}

// List returns the named circuits with their partitions, and those that are
// found in the store. A record that cannot be read is among them, and says why.
func (o *Operator) List(ctx context.Context) (Listing, error) {
	keys, note, err := o.keys(ctx)
	if err != nil {
		return Listing{}, err
	}
	circuits, err := o.read(ctx, keys)
	return Listing{circuits, note}, err
}

// Names returns the keys of the circuits that [Operator.List] shows, without
// reading them.
func (o *Operator) Names(ctx context.Context) ([]string, error) {
	keys, _, err := o.keys(ctx)
	return keys, err
}

// Select returns the circuits of the given keys, in that order. Of one that
// nobody knows, the error matches [admin.ErrNotFound].
func (o *Operator) Select(ctx context.Context, keys []string) ([]admin.Circuit, error) {
	for _, key := range keys {
		if err := o.check(ctx, key); err != nil {
			return nil, err
		}
	}
	return o.read(ctx, keys)
}

// Describe returns one circuit with its settings. The error of one that nobody
// knows matches [admin.ErrNotFound].
func (o *Operator) Describe(ctx context.Context, key string) (admin.Circuit, error) {
	if err := o.check(ctx, key); err != nil {
		return admin.Circuit{}, err
	}
	record, err := o.Store.Load(ctx, key)
	if err != nil {
		return admin.Circuit{}, fmt.Errorf("read circuit %s: %w", key, err)
	}
	c := o.View(key, record)
	c.Settings = o.Circuits[nameOf(key)].Settings
	return c, nil
}

// read returns the circuits of keys.
func (o *Operator) read(ctx context.Context, keys []string) ([]admin.Circuit, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	circuits := make([]admin.Circuit, len(keys))
	places := make(chan struct{}, mostAtOnce)
	var reading sync.WaitGroup
	for i, key := range keys {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		reading.Go(func() {
			defer func() { <-places }()
			record, err := o.Store.Load(ctx, key)
			switch {
			case err == nil:
				circuits[i] = o.View(key, record)
			case storage.FaultOf(err) == storage.FaultRecord:
				circuits[i] = admin.Circuit{Name: key, Problem: storage.Explain(err)}
			default:
				stop(fmt.Errorf("read circuit %s: %w", key, err))
			}
		})
	}
	reading.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return circuits, nil
}

// keys returns the keys of the named circuits and of those found in the store,
// in order, and why there may be others.
func (o *Operator) keys(ctx context.Context) (keys []string, note string, err error) {
	keys = slices.Collect(maps.Keys(o.Circuits))
	lister, ok := o.Store.(recloser.Lister)
	if !ok {
		return slices.Sorted(slices.Values(keys)), "this store cannot be listed; only circuits that recloser.yaml names are shown", nil
	}
	found, err := lister.Keys(ctx, "", MostCircuits)
	switch {
	case storage.FaultOf(err) == storage.FaultDenied && len(keys) > 0:
		note = "only circuits that recloser.yaml names are shown: " + storage.Explain(err)
	case err != nil:
		return nil, "", fmt.Errorf("list the circuits: %w", err)
	case len(found) == MostCircuits:
		note = fmt.Sprintf("the store has more than %d circuits; only the first are shown", MostCircuits)
	}
	for _, key := range found {
		name, _, err := recloser.SplitKey(key)
		if _, named := o.Circuits[name]; err == nil && (named || !o.Closed) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys), note, nil
}

// check returns an error unless key is that of a circuit which is named or has
// been written, or of a partition of one. Usually that takes no more than a read.
func (o *Operator) check(ctx context.Context, key string) error {
	name, _, err := recloser.SplitKey(key)
	if err != nil {
		return err
	}
	if _, named := o.Circuits[name]; named {
		return nil
	}
	if !o.Closed {
		record, err := o.Store.Load(ctx, key)
		if err != nil {
			return fmt.Errorf("read circuit %s: %w", key, err)
		}
		if record != (recloser.Record{}) {
			return nil
		}
	}
	return o.unknown(ctx, key, name)
}

// unknown returns the error of a circuit that is neither named nor written,
// unless another partition of it is.
func (o *Operator) unknown(ctx context.Context, key, name string) error {
	keys, _, err := o.keys(ctx)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(keys, func(k string) bool { return k == name || strings.HasPrefix(k, name+"/") }) {
		return nil
	}
	err = fmt.Errorf("%w: %s; %s", admin.ErrNotFound, key, admin.Suggest(name, keys))
	if !o.Closed {
		err = fmt.Errorf("%w; a circuit is known once a call has failed, or if recloser.yaml names it", err)
	}
	return err
}

// nameOf returns the name in a key that has been checked.
func nameOf(key string) string {
	name, _, _ := recloser.SplitKey(key)
	return name
}
