package valkeystore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestDestroy: what a store has written is gone, and nothing else is.
func TestDestroy(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			url := startKind(t, k, "").URL
			s, plain := open(t, url, func(o *valkeystore.OpenOptions) { o.Prefix = "p*:" }), client(t, url)
			others := []string{
				"p*:", "p*:{}", "p*:{/check}", "p*:{a", "p*:{a}x", "p*:{a}:history:history", "p*:{a b}", "pp:{a}", "pp:{a}:history", "recloser:{a}", "x",
			}
			for _, key := range others {
				if err := plain.HSet(t.Context(), key, "schema", "1").Err(); err != nil {
					t.Fatal(err)
				}
			}
			for key, err := range map[string]error{
				"p*:{text}":         plain.Set(t.Context(), "p*:{text}", "text", 0).Err(),
				"p*:{list}":         plain.LPush(t.Context(), "p*:{list}", "text").Err(),
				"p*:{hash}:history": plain.HSet(t.Context(), "p*:{hash}:history", "a", "b").Err(),
			} {
				if others = append(others, key); err != nil {
					t.Fatal(err)
				}
			}
			slices.Sort(others)
			const circuits = 2500
			for i := range circuits {
				for _, w := range []recloser.Write{recloser.Watch{At: 1, Share: 1}, recloser.Transition{To: recloser.StateOpen}}[:1+i%2] {
					if _, err := s.Apply(t.Context(), fmt.Sprintf("a/%d}", i), w); err != nil {
						t.Fatal(err)
					}
				}
			}
			if n := len(keysOf(t, plain)); n != len(others)+circuits+circuits/2 {
				t.Fatalf("there are %d keys", n)
			}
			configure(t, plain, "maxmemory", "1") // A server that is full can be emptied.
			for range 2 {
				if err := s.Destroy(t.Context()); err != nil {
					t.Fatal(err)
				}
				if left := keysOf(t, plain); !slices.Equal(left, others) {
					t.Errorf("it leaves %d keys, and not %d: %.300q", len(left), len(others), left)
				}
			}
			if err := plain.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
				t.Fatal(err)
			}
			if err := s.Destroy(t.Context()); err != nil {
				t.Errorf("nothing to destroy on a replica: %v", err)
			}
			faulty(t, open(t, url).Destroy(t.Context()), valkeystore.ErrReadOnly)
		})
	}
	t.Run("gone", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := open(t, valkey.URL(t)).Destroy(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got error %v", err)
		}
	})
}

// TestDestroyOfCluster: every server of a cluster is emptied.
func TestDestroyOfCluster(t *testing.T) {
	urls := divided(t)
	s := open(t, urls[0], whole)
	for i := range 100 {
		if _, err := s.Apply(t.Context(), fmt.Sprint("circuit", i), recloser.Transition{To: recloser.StateOpen}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, url := range urls {
		if left := keysOf(t, client(t, url)); len(left) > 0 {
			t.Errorf("it leaves the keys %q", left)
		}
	}
}
