package arrival_test

import (
	"testing"

	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/bench/fleet/arrival"
)

var valkey = testserver.Shared{Start: testserver.Valkey}

func TestMain(m *testing.M) { goleak.VerifyTestMain(valkey.With(m)) }

func TestCounter(t *testing.T) {
	url := valkey.URL(t)
	counter, err := arrival.NewCounter(url)
	if err != nil {
		t.Fatal(err)
	}
	defer counter.Close()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(options)
	defer client.Close()
	ctx := t.Context()

	before, err := counter.Count(ctx)
	if err != nil {
		t.Fatal(err)
	}
	script := redis.NewScript("return redis.call('hincrby', KEYS[1], 'n', 1)")
	for range 3 {
		if err := script.Run(ctx, client, []string{"hash"}).Err(); err != nil { // By its hash, and the first time by its text, too.
			t.Fatal(err)
		}
	}
	client.Get(ctx, "a")
	client.Get(ctx, "b")
	client.Set(ctx, "b", "1", 0)
	client.SetNX(ctx, "b", "1", 0)
	client.Del(ctx, "b")
	after, err := counter.Count(ctx)
	if err != nil {
		t.Fatal(err)
	}

	since := after.Since(before)
	if since["evalsha"] != 3 || since["eval"] != 1 || since["hincrby"] != 3 {
		t.Errorf("%v; want a script by its hash three times, once by its text, and what it ran", since)
	}
	reads, writes, texts := since.Operations()
	if reads != 2 || writes != 4+3 || texts != 1 {
		t.Errorf("%v: %d reads, %d writes and %d texts", since, reads, writes, texts)
	}
	if none := after.Since(after); len(none) != 0 {
		t.Errorf("since now: %v", none)
	}
}

func TestCounterOfNothing(t *testing.T) {
	if _, err := arrival.NewCounter("nowhere"); err == nil {
		t.Error("took a URL that is none")
	}
	counter, err := arrival.NewCounter("redis://127.0.0.1:1?max_retries=-1")
	if err != nil {
		t.Fatal(err)
	}
	defer counter.Close()
	if got, err := counter.Count(t.Context()); err == nil {
		t.Errorf("counted %v where no server is", got)
	}
}
