package valkeystore_test

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// gate is a server of which users have the rights that a test gives them.
type gate struct {
	url    string
	admin  *redis.Client
	rights []string // Those that the documentation lists for an environment.
}

func newGate(t *testing.T) *gate {
	t.Helper()
	g := &gate{url: start(t, "").URL, rights: documented(t, "ACL SETUSER recloser on >password", "and +select")}
	if len(g.rights) < 15 {
		t.Fatalf("the documentation lists %q", g.rights)
	}
	g.admin = client(t, g.url)
	return g
}

// documented returns the rights that the documentation lists between two texts.
func documented(t *testing.T, from, to string) []string {
	t.Helper()
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(strings.ReplaceAll(string(text), "//", ""), from)
	list, _, found := strings.Cut(list, to)
	if !found {
		t.Fatalf("nothing is documented between %q and %q", from, to)
	}
	return strings.Fields(strings.NewReplacer(",", " ", " and ", " ").Replace(list))
}

// user makes a user with rights, and returns the URL for him.
func (g *gate) user(t *testing.T, name string, rights ...string) string {
	t.Helper()
	args := []any{"acl", "setuser", name, "reset", "on", ">password"}
	for _, right := range rights {
		args = append(args, right)
	}
	if err := g.admin.Do(t.Context(), args...).Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Replace(g.url, "redis://", "redis://"+name+":password@", 1)
}

// without returns rights without one.
func without(rights []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(rights), func(right string) bool { return right == one })
}

// TestRights: the rights that the documentation lists are enough, and needed.
func TestRights(t *testing.T) {
	g := newGate(t)
	writer := g.user(t, "writer", g.rights...)
	t.Run("enough", func(t *testing.T) {
		storetest.Run(t, func(t *testing.T) recloser.Store { return writerOnly{open(t, writer)} }, func(o *storetest.Options) { o.Histories = 1 })
	})
	for _, right := range g.rights {
		if !strings.HasPrefix(right, "+") || right == "+auth" || right == "+hello" || strings.HasPrefix(right, "+eval") {
			continue // A connection and either way to run a script come about in more ways than one.
		}
		t.Run("without "+right, func(t *testing.T) { withoutRight(t, g, right) })
	}
	t.Run("histories", func(t *testing.T) {
		s := open(t, g.user(t, "narrow", without(g.rights, "~recloser:{*}:history")...))
		if _, err := s.Apply(t.Context(), "narrow", recloser.Watch{At: 1, Share: 1}); err != nil {
			t.Errorf("what leaves no entry: %v", err)
		}
		_, err := s.Apply(t.Context(), "narrow", recloser.Transition{To: recloser.StateOpen})
		faulty(t, err, valkeystore.ErrDenied)
		if r, err := s.Load(t.Context(), "narrow"); err != nil || r.Generation != 0 {
			t.Errorf("it was made by half: %+v, %v", r, err)
		}
	})
	t.Run("other keys", func(t *testing.T) {
		s := open(t, writer, func(o *valkeystore.OpenOptions) { o.Prefix = "other:" })
		_, err := s.Load(t.Context(), "a")
		faulty(t, err, valkeystore.ErrDenied)
	})
	t.Run("reader", func(t *testing.T) {
		s := open(t, g.user(t, "reader", documented(t, "Who only reads needs", "of Redis 7")...))
		if r, err := s.Load(t.Context(), "acl/+hset"); err != nil {
			t.Errorf("got %+v and %v", r, err)
		}
		if entries, err := s.History(t.Context(), "acl/+hset", 0, 10); err != nil {
			t.Errorf("got %+v and %v", entries, err)
		}
		_, err := s.Apply(t.Context(), "a", recloser.Watch{At: 1, Share: 1})
		faulty(t, err, valkeystore.ErrDenied)
	})
}

// withoutRight: without one of them a write fails, or what it leaves is lost.
func withoutRight(t *testing.T, g *gate, right string) {
	t.Helper()
	told := 0
	s := open(t, g.user(t, "without", without(g.rights, right)...), func(o *valkeystore.OpenOptions) {
		o.OnForgotten = func(_ string, _ recloser.HistoryEntry, err error) {
			told++
			faulty(t, err, valkeystore.ErrDenied)
		}
	})
	err := everything(t, s, "acl/"+right)
	if right != "+ltrim" && right != "+lpush" {
		faulty(t, err, valkeystore.ErrDenied)
		return
	}
	// The history is written last, and its fault is none of the write.
	if err != nil || told == 0 {
		t.Errorf("got error %v, told %d times", err, told)
	}
	if n, err := g.admin.LLen(t.Context(), "recloser:{acl/"+right+"}:history").Result(); err != nil || n != 0 {
		t.Errorf("it remembers %d entries, error %v", n, err)
	}
}

// TestOperatorsRights: what the documentation lists for an operator besides is
// enough, and needed.
func TestOperatorsRights(t *testing.T) {
	g := newGate(t)
	more := documented(t, "An operator needs", "besides")
	all := append(slices.Clone(g.rights), more...)
	operations := map[string]func(*valkeystore.Store) error{
		"+lrange": func(s *valkeystore.Store) error {
			_, err := s.History(t.Context(), "a", 0, 1)
			return err
		},
		"+scan": func(s *valkeystore.Store) error {
			_, err := s.Keys(t.Context(), "", 1)
			return err
		},
		"+info":   func(s *valkeystore.Store) error { return s.Check(t.Context()) },
		"+type":   func(s *valkeystore.Store) error { return s.Destroy(t.Context()) },
		"+unlink": func(s *valkeystore.Store) error { return s.Destroy(t.Context()) },
	}
	if len(more) != len(operations) {
		t.Fatalf("the documentation lists %q", more)
	}
	whole := open(t, g.user(t, "operator", all...))
	for _, right := range more {
		if err := errors.Join(everything(t, whole, "a"), operations[right](whole)); err != nil {
			t.Errorf("with %s: %v", right, err)
		}
		if err := whole.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := everything(t, whole, "a"); err != nil {
			t.Fatal(err)
		}
		faulty(t, operations[right](open(t, g.user(t, "without", without(all, right)...))), valkeystore.ErrDenied)
		if err := whole.Destroy(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
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
