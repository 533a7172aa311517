package sample_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
	"github.com/recloser-dev/recloser/bench/sample"
)

const short = 3 * time.Millisecond

func take(t *testing.T, name string, c peer.Case) sample.Sample {
	t.Helper()
	p, err := peer.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := sample.Take(p, c, short)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Every peer and case gives a figure that could be one: Take itself reports a
// circuit that is in the wrong state.
func TestTakeEvery(t *testing.T) {
	for _, p := range peer.All() {
		for _, c := range peer.Cases {
			if !p.Has(c) || c == peer.Parallel && runtime.NumCPU() < 2 {
				continue
			}
			t.Run(p.Name+":"+string(c), func(t *testing.T) {
				s := take(t, p.Name, c)
				if s.Busy {
					t.Skip("no second core was free")
				}
				if s.Calls <= 0 || s.Nanoseconds <= 0.1 || s.Nanoseconds > 1e6 {
					t.Errorf("%d calls at %v ns each", s.Calls, s.Nanoseconds)
				}
				if spent := s.Nanoseconds * float64(s.Calls); c != peer.Parallel && (spent < 0.2*float64(short) || spent > 5*float64(short)) {
					t.Errorf("%d calls at %v ns each are not about the %v asked for", s.Calls, s.Nanoseconds, short)
				}
				if c == peer.Parallel && (s.Scaling <= 0.05 || s.Scaling > 8) {
					t.Errorf("two goroutines make %v times the calls of one", s.Scaling)
				}
			})
		}
	}
}

// Orders of magnitude that hold on every machine tell a harness that measures
// from one that does not.
func TestTakeTellsPeersApart(t *testing.T) {
	raw := take(t, peer.RawCall, peer.Closed)
	one, two := take(t, peer.TimeSince, peer.Closed), take(t, peer.TimeSinceTwo, peer.Closed)
	if ratio := two.Nanoseconds / one.Nanoseconds; ratio < 1.4 || ratio > 2.8 {
		t.Errorf("two clock reads cost %.2f times one", ratio)
	}
	if raw.Nanoseconds > one.Nanoseconds {
		t.Errorf("a bare call costs %.1f ns, and a clock read %.1f ns", raw.Nanoseconds, one.Nanoseconds)
	}
	if raw.Allocs > 0.001 {
		t.Errorf("a bare call allocates %v times", raw.Allocs)
	}
	if s := take(t, "gobreaker/rolling-two-step", peer.Closed); s.Allocs < 0.99 || s.Allocs > 1.01 {
		t.Errorf("gobreaker's closure is one allocation, not %v", s.Allocs)
	}
	if s := take(t, peer.GobreakerRolling, peer.Open); s.Rejected != s.Calls {
		t.Errorf("an open circuit rejected %d of %d calls", s.Rejected, s.Calls)
	}
}

// takeParallel waits for a second core to be free.
func takeParallel(t *testing.T, name string) sample.Sample {
	t.Helper()
	for range 30 {
		if s := take(t, name, peer.Parallel); !s.Busy {
			return s
		}
	}
	t.Skip("no second core was free in 30 samples")
	return sample.Sample{}
}

// A lock is no cheaper for two, and a clock read is nobody else's business.
func TestTakeTellsWhoScales(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("takes two cores")
	}
	lock, clock := takeParallel(t, peer.GobreakerRolling), takeParallel(t, peer.TimeSince)
	if lock.Scaling > 1.5 || lock.Scaling > clock.Scaling {
		t.Errorf("two goroutines make %.2f times the calls of one under a lock, and %.2f times the clock reads", lock.Scaling, clock.Scaling)
	}
}

func TestTakeWithoutTheCase(t *testing.T) {
	p, err := peer.Named(peer.TimeNow)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sample.Take(p, peer.Open, short); err == nil {
		t.Error("measured an open clock")
	}
}
