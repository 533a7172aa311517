package valkeystore_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestRights: the rights that the documentation lists are enough, and needed.
func TestRights(t *testing.T) {
	server := start(t, "")
	admin := client(t, server.URL)
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rule, _ := strings.Cut(strings.ReplaceAll(string(text), "//", ""), "ACL SETUSER recloser on >password")
	rule, _, _ = strings.Cut(rule, "and +select")
	rights := strings.Fields(rule)
	if len(rights) < 15 {
		t.Fatalf("the documentation lists %q", rights)
	}
	setUser := func(t *testing.T, name string, rights ...string) string {
		t.Helper()
		args := []any{"acl", "setuser", name, "reset", "on", ">password"}
		for _, right := range rights {
			args = append(args, right)
		}
		if err := admin.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Replace(server.URL, "redis://", "redis://"+name+":password@", 1)
	}
	writer := setUser(t, "writer", rights...)
	t.Run("enough", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) recloser.Store { return writerOnly{open(t, writer)} }, func(o *storetest.Options) { o.Histories = 1 })
	})
	for _, right := range rights {
		if !strings.HasPrefix(right, "+") || right == "+auth" || right == "+hello" || strings.HasPrefix(right, "+eval") {
			continue // A connection and either way to run a script come about in more ways than one.
		}
		t.Run("without "+right, func(t *testing.T) {
			s := open(t, setUser(t, "without", append(slices.Clip(rights), "-"+right[1:])...))
			if err := everything(t, s, "acl/"+right); !errors.Is(err, valkeystore.ErrDenied) && err == nil {
				t.Errorf("it is not needed")
			} else {
				t.Log(err)
			}
		})
	}
	t.Run("other keys", func(t *testing.T) {
		s := open(t, writer, func(o *valkeystore.OpenOptions) { o.Prefix = "other:" })
		_, err := s.Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrDenied)
	})
	t.Run("reader", func(t *testing.T) {
		s := open(t, setUser(t, "reader", "-@all", "%R~recloser:*", "+hello", "+auth", "+evalsha_ro", "+eval_ro", "+hlen", "+hgetall"))
		if r, err := s.Load(t.Context(), "acl/+hset"); err != nil {
			t.Errorf("got %+v and %v", r, err)
		}
		_, err := s.Apply(t.Context(), "a", recloser.Watch{At: 1, Share: 1})
		faulty(t, err, valkeystore.ErrDenied)
	})
}

// writerOnly is no lister.
type writerOnly struct{ recloser.Store }

// everything makes each kind of write, until one fails.
func everything(t *testing.T, s recloser.Store, key string) error {
	t.Helper()
	lease := recloser.Lease{Token: "a", End: 1}
	for _, w := range []recloser.Write{
		recloser.SetOverride{},
		recloser.Watch{At: 100, Share: 1},
		recloser.Report{Watch: 100, Share: 1, Counted: []recloser.Slot{{Start: 100}}},
		recloser.Transition{To: recloser.StateOpen},
		recloser.Claim{Generation: 1, First: true, Lease: lease},
		recloser.Settle{Generation: 2, Token: "a"},
	} {
		if _, err := s.Apply(t.Context(), key, w); err != nil {
			return err
		}
	}
	return nil
}
