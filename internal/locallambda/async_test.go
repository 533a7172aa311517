//go:build unix

package locallambda_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/locallambda"
)

// startAsync starts a function whose events are told to inboxes, on a clock that is
// moved by hand.
func startAsync(t *testing.T, optFns ...func(*locallambda.Options)) (f *locallambda.Function, clock *handClock, success, failure *inbox) {
	t.Helper()
	clock, success, failure = newHandClock(), new(inbox), new(inbox)
	f = start(t, "obey", append([]func(*locallambda.Options){clock.option, func(o *locallambda.Options) {
		o.Async.OnSuccess, o.Async.OnFailure, o.Async.DeadLetter = success.take, failure.take, failure.letter
	}}, optFns...)...)
	return f, clock, success, failure
}

func send(t *testing.T, f *locallambda.Function, payload string) (requestID string) {
	t.Helper()
	id, err := f.InvokeAsync(bounded(t), []byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func done(t *testing.T, f *locallambda.Function) {
	t.Helper()
	await(t, func() bool { return f.Pending() == 0 })
}

func TestAsyncSucceeds(t *testing.T) {
	f, _, success, failure := startAsync(t)
	send(t, f, `{"say":"good <morning>"}`)
	done(t, f)
	golden(t, "async_success.txt", normal(strings.Join(success.records, "\n"))+"\n")
	if len(failure.records)+len(failure.letters) > 0 {
		t.Errorf("the failures are %+v", failure)
	}
}

// An event that fails is tried again after 1 and 2 minutes, under the same request
// identity, and then goes to the failure destination and the dead-letter queue.
func TestAsyncFails(t *testing.T) {
	var mu sync.Mutex
	var log []string
	f, clock, success, failure := startAsync(t, func(o *locallambda.Options) {
		o.Log = func(l locallambda.Line) {
			mu.Lock()
			defer mu.Unlock()
			log = append(log, l.Text)
		}
	})
	id := send(t, f, `{"do":"fail"}`)
	waits := []time.Duration{clock.advance(t), clock.advance(t)}
	done(t, f)
	if !slices.Equal(waits, []time.Duration{time.Minute, 2 * time.Minute}) || len(success.records) > 0 {
		t.Errorf("the waits are %v, the successes %v", waits, success.records)
	}
	if n := strings.Count(strings.Join(log, "\n"), "START RequestId: "+id); n != 3 {
		t.Errorf("%d tries are of %s", n, id)
	}
	golden(t, "async_failure.txt", normal(strings.Join(failure.records, "\n"))+"\n")
	want := locallambda.Letter{Body: []byte(`{"do":"fail"}`), RequestID: id, ErrorCode: "200", ErrorMessage: "the order is refused"}
	if len(failure.letters) != 1 || !slices.Equal(failure.letters[0].Body, want.Body) || failure.letters[0].RequestID != id ||
		failure.letters[0].ErrorCode != want.ErrorCode || failure.letters[0].ErrorMessage != want.ErrorMessage {
		t.Errorf("the letters are %+v, want %+v", failure.letters, want)
	}
	if !strings.Contains(failure.records[0], id) {
		t.Errorf("the record is not of %s", id)
	}
}

// A try that succeeds ends the matter, and the record counts the tries.
func TestAsyncRecovers(t *testing.T) {
	f, clock, success, failure := startAsync(t)
	flag := filepath.Join(t.TempDir(), "flag")
	send(t, f, `{"do":"unless","touch":"`+flag+`"}`)
	clock.advance(t)
	done(t, f)
	if len(success.records) != 1 || len(failure.records) > 0 || !strings.Contains(success.records[0], `"condition":"Success","approximateInvokeCount":2}`) {
		t.Errorf("the successes are %v, the failures %v", success.records, failure.records)
	}
}

// An event that would be too old for its next try is given up before it.
func TestAsyncAges(t *testing.T) {
	f, _, _, failure := startAsync(t, func(o *locallambda.Options) { o.Async.MaxAge, o.Async.Waits[0] = time.Minute, time.Minute+1 })
	send(t, f, `{"do":"fail"}`)
	done(t, f)
	golden(t, "async_age.txt", normal(strings.Join(failure.records, "\n"))+"\n")
}

// An event that finds no environment waits 1 s, 2 s, 4 s … at most 5 minutes, does
// not lose its retries by that, and is given up when it is too old.
func TestAsyncIsThrottled(t *testing.T) {
	f, clock, _, failure := startAsync(t, func(o *locallambda.Options) { o.MaxEnvironments, o.Async.MaxAge = 1, 20*time.Minute })
	held := filepath.Join(t.TempDir(), "held")
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if _, err := f.Invoke(bounded(t), []byte(`{"do":"wait","touch":"`+held+`"}`)); err != nil {
			t.Error(err)
		}
	}()
	await(t, func() bool { _, err := os.Stat(held); return err == nil })
	send(t, f, `{"do":"fail"}`)
	var waits []time.Duration
	for range 11 {
		waits = append(waits, clock.advance(t))
	}
	const s, m = time.Second, time.Minute
	want := []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 5 * m, 5 * m}
	if !slices.Equal(waits, want) {
		t.Errorf("the waits are %v, want %v", waits, want)
	}
	done(t, f)
	golden(t, "async_throttled.txt", normal(strings.Join(failure.records, "\n"))+"\n")
	if l := failure.letters[0]; l.ErrorCode != "429" || l.ErrorMessage != "Rate Exceeded." {
		t.Errorf("the letter is %+v", l)
	}
	if err := os.Remove(held); err != nil {
		t.Error(err)
	}
	<-ended
}

// To have been throttled costs no retry.
func TestAsyncIsThrottledAndFails(t *testing.T) {
	f, clock, _, failure := startAsync(t)
	f.ReserveConcurrency(1)
	held := filepath.Join(t.TempDir(), "held")
	ended := make(chan error)
	go func() {
		_, err := f.Invoke(bounded(t), []byte(`{"do":"wait","touch":"`+held+`"}`))
		ended <- err
	}()
	await(t, func() bool { _, err := os.Stat(held); return err == nil })
	send(t, f, `{"do":"fail"}`)
	waits := []time.Duration{clock.advance(t), clock.advance(t)}
	await(t, func() bool { clock.mu.Lock(); defer clock.mu.Unlock(); return len(clock.timers) == 1 })
	if err := os.Remove(held); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	settled(t, f)
	waits = append(waits, clock.advance(t), clock.advance(t), clock.advance(t))
	done(t, f)
	const s, m = time.Second, time.Minute
	if want := []time.Duration{s, 2 * s, 4 * s, m, 2 * m}; !slices.Equal(waits, want) {
		t.Errorf("the waits are %v, want %v", waits, want)
	}
	if len(failure.records) != 1 || !strings.Contains(failure.records[0], `"condition":"RetriesExhausted","approximateInvokeCount":3}`) {
		t.Errorf("the records are %v", failure.records)
	}
}

// A function that may not run at all gives its events up at once.
func TestAsyncIsStopped(t *testing.T) {
	f, _, _, failure := startAsync(t)
	f.ReserveConcurrency(0)
	send(t, f, `{"do":"fail"}`)
	done(t, f)
	if _, err := f.Invoke(bounded(t), nil); !errors.Is(err, locallambda.ErrThrottled) {
		t.Errorf("the error is %v", err)
	}
	golden(t, "async_stopped.txt", normal(strings.Join(failure.records, "\n"))+"\n")
	if l := failure.letters[0]; l.ErrorCode != "" || !strings.HasPrefix(l.ErrorMessage, "Function not invoked.") {
		t.Errorf("the letter is %+v", l)
	}
	f.ReserveConcurrency(1)
	invoke(t, f, `{}`)
}

func TestAsyncRefuses(t *testing.T) {
	f, clock, _, _ := startAsync(t, func(o *locallambda.Options) { o.Async.Queue = 2 })
	for _, row := range []struct {
		payload string
		want    error
	}{
		{`{`, locallambda.ErrNotJSON},
		{`"` + strings.Repeat("x", 1<<20) + `"`, locallambda.ErrTooLarge},
		{`{"do":"fail"}`, nil},
		{`{"do":"fail"}`, nil},
		{`{}`, locallambda.ErrQueueFull},
	} {
		if _, err := f.InvokeAsync(bounded(t), []byte(row.payload)); !errors.Is(err, row.want) {
			t.Errorf("the error for %.20s is %v, want %v", row.payload, err, row.want)
		}
	}
	if f.Pending() != 2 {
		t.Errorf("%d events wait", f.Pending())
	}
	await(t, func() bool { clock.mu.Lock(); defer clock.mu.Unlock(); return len(clock.timers) == 2 })
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if f.Pending() != 0 || len(clock.timers) != 0 {
		t.Errorf("%d events and %d timers are left", f.Pending(), len(clock.timers))
	}
	if _, err := f.InvokeAsync(bounded(t), nil); !errors.Is(err, locallambda.ErrClosed) {
		t.Errorf("the error after the end is %v", err)
	}
}

// What a destination does not take is counted; and a destination can be another
// function.
func TestDestinations(t *testing.T) {
	log := new(inbox)
	next := start(t, "obey", func(o *locallambda.Options) { o.Async.OnSuccess = log.take })
	f, _, success, _ := startAsync(t, func(o *locallambda.Options) {
		o.Async.Retries, o.Async.OnFailure = 0, locallambda.ToFunction(next)
	})
	success.err = errors.New("the queue is gone")
	send(t, f, `{}`)
	send(t, f, `{"do":"fail"}`)
	done(t, f)
	if f.Undelivered() != 1 || len(success.records) != 1 {
		t.Errorf("%d are undelivered", f.Undelivered())
	}
	done(t, next)
	if len(log.records) != 1 || !strings.Contains(log.records[0], `"requestPayload":{"version":"1.0",`) {
		t.Errorf("the other function's records are %v", log.records)
	}
}
