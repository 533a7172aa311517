package dynamostore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/dynamostore"
)

// disturbed is a client on whose writes of entries something falls, and on no
// other.
type disturbed struct {
	*dynamodb.Client
	before func()
	after  func()
}

func (d disturbed) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	if sk, _ := in.Key["sk"].(*types.AttributeValueMemberS); sk != nil && strings.HasPrefix(sk.Value, "history#") {
		d.before()
		defer d.after()
	}
	return d.Client.UpdateItem(ctx, in, optFns...)
}

// forgotten is what a store has told of entries.
type forgotten struct {
	mu   sync.Mutex
	told []string
	errs []error
}

func (f *forgotten) tell(key string, e recloser.HistoryEntry, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told = append(f.told, fmt.Sprintf("%s %s %d", key, e.Kind, e.Generation))
	f.errs = append(f.errs, err)
}

func opening(generation uint64, at recloser.Instant) recloser.Transition {
	return recloser.Transition{
		Generation: generation, To: recloser.StateOpen, Since: at, OpenUntil: at + 5,
		Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 10, Failures: 10},
	}
}

// TestForgotten: a transition stands whatever becomes of its entry, which is sent
// once and in what is left of the time. Who wants to know is told, and a gap in
// the generations shows it.
func TestForgotten(t *testing.T) {
	name := table(t)
	direct := open(client(t, server.URL(t)), name)
	for _, row := range unanswered {
		t.Run(row.name, func(t *testing.T) {
			p := testserver.NewProxy(t, server.URL(t))
			m := &metered{c: newClock()}
			retrying := client(t, p.URL(), anew, func(o *dynamodb.Options) {
				m.HTTPClient, o.HTTPClient = o.HTTPClient, m
				o.Retryer = retry.NewStandard() // The SDK's own, which repeats.
			})
			api := disturbed{Client: retrying, before: func() { p.Poison(row.toxic) }, after: p.Heal}
			var f forgotten
			s := dynamostore.New(api, func(o *dynamostore.Options) {
				o.Table, o.Timeout, o.OnForgotten = name, 500*time.Millisecond, f.tell
			})
			key := strings.ReplaceAll(row.name, " ", "-")
			for i := range 3 {
				store := recloser.Store(direct)
				if i == 1 {
					store = s
				}
				began := time.Now()
				r, err := store.Apply(t.Context(), key, opening(uint64(i), recloser.Instant(1000+i)))
				if err != nil || r.Generation != uint64(i+1) {
					t.Fatalf("transition %d: %+v, error %v", i, r, err)
				}
				if took := time.Since(began); i == 1 && took > 5*time.Second {
					t.Errorf("it took %v", took)
				}
			}
			if want := []string{key + " opened 2"}; !slices.Equal(f.told, want) || len(m.sent) != 2 {
				t.Fatalf("told of %q, after %d requests", f.told, len(m.sent))
			}
			checkLine(t, f.errs[0], dynamostore.ErrUnreachable)
			t.Log(f.errs[0])
			want := []uint64{3, 2, 1}
			if !row.made {
				want = []uint64{3, 1}
			}
			limit, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for {
				got := generations(limit, t, direct, key)
				if slices.Equal(got, want) {
					return
				}
				if !row.made || len(got) == 3 {
					t.Fatalf("it remembers the generations %v", got)
				}
			}
		})
	}
}

func generations(ctx context.Context, t *testing.T, s recloser.Historian, key string) []uint64 {
	t.Helper()
	entries, err := s.History(ctx, key, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	var all []uint64
	for _, e := range entries {
		all = append(all, e.Generation)
	}
	return all
}

// TestNoTimeForEntry: an entry gets no time of its own.
func TestNoTimeForEntry(t *testing.T) {
	var f forgotten
	ctx, cancel := context.WithCancel(t.Context())
	api := disturbed{Client: client(t, server.URL(t)), before: cancel, after: func() {}}
	s := dynamostore.New(api, func(o *dynamostore.Options) { o.Table, o.Timeout, o.OnForgotten = table(t), time.Minute, f.tell })
	if r, err := s.Apply(ctx, "payments", opening(0, 1000)); err != nil || r.Generation != 1 {
		t.Fatalf("got %+v and %v", r, err)
	}
	if len(f.errs) != 1 || !errors.Is(f.errs[0], context.Canceled) {
		t.Errorf("told of %q, errors %v", f.told, f.errs)
	}
}

// TestBreakerAndForgottenEntry: a breaker probes, and learns of no fault.
func TestBreakerAndForgottenEntry(t *testing.T) {
	name := table(t)
	direct := open(client(t, server.URL(t)), name)
	p := testserver.NewProxy(t, server.URL(t))
	var f forgotten
	api := disturbed{Client: client(t, p.URL(), anew), before: func() { p.Poison(testserver.CutsQuestion(200)) }, after: p.Heal}
	s := dynamostore.New(api, func(o *dynamostore.Options) { o.Table, o.OnForgotten = name, f.tell })
	c := newClock()
	plant(t, direct, "payments", c)
	var kinds []recloser.EventKind
	b, err := recloser.New("payments", func(o *recloser.Options) {
		o.Store, o.Clock, o.StoreTimeout = s, c.recloser(), 30*time.Second
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) { kinds = append(kinds, e.Kind) })}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if _, err := b.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Second) // Longer than environments are spread.
	permit, err := b.Allow(t.Context())
	if err != nil || !permit.Probe() {
		t.Fatalf("it may not probe: %v", err)
	}
	permit.Success()
	if slices.Contains(kinds, recloser.EventStoreFailed) || b.Status().Detached || !slices.Equal(f.told, []string{"payments half_opened 2"}) {
		t.Errorf("told of %q; events %q", f.told, kinds)
	}
}

// deleteItem removes an item, as an operator's hand may.
func deleteItem(t *testing.T, c *dynamodb.Client, table, pk, sk string) {
	t.Helper()
	_, err := c.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &table, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: pk}, "sk": &types.AttributeValueMemberS{Value: sk},
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// TestEntryIsThere: an entry that somebody has written is not written again, and
// another one in its place is not written over. LAWS.md, S5.
func TestEntryIsThere(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	var f forgotten
	s := dynamostore.New(c, func(o *dynamostore.Options) { o.Table, o.Timeout, o.OnForgotten = name, 30*time.Second, f.tell })
	other := opening(0, 1000)
	other.Cause.Rule = recloser.RuleSlowRate
	for i, w := range []recloser.Transition{opening(0, 1000), opening(0, 1000), other} {
		if _, err := s.Apply(t.Context(), "payments", w); err != nil {
			t.Fatal(err)
		}
		deleteItem(t, c, name, "payments", "record")
		if wants := max(i-1, 0); len(f.told) != wants {
			t.Fatalf("after write %d it has told of %q: %v", i, f.told, f.errs)
		}
	}
	t.Log(f.errs[0])
	checkLine(t, f.errs[0], nil)
	entries, err := s.History(t.Context(), "payments", 0, 10)
	if err != nil || len(entries) != 1 || entries[0].Cause.Rule != recloser.RuleFailureRate || !errors.Is(f.errs[0], recloser.ErrConflict) {
		t.Errorf("got %+v and %v", entries, err)
	}
}

// TestForgottenPanics: what is told of an entry cannot fail a transition. LAWS.md,
// B8.
func TestForgottenPanics(t *testing.T) {
	p := testserver.NewProxy(t, server.URL(t))
	api := disturbed{Client: client(t, p.URL(), anew), before: func() { p.Poison(testserver.CutsQuestion(200)) }, after: p.Heal}
	told := 0
	s := dynamostore.New(api, func(o *dynamostore.Options) {
		o.Table, o.Timeout = table(t), 30*time.Second
		o.OnForgotten = func(string, recloser.HistoryEntry, error) { told++; panic("told") }
	})
	if r, err := s.Apply(t.Context(), "payments", opening(0, 1000)); err != nil || r.Generation != 1 || told != 1 {
		t.Errorf("got %+v and %v, told %d times", r, err, told)
	}
}

// TestHostileHistory: an item that is no entry hides none of those that are, and
// is named.
func TestHostileHistory(t *testing.T) {
	c := client(t, server.URL(t))
	name := table(t)
	s := open(c, name)
	for i := range 5 {
		if _, err := s.Apply(t.Context(), "payments", opening(uint64(i), recloser.Instant(1000+i))); err != nil {
			t.Fatal(err)
		}
	}
	plantItem(t, c, name, "payments", "history#0000000000000001002#junk", 1)
	plantItem(t, c, name, "payments", "history#9", 1)
	entries, err := s.History(t.Context(), "payments", 0, 10)
	malformed, ok := errors.AsType[*dynamostore.MalformedError](err)
	if len(entries) != 5 || !ok || malformed.Circuit != "payments" || malformed.Entry != "history#9" {
		t.Errorf("got %d entries, error %v", len(entries), err)
	}
	t.Log(err)
	checkLine(t, err, nil)
	if entries, err := s.History(t.Context(), "payments", 1003, 2); err == nil || len(entries) != 2 || entries[1].Generation != 4 {
		t.Errorf("got %+v and %v", entries, err)
	}
}
