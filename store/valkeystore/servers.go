package valkeystore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// each calls fn for every server that holds records: all primaries of a cluster,
// all shards of a ring, or the one there is. It may do so for many at once, and
// returns the first error.
func (s *Store) each(ctx context.Context, fn func(context.Context, redis.Cmdable) error) error {
	ask := func(ctx context.Context, c *redis.Client) error {
		if err := fn(ctx, c); err != nil {
			return answered{err}
		}
		return nil
	}
	var err error
	switch c := s.client.(type) {
	case *redis.ClusterClient:
		err = c.ForEachMaster(ctx, ask)
	case *redis.Ring:
		err = c.ForEachShard(ctx, ask)
	default:
		return fn(ctx, s.client)
	}
	if of, ok := errors.AsType[answered](err); ok {
		return of.error
	}
	if err != nil {
		return s.failed("cluster", "", err, ended(ctx, err)) // It cannot say which servers there are.
	}
	return nil
}

// answered is an error of what was asked of a server, not of finding it.
type answered struct{ error }

// address returns where a server is, if it is known.
func (s *Store) address(client redis.Cmdable) string {
	if c, ok := client.(*redis.Client); ok {
		return c.Options().Addr
	}
	return s.server()
}
