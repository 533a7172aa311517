package recloser_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

func TestNewRefuses(t *testing.T) {
	for _, row := range []struct {
		name, partition string
		timeout         time.Duration
		want            error
	}{
		{"", "", time.Second, recloser.ErrKey},
		{"two words", "", time.Second, recloser.ErrKey},
		{"payments", "line\nbreak", time.Second, recloser.ErrKey},
		{strings.Repeat("x", recloser.MaxName+1), "", time.Second, recloser.ErrKey},
		{"payments", "", time.Hour, recloser.ErrPolicy},
		{"payments", "", 0, recloser.ErrPolicy},
	} {
		b, err := recloser.New(row.name, func(o *recloser.Options) {
			o.Partition = row.partition
			o.Policy.Call.Timeout = row.timeout
		})
		if !errors.Is(err, row.want) || b != nil {
			t.Errorf("New(%.20q, %q) = %v, %v, want %v", row.name, row.partition, b, err, row.want)
		}
	}
}

// Constructors do no I/O, make no token and set no timer: an initialised process
// may be cloned. DESIGN.md, §2.6; LAWS.md, S4.
func TestNewDoesNothing(t *testing.T) {
	store, clock, tokens := new(spy), newHands(), 0
	b := newBreaker(t, store.option, clock.option, func(o *recloser.Options) {
		o.Partition = "eu"
		o.Token = func() string { tokens++; return fmt.Sprint(tokens) }
	})
	if s := b.Status(); s.Circuit != "payments/eu" || b.Key() != "payments/eu" || s.State != recloser.StateClosed || s.Share != 1 {
		t.Errorf("Status() = %+v", s)
	}
	if b.Policy() != recloser.DefaultPolicy() {
		t.Errorf("Policy() = %+v", b.Policy())
	}
	if reads, writes := store.operations(); reads+writes+tokens+clock.waiting() != 0 {
		t.Errorf("New made %d reads, %d writes, %d tokens and %d timers", reads, writes, tokens, clock.waiting())
	}
}

// step lets time pass and makes calls that come to err; want is what the circuit
// then is.
type step struct {
	after time.Duration
	calls int
	err   error
	want  recloser.State
	open  time.Duration // how long from now
}

func play(t *testing.T, b *recloser.Breaker, clock *hands, steps []step) {
	t.Helper()
	for i, s := range steps {
		clock.advance(s.after)
		for range s.calls {
			_ = call(b, s.err)
		}
		got := b.Status()
		if got.State != s.want {
			t.Fatalf("step %d: %v, want %v: %+v", i, got.State, s.want, got)
		}
		if left := got.OpenUntil.Sub(recloser.InstantOf(clock.now())); got.State == recloser.StateOpen && left != s.open {
			t.Fatalf("step %d: open for %v more, want %v", i, left, s.open)
		}
	}
}

func plain(o *recloser.Options) { o.Policy.OpenFor.Jitter = 0 }

// The whole life of a circuit of one process. DESIGN.md, §6.
func TestBreakerLives(t *testing.T) {
	const closed, open, half = recloser.StateClosed, recloser.StateOpen, recloser.StateHalfOpen
	clock, h := newHands(), new(history)
	b := newBreaker(t, clock.option, h.option, plain)
	play(t, b, clock, []step{
		{calls: 9, err: errDown, want: closed},
		{calls: 1, err: errDown, want: open, open: 10 * time.Second},
		{after: 9999 * time.Millisecond, calls: 5, want: open, open: time.Millisecond},
		{after: time.Millisecond, want: half},                                                 // Nobody has written it yet.
		{calls: 1, err: errDown, want: open, open: 20 * time.Second},                          // A failed probe is a relapse.
		{after: 20 * time.Second, calls: 1, want: half},                                       // One success of three.
		{calls: 1, err: errDown, want: open, open: 40 * time.Second},                          // The next fails.
		{after: 40 * time.Second, calls: 2, want: half},                                       //
		{after: time.Second, calls: 1, want: closed},                                          // Successes need not come at once.
		{after: 20 * time.Second, calls: 200, want: closed},                                   // It ramps up,
		{after: 2 * time.Second, calls: 50, err: errDown, want: open, open: 80 * time.Second}, // and relapses.
		{after: 80 * time.Second, calls: 3, want: closed},
		{after: 40 * time.Second, calls: 100, want: closed}, // It has been well for ramp and window.
		{after: 10 * time.Second, calls: 40, err: errDown, want: open, open: 10 * time.Second},
	})
	want := "opened half_opened opened half_opened opened half_opened closed opened half_opened closed opened"
	var got []string
	last := recloser.StateClosed
	for _, e := range h.of(recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed) {
		got = append(got, string(e.Kind))
		if !e.Made || e.From != last || e.Generation != uint64(len(got)) {
			t.Errorf("event %d: %+v does not follow from %v", len(got), e, last)
		}
		last = e.To
	}
	if s := strings.Join(got, " "); s != want {
		t.Errorf("told of %s\nwant %s", s, want)
	}
}

// The open time doubles up to max_cooldown, and jitter only lengthens it.
func TestOpenTimeGrows(t *testing.T) {
	for _, coin := range []float64{0, 0.5, math.Nextafter(1, 0)} {
		clock := newHands()
		b := newBreaker(t, clock.option, func(o *recloser.Options) { o.Rand = func() float64 { return coin } })
		for range 10 {
			_ = call(b, errDown)
		}
		for relapse := range 12 {
			grown := 10 * time.Second << relapse
			want := min(time.Duration(float64(grown)*(1+0.2*coin)), 5*time.Minute).Truncate(time.Millisecond)
			s := b.Status()
			if got := s.OpenUntil.Sub(s.Since); got != want || s.Relapses != relapse {
				t.Errorf("coin %v: relapse %d opens for %v, want %v (%d)", coin, relapse, got, want, s.Relapses)
			}
			clock.advance(want)
			_ = call(b, errDown)
		}
	}
}

// After closing, the admitted share follows the ramp. LAWS.md, R1.
func TestRampAdmitsItsShare(t *testing.T) {
	clock := newHands()
	b := newBreaker(t, clock.option, plain)
	trip(t, b)
	clock.advance(10 * time.Second)
	for range 3 {
		_ = call(b, nil)
	}
	for _, row := range []struct {
		after time.Duration
		want  float64
	}{{0, 0.1}, {7500 * time.Millisecond, 0.325}, {15 * time.Second, 0.55}, {29 * time.Second, 0.97}, {30 * time.Second, 1}, {time.Hour, 1}} {
		clock.advance(b.Status().Since.Time().Add(row.after).Sub(clock.now()))
		const calls = 20_000
		admitted := 0
		for range calls {
			if p, err := b.Allow(context.Background()); err == nil {
				p.Success()
				admitted++
			} else if open, ok := errors.AsType[*recloser.OpenError](err); !ok || open.Reason != recloser.ReasonRamp {
				t.Fatal(err)
			}
		}
		if got := float64(admitted) / calls; math.Abs(got-row.want) > 0.02 || (row.want == 1 && got < 1) {
			t.Errorf("%v after closing: %.3f of calls admitted, want %.3f", row.after, got, row.want)
		}
		if got := float64(b.Status().Share); math.Abs(got-row.want) > 0.001 {
			t.Errorf("%v after closing: the status says %v", row.after, b.Status().Share)
		}
	}
}

// Slow calls open a circuit too, though they succeed.
func TestSlowCallsOpen(t *testing.T) {
	for _, row := range []struct {
		took time.Duration
		want recloser.State
		rule recloser.Rule
	}{{2 * time.Second, recloser.StateOpen, recloser.RuleSlowRate}, {1990 * time.Millisecond, recloser.StateClosed, ""}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBreaker(t)
			for range 3 {
				for range 30 {
					go func() {
						_ = b.Do(context.Background(), func(context.Context) error { time.Sleep(row.took); return nil })
					}()
				}
				time.Sleep(row.took + time.Millisecond)
				synctest.Wait()
			}
			if s := b.Status(); s.State != row.want || s.Cause.Rule != row.rule {
				t.Errorf("calls of %v: %+v", row.took, s)
			}
		})
	}
}

// Failures in a row open a circuit of one process: they must span a slot.
func TestConsecutiveFailuresOpen(t *testing.T) {
	only := func(o *recloser.Options) { o.Policy.OpenWhen.FailureRate, o.Policy.OpenWhen.SlowRate = 0, 0 }
	const closed, open = recloser.StateClosed, recloser.StateOpen
	for name, steps := range map[string][]step{
		"at once":     {{calls: 100, err: errDown, want: closed}},
		"over a slot": {{calls: 4, err: errDown, want: closed}, {after: time.Second, calls: 1, err: errDown, want: open, open: 10 * time.Second}},
		"interrupted": {{calls: 4, err: errDown, want: closed}, {calls: 1, want: closed}, {after: time.Second, calls: 4, err: errDown, want: closed}},
		"too few":     {{calls: 2, err: errDown, want: closed}, {after: time.Second, calls: 2, err: errDown, want: closed}},
	} {
		t.Run(name, func(t *testing.T) {
			clock := newHands()
			play(t, newBreaker(t, clock.option, plain, only), clock, steps)
		})
	}
}
