package valkeystore

import (
	"context"
	"fmt"

	"github.com/redis/go-redis/v9"
)

// Destroy deletes the records and the histories under the prefix, and nothing
// else: a key of another form, and one that holds what is no record and no
// history, stays. It walks over all keys of the database, as [Store.Keys] does, in
// pages that let others be served, and the server frees the memory by and by. A
// circuit that is written meanwhile may stay. It needs the rights +scan, +type and
// +unlink. Options.Timeout bounds each page.
func (s *Store) Destroy(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("valkeystore: %w", err)
	}
	return s.each(ctx, func(ctx context.Context, c redis.Cmdable) error {
		return s.scan(ctx, c, "{*}*", func(ctx context.Context, keys []string) error { return s.unlink(ctx, c, keys) })
	})
}

// unlink deletes those of the keys of one server that are ours. Each has a command
// of its own, for a cluster divides them.
func (s *Store) unlink(ctx context.Context, c redis.Cmdable, keys []string) error {
	var ours []string
	var types []*redis.StatusCmd
	_, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, key := range keys {
			if s.holds(key) != "" {
				ours, types = append(ours, key), append(types, p.Type(ctx, key))
			}
		}
		return nil
	})
	if err != nil {
		return s.failed("destroy", "", err, ended(ctx, err))
	}
	_, err = c.Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range ours {
			if types[i].Val() == s.holds(key) {
				p.Unlink(ctx, key)
			}
		}
		return nil
	})
	if err != nil {
		return s.failed("destroy", "", err, ended(ctx, err))
	}
	return nil
}
