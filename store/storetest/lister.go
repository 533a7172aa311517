package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/recloser-dev/recloser"
)

// checkLister: the circuits that have been written, and no others, are listed in
// the order of their keys, each once, whatever the size of a page; a page holds
// no more than was asked for, and only the last one is empty.
func checkLister(ctx context.Context, s subject) error {
	lister, ok := s.store.(recloser.Lister)
	if !ok {
		return errors.New("storetest: the store is no Lister")
	}
	name := newKey()
	keys, err := neighbours(name)
	if err != nil {
		return err
	}
	keys = slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, name) })
	for _, key := range keys {
		if _, err := s.store.Apply(ctx, key, recloser.Watch{At: epoch, Share: 1}); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
	}
	// Neither to read a record nor to fail to write it makes one.
	if _, err := s.store.Load(ctx, name+"/read"); err != nil {
		return err
	}
	if r, err := s.store.Apply(ctx, name+"/lost", recloser.Watch{Generation: 1, At: epoch, Share: 1}); !errors.Is(err, recloser.ErrConflict) {
		return fmt.Errorf("want a conflict, got %w and %s", orNone(err), sketch(r))
	}
	for _, limit := range []int{1, 7, len(keys), len(keys) + 1000} {
		err := s.listed(ctx, func() error {
			got, err := pages(ctx, lister, name, limit)
			if err != nil {
				return fmt.Errorf("pages of %d: %w", limit, err)
			}
			if !slices.Equal(got, keys) {
				return fmt.Errorf("pages of %d: want the keys\n\t%q\ngot\n\t%q", limit, keys, got)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	if got, err := lister.Keys(ctx, "", 0); err != nil || len(got) > 0 {
		return fmt.Errorf("no keys were asked for: got %q and %w", got, orNone(err))
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if got, err := lister.Keys(ended, "", 1); err == nil {
		return fmt.Errorf("keys under a context that has ended: got %q and no error", got)
	}
	return nil
}

// pages returns the keys that begin with name, as listed in pages of limit.
func pages(ctx context.Context, lister recloser.Lister, name string, limit int) ([]string, error) {
	var got []string
	after := name[:len(name)-1] // Sorts before name, and nobody else's key is between.
	for {
		page, err := lister.Keys(ctx, after, limit)
		if err != nil {
			return nil, fmt.Errorf("keys after %q: %w", after, err)
		}
		if len(page) > limit {
			return nil, fmt.Errorf("keys after %q: %d of them", after, len(page))
		}
		for _, key := range page {
			if key <= after {
				return nil, fmt.Errorf("keys after %q: %q is not after it", after, key)
			}
			if !strings.HasPrefix(key, name) {
				return got, nil
			}
			got = append(got, key)
			after = key
		}
		if len(page) == 0 {
			return got, nil
		}
	}
}
