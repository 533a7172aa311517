package valkeystore_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestHashIsBounded: slots and voices beyond those of a record do not stay on the
// server, so that a slot that is dropped brings back no older one.
func TestHashIsBounded(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	const watch = 1_767_225_600_000
	var want recloser.Record
	apply := func(w recloser.Write) {
		t.Helper()
		got, err := s.Apply(t.Context(), "bounded", w)
		if err != nil {
			t.Fatal(err)
		}
		if want, _ = want.Apply(w); got != want {
			t.Fatalf("want %+v\ngot  %+v", want, got)
		}
	}
	apply(recloser.Watch{At: watch, Share: 1})
	start := func(i int) recloser.Instant { return watch + recloser.Instant(1000*i) }
	for i := range 40 {
		apply(recloser.Report{
			Watch: watch, Share: 1, Voice: fmt.Sprint(40 - i),
			Counted: []recloser.Slot{{Start: start(i * 7 % 40), Counts: recloser.Counts{Calls: 2, Failures: 1, Reports: 1}}},
		})
	}
	hash, err := plain.HGetAll(t.Context(), "recloser:{bounded}").Result()
	if err != nil {
		t.Fatal(err)
	}
	var slots []string
	for field := range hash {
		if strings.HasPrefix(field, "window.c") {
			slots = append(slots, field)
		}
	}
	if len(slots) != recloser.MaxSlots || len(strings.Fields(hash["voices"])) != recloser.MaxVoices {
		t.Errorf("it holds the slots %q and the voices %q", slots, hash["voices"])
	}
	apply(recloser.Report{Watch: watch, Share: 1, Drop: []recloser.Instant{start(39), start(38)}})
	apply(recloser.Report{Watch: watch, Share: 1, Counted: []recloser.Slot{{Start: start(30)}, {Start: start(2), Counts: recloser.Counts{Slow: 1}}}})
}

// TestCountsAreExact: sums that a number of Lua would write in fewer digits.
func TestCountsAreExact(t *testing.T) {
	s := open(t, valkey.URL(t))
	const watch = 1_767_225_600_000
	var want recloser.Record
	writes := []recloser.Write{
		recloser.Transition{Generation: 0, To: recloser.StateClosed, Relapses: 1 << 40},
		recloser.Watch{Generation: 1, At: watch, Share: recloser.Share(1) / 3},
	}
	for _, n := range []int{1<<49 + 1, -5, 1<<49 - 4, 1, 2} {
		writes = append(writes, recloser.Report{Generation: 1, Watch: watch, Share: recloser.Share(2) / 3, Counted: []recloser.Slot{
			{Start: watch, Counts: recloser.Counts{Calls: n, Failures: 1, Slow: n, Reports: 1}},
		}})
	}
	for _, w := range writes {
		got, err := s.Apply(t.Context(), "exact", w)
		if want, _ = want.Apply(w); err != nil || got != want {
			t.Fatalf("%+v: %v\nwant %+v\ngot  %+v", w, err, want, got)
		}
	}
}

// TestGenerationsAreExact: a generation that no number of Lua can hold.
func TestGenerationsAreExact(t *testing.T) {
	s, plain := open(t, valkey.URL(t)), client(t, valkey.URL(t))
	const last = 1<<64 - 2
	if err := plain.HSet(t.Context(), "recloser:{generations}", "generation", strconv.FormatUint(last, 10)).Err(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Apply(t.Context(), "generations", recloser.Transition{Generation: last - 1}); err == nil {
		t.Error("two generations are the same to it")
	}
	if r, err := s.Apply(t.Context(), "generations", recloser.Transition{Generation: last}); err != nil || r.Generation != last+1 {
		t.Errorf("got %+v and %v", r, err)
	}
}

// TestLargeHashIsNotSent: what is too large for a record stays on the server.
func TestLargeHashIsNotSent(t *testing.T) {
	plain := client(t, valkey.URL(t))
	fields := make(map[string]any)
	for i := range 1025 {
		fields[strconv.Itoa(i)] = "1"
	}
	for key, hash := range map[string]map[string]any{"many": fields, "long": {"new": strings.Repeat("x", 1<<16)}} {
		for name, script := range valkeystore.Scripts() {
			if name == "history" {
				continue // It reads no hash.
			}
			if err := errors.Join(plain.Del(t.Context(), key).Err(), plain.HSet(t.Context(), key, hash).Err()); err != nil {
				t.Fatal(err)
			}
			args := slices.Repeat([]any{"0"}, 16)
			args[1] = "604800000"
			if reply, err := plain.Eval(t.Context(), script, []string{key}, args...).Slice(); err != nil || len(reply) != 1 || reply[0] != int64(-1) {
				t.Errorf("%s of %s answers %.80v, error %v", name, key, reply, err)
			}
		}
	}
}

// TestRetryingClient holds the store to the contract on a client that has retries
// of its own, over connections that fail. LAWS.md, S3, S6.
func TestRetryingClient(t *testing.T) {
	url := valkey.URL(t)
	retrying := func(t *testing.T, url string) recloser.Store {
		t.Helper()
		c := redis.NewClient(&redis.Options{Addr: strings.TrimPrefix(url, "redis://"), ContextTimeoutEnabled: true, MaxRetries: 5})
		t.Cleanup(func() { c.Close() })
		s, err := valkeystore.New(c)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	storetest.Run(t, func(t *testing.T) recloser.Store { return retrying(t, url) }, func(o *storetest.Options) {
		o.Histories = 10
		o.OpenFaulty = func(t *testing.T) recloser.Store { return retrying(t, newThief(t, url, 0.03).url()) }
	})
}
