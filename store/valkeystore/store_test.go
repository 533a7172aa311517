package valkeystore_test

import (
	"context"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/storetest"
)

// TestStore holds the store to the contract on each kind of server, over
// connections that fail (LAWS.md, S2, S5, S6).
func TestStore(t *testing.T) {
	for name, server := range map[string]*testserver.Shared{"valkey": &valkey, "redis": &redis7} {
		t.Run(name, func(t *testing.T) {
			url := server.URL(t)
			plain := client(t, url)
			storetest.Run(t,
				func(t *testing.T) recloser.Store { return open(t, url) },
				func(o *storetest.Options) {
					o.OpenFaulty = func(t *testing.T) recloser.Store {
						p := testserver.NewProxy(t, url)
						p.Poison(testserver.CutsAnswer(20_000), testserver.CutsQuestion(6000))
						return open(t, p.URL())
					}
					o.PlantNewer = plant(plain)
				})
		})
	}
}

// plant returns what puts a record of a later schema beneath a store.
func plant(c *redis.Client) func(context.Context, recloser.Store, string) error {
	return func(ctx context.Context, _ recloser.Store, key string) error {
		return c.HSet(ctx, "recloser:{"+key+"}", "schema", "2", "state", "ajar").Err()
	}
}
