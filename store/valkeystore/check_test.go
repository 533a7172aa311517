package valkeystore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser/store/valkeystore"
)

// keysOf returns all keys of a server.
func keysOf(t *testing.T, c *redis.Client) []string {
	t.Helper()
	keys, err := c.Keys(t.Context(), "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(keys)
	return keys
}

func configure(t *testing.T, c *redis.Client, settings ...string) {
	t.Helper()
	for i := 0; i < len(settings); i += 2 {
		if err := c.ConfigSet(t.Context(), settings[i], settings[i+1]).Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCheck: what keeps a server from holding circuits is told, and nothing of
// the check stays there.
func TestCheck(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			url := startKind(t, k, "").URL
			s, plain := open(t, url), client(t, url)
			check := func(want error) {
				t.Helper()
				before := keysOf(t, plain)
				err := s.Check(t.Context())
				if want != nil {
					faulty(t, err, want)
				} else if err != nil {
					t.Errorf("got error %v", err)
				}
				if after := keysOf(t, plain); !slices.Equal(before, after) {
					t.Errorf("it leaves the keys %q", after)
				}
			}
			check(nil)
			configure(t, plain, "maxmemory", "100mb")
			for policy, want := range map[string]error{
				"noeviction": nil, "allkeys-lru": nil, "allkeys-lfu": nil, "volatile-lru": nil, "volatile-lfu": nil,
				"allkeys-random": valkeystore.ErrEviction, "volatile-random": valkeystore.ErrEviction, "volatile-ttl": valkeystore.ErrEviction,
			} {
				configure(t, plain, "maxmemory-policy", policy)
				check(want)
			}
			configure(t, plain, "maxmemory", "0", "maxmemory-policy", "allkeys-random")
			check(nil) // It is never full.
			configure(t, plain, "maxmemory", "1", "maxmemory-policy", "noeviction")
			check(valkeystore.ErrMemory)
			configure(t, plain, "maxmemory", "0")
			for key, value := range map[string]string{"recloser:{/check}:history": "text", "recloser:{/check}": "text"} {
				if err := plain.Set(t.Context(), key, value, 0).Err(); err != nil {
					t.Fatal(err)
				}
				check(valkeystore.ErrWrongType)
				plain.Del(t.Context(), key)
			}
			if err := plain.HSet(t.Context(), "recloser:{/check}", "generation", "7").Err(); err != nil {
				t.Fatal(err)
			}
			check(valkeystore.ErrWrongType)
			plain.Del(t.Context(), "recloser:{/check}")
			if err := plain.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
				t.Fatal(err)
			}
			check(valkeystore.ErrReadOnly)
			configure(t, plain, "replica-read-only", "no")
			check(valkeystore.ErrReadOnly) // It takes writes, and loses them.
		})
	}
	t.Run("no scripts", func(t *testing.T) {
		s := open(t, start(t, "", "--rename-command", "EVALSHA", "").URL)
		faulty(t, s.Check(t.Context()), valkeystore.ErrUnavailable)
	})
	t.Run("nobody", func(t *testing.T) {
		faulty(t, open(t, "redis://127.0.0.1:1").Check(t.Context()), valkeystore.ErrUnreachable)
	})
	t.Run("gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := open(t, valkey.URL(t)).Check(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	})
}

// TestCheckOfCluster: each server of a cluster is looked at, and a client that
// does not know of it, or knows of one that is none, is told.
func TestCheckOfCluster(t *testing.T) {
	urls := divided(t)
	s, plain := open(t, urls[0], whole), client(t, urls[1])
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("got error %v", err)
	}
	configure(t, plain, "maxmemory", "1")
	err := s.Check(t.Context())
	faulty(t, err, valkeystore.ErrMemory)
	configure(t, plain, "maxmemory", "100mb", "maxmemory-policy", "allkeys-random")
	faulty(t, s.Check(t.Context()), valkeystore.ErrEviction)
	both := open(t, urls[1]).Check(t.Context())
	lines := strings.Split(both.Error(), "\n")
	if !errors.Is(both, valkeystore.ErrEviction) || !errors.Is(both, valkeystore.ErrCluster) || len(lines) < 2 {
		t.Errorf("got error %v", both)
	}
	for _, line := range lines {
		t.Log(line)
		if !strings.HasPrefix(line, "valkeystore: ") {
			t.Errorf("got the line %q", line)
		}
	}
	for _, url := range urls {
		if keys := keysOf(t, client(t, url)); len(keys) > 0 {
			t.Errorf("it leaves the keys %q", keys)
		}
	}
	for _, k := range kinds() {
		single := open(t, k.shared.URL(t), whole)
		faulty(t, single.Check(t.Context()), valkeystore.ErrCluster)
		_, err := single.Load(t.Context(), "payments")
		faulty(t, err, valkeystore.ErrCluster)
		_, err = single.Keys(t.Context(), "", 1)
		faulty(t, err, valkeystore.ErrCluster)
	}
}
