package simulator_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// fleet is a story of so many environments and calls a second, whose clocks are as
// right as Amazon Time Sync makes them.
func fleet(seed uint64, environments int, rate float64, duration time.Duration) simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Seed, s.Duration = seed, duration
	s.Fleet.Environments, s.Fleet.ClockError = environments, 10*time.Millisecond
	s.Traffic.Rate = rate
	return s
}

// then adds a phase to a dependency that is well otherwise.
func then(s *simulator.Scenario, from time.Duration, change func(*simulator.Phase)) {
	p := s.Dependency[0]
	p.From = from
	if change != nil {
		change(&p)
	}
	s.Dependency = append(s.Dependency, p)
}

func dead(p *simulator.Phase)    { p.Failing = 1 }
func hanging(p *simulator.Phase) { p.Hanging = 1 }

// afterwards counts the calls that come to the dependency after the first opening.
type afterwards struct {
	opened bool
	calls  int
}

func (a *afterwards) Observe(s simulator.Step) {
	if s.Kind == simulator.StepApplied {
		a.opened = a.opened || strings.HasPrefix(s.Text, "transition to open")
	}
	if s.Kind == simulator.StepReached && a.opened {
		a.calls++
	}
}

// A total outage at 1,000 calls a second opens the circuit in a second, however many
// environments there are, also when their clocks are a second off; from then on each
// wastes one call at most, and those in flight. LAWS.md, L2.
//
// The calls that reach the dependency in the whole outage are 29, 116, 814 and 2,133
// in the best that is known for each size; here they may be most.
func TestOutageOpensInASecond(t *testing.T) {
	for _, row := range []struct{ environments, most int }{{10, 300}, {100, 350}, {1000, 1200}, {10_000, 1100}} {
		for _, off := range []time.Duration{10 * time.Millisecond, time.Second} {
			t.Run(fmt.Sprintf("%d environments, clocks %v off", row.environments, off), func(t *testing.T) {
				var mu sync.Mutex
				slowest, wasted, after := time.Duration(0), 0, 0
				seeds(t, budget(4, 250, 1_000), func(seed uint64) {
					s := fleet(seed, row.environments, 1000, 40*time.Second)
					s.Fleet.ClockError = off
					then(&s, 20*time.Second, dead)
					late := new(afterwards)
					r := play(t, s, late)
					mu.Lock()
					defer mu.Unlock()
					if r.Opened < 0 {
						t.Errorf("seed %d: not opened", seed)
					}
					slowest, wasted, after = max(slowest, r.Opened), max(wasted, r.Wasted), max(after, late.calls)
				})
				t.Logf("opened in %v at most; %d calls wasted, %d of them after it", slowest, wasted, after)
				if slowest > time.Second || wasted > row.most {
					t.Errorf("opened in %v, want 1s; %d calls wasted, want at most %d", slowest, wasted, row.most)
				}
				if most := row.environments + 200; after > most {
					t.Errorf("%d calls wasted after opening, want at most %d", after, most)
				}
			})
		}
	}
}

// A dependency that hangs opens the circuit before the first of its timeouts, at 3s,
// where a report tells of more than one call. It takes 39 slow calls to be sure that
// 80% are: where each environment has one to tell of, the budget of 25 reports a second
// is not enough in the 450ms that are left after the first is slow; and where few calls
// are made, too few are slow by then. LAWS.md, L5, asks for less than 3s everywhere.
func TestHangOpensBeforeItsTimeouts(t *testing.T) {
	for _, row := range []struct {
		environments int
		rate         float64
		within       time.Duration
	}{
		{20, 1000, 3 * time.Second},
		{200, 1000, 4 * time.Second},
		{1000, 1000, 4 * time.Second},
		{20, 100, 5 * time.Second},
	} {
		t.Run(fmt.Sprintf("%d environments, %v calls a second", row.environments, row.rate), func(t *testing.T) {
			var mu sync.Mutex
			first, last := time.Hour, time.Duration(0)
			seeds(t, budget(5, 200, 1_000), func(seed uint64) {
				s := fleet(seed, row.environments, row.rate, 30*time.Second)
				s.Fleet.Concurrency = 10_000 / row.environments
				then(&s, 20*time.Second, hanging)
				r := play(t, s)
				mu.Lock()
				defer mu.Unlock()
				if r.Opened < 0 {
					t.Errorf("seed %d: not opened", seed)
				}
				first, last = min(first, r.Opened), max(last, r.Opened)
			})
			t.Logf("opened in %v to %v", first, last)
			if last >= row.within {
				t.Errorf("opened in %v, want less than %v", last, row.within)
			}
		})
	}
}
