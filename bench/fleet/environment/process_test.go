package environment_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/testserver"

	"github.com/recloser-dev/recloser/bench/fleet/circuit"
	"github.com/recloser-dev/recloser/bench/fleet/environment"
	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

const rate = 25

// run runs environments in a process of their own.
func run(ctx context.Context, t *testing.T, j environment.Join, told func(phase.Event)) (*environment.Process, error) {
	t.Helper()
	t.Setenv(servesVariable, "1")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return environment.Run(ctx, program, nil, j, told)
}

// through takes a process through a phase until it is over, and returns what was
// done and how many calls a second were due.
func through(t *testing.T, p *environment.Process, f phase.Phase, over <-chan struct{}) (tally.Tally, float64) {
	t.Helper()
	began := time.Now()
	if err := p.Begin(environment.Start{Phase: f, At: began.UnixNano(), Rate: rate}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-over:
	case <-time.After(f.Length):
	}
	done, err := p.End(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	took := time.Unix(0, done.EndedAt).Sub(began)
	if took <= 0 || took > time.Since(began) {
		t.Errorf("the last call ended %v after the phase began", took)
	}
	return done, float64(done.Calls.Due) / took.Seconds()
}

func TestProcess(t *testing.T) {
	for _, peer := range []circuit.Peer{circuit.RecloserValkey, circuit.GobreakerValkey} {
		t.Run(string(peer), func(t *testing.T) {
			opened := make(chan struct{})
			var once sync.Once
			const size = 3
			spec := circuit.Spec{Peer: peer, URL: testserver.Emptied(t, valkey.URL(t))}
			p, err := run(t.Context(), t, environment.Join{Spec: spec, Size: size, Short: true}, func(e phase.Event) {
				if e == phase.Opened {
					once.Do(func() { close(opened) })
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}()

			healthy, perSecond := through(t, p, phase.Phase{Length: 2 * time.Second, Call: time.Millisecond}, nil)
			c := healthy.Calls
			if c.Due == 0 || c.Reached+c.Lost != c.Due || c.Failed != 0 || healthy.Asked.Reads == 0 || healthy.Openings != 0 {
				t.Errorf("healthy: %+v", healthy)
			}
			// Chance alone makes 150 differ by a half once in 10⁸ times.
			if want := float64(size * rate); peer == circuit.RecloserValkey && (perSecond < want/2 || perSecond > want*3/2) {
				t.Errorf("%.0f calls a second, want %v", perSecond, want)
			}

			outage, _ := through(t, p, phase.Phase{Length: time.Minute, Call: time.Millisecond, Failing: 1}, opened)
			c = outage.Calls
			if outage.Openings == 0 || c.Failed != c.Reached || c.Due != c.Reached+c.Rejected+c.Lost {
				t.Errorf("outage: %+v", outage)
			}

			open, _ := through(t, p, phase.Phase{Length: 500 * time.Millisecond, Call: time.Millisecond, Failing: 1}, nil)
			// Each of Recloser's may fail once more before it knows. Of gobreaker
			// nothing is sure: who waited for the lock writes back a closed circuit.
			c = open.Calls
			if c.Due != c.Reached+c.Rejected+c.Lost || peer == circuit.RecloserValkey && (c.Rejected == 0 || c.Reached > size) {
				t.Errorf("open: %+v", c)
			}
		})
	}
}

// What goes wrong in a process is told where it was run.
func TestProcessThatCannotJoin(t *testing.T) {
	for _, j := range []environment.Join{
		{Spec: circuit.Spec{Peer: "nobody"}, Size: 1},
		{Spec: circuit.Spec{Peer: circuit.RecloserValkey, URL: "nowhere"}, Size: 2},
	} {
		p, err := run(t.Context(), t, j, func(phase.Event) {})
		if err == nil {
			t.Errorf("%+v joined", j)
			p.Close()
		} else if !strings.Contains(err.Error(), "open a circuit") {
			t.Errorf("%v; want what the process says", err)
		}
	}
	if _, err := environment.Run(t.Context(), "/nowhere/at/all", nil, environment.Join{}, nil); err == nil {
		t.Error("ran a program that is not there")
	}
}

// A process that is killed, as one that never answers is in the end, is waited
// for no longer.
func TestProcessThatIsKilled(t *testing.T) {
	ctx, kill := context.WithCancel(t.Context())
	defer kill()
	spec := circuit.Spec{Peer: circuit.RecloserValkey, URL: testserver.Emptied(t, valkey.URL(t))}
	p, err := run(ctx, t, environment.Join{Spec: spec, Size: 1, Short: true}, func(phase.Event) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Begin(environment.Start{Phase: phase.Phase{Call: time.Millisecond}, At: time.Now().UnixNano(), Rate: rate}); err != nil {
		t.Fatal(err)
	}
	kill()
	if done, err := p.End(t.Context()); err == nil {
		t.Errorf("a killed process says that it has done %+v", done)
	}
	if err := p.Close(); err == nil {
		t.Error("a killed process ended well")
	}
}
