//go:build !race

// What is played here takes the race detector minutes, and shows it nothing that smaller
// fleets do not: make laws.

package simulator_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/simulator"
)

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
// wastes one call at most, and those in flight; most is of the whole outage. LAWS.md, L2.
func TestOutageOpensInASecond(t *testing.T) {
	openedIn := time.Duration(0)
	var afterOpening []string
	for _, row := range []struct{ environments, most, seeds int }{{10, 150, 200}, {100, 250, 200}, {1000, 1000, 90}, {10_000, 950, 10}} {
		worstAfter := 0
		for _, off := range []time.Duration{10 * time.Millisecond, time.Second} {
			t.Run(fmt.Sprintf("%d environments, clocks %v off", row.environments, off), func(t *testing.T) {
				var mu sync.Mutex
				slowest, wasted, after := time.Duration(0), 0, 0
				seeds(t, budget(row.seeds, 2*row.seeds, 20*row.seeds), func(seed uint64) {
					s := fleet(seed, row.environments, 1000, 20*time.Second)
					s.Fleet.ClockError = off
					then(&s, 8*time.Second, dead)
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
				openedIn = max(openedIn, slowest)
				worstAfter = max(worstAfter, after)
			})
		}
		afterOpening = append(afterOpening, strconv.Itoa(worstAfter))
	}
	const how = "total outage at 1,000 calls/s; 10, 100, 1,000 and 10,000 environments, clocks 10 ms and 1 s off"
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L2", How: how, Promise: "open in ≤ 1 s p99 of 1,000 seeds", Worst: fmt.Sprintf("%.2f s, the slowest of %d", openedIn.Seconds(), total(t).runs),
		Met: total(t).runs >= 1_000, Fewer: true, Note: "there is time for fewer seeds",
	}))
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L2", How: how, Promise: "after that ≤ 1 call per environment and those in flight", Worst: strings.Join(afterOpening, ", "), Met: true,
	}))
}

// The calls that reach the dependency in a whole outage are 29, 116, 814 and 2,133 in
// the best that is known for each size. It was measured where neither calls nor the
// store take time, so it is here. LAWS.md, L2.
func TestOutageWastesFewCalls(t *testing.T) {
	var medians []string
	for _, row := range []struct{ environments, best int }{{10, 29}, {100, 116}, {1000, 814}, {10_000, 2133}} {
		var mu sync.Mutex
		var wasted []int
		seeds(t, budget(max(9-row.environments/1_000, 3), 99, 399), func(seed uint64) {
			s := fleet(seed, row.environments, 1000, 30*time.Second)
			const none = time.Microsecond
			s.Store.Fast, s.Store.Slow, s.Store.Tail = none, none, none
			s.Dependency[0].Latency, s.Dependency[0].Tail = none, none
			then(&s, 12*time.Second, dead)
			r := play(t, s)
			mu.Lock()
			defer mu.Unlock()
			wasted = append(wasted, r.Wasted)
		})
		if slices.Sort(wasted); t.Failed() {
			break
		}
		median := wasted[len(wasted)/2]
		medians = append(medians, evidence.Thousands(median))
		if median >= row.best {
			t.Errorf("%d environments waste %d calls, want fewer than %d", row.environments, median, row.best)
		}
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L2", Promise: "fewer calls wasted in all than the best known: 29, 116, 814, 2,133", Worst: strings.Join(medians, ", ") + " (medians)", Met: true,
		How: "total outage at 1,000 calls/s where neither calls nor the store take time; 10, 100, 1,000 and 10,000 environments",
	}))
}

// A dependency that hangs opens the circuit before the first of its timeouts, at 3s,
// however many environments there are. It takes 39 slow calls to be sure that 80% are,
// and what began after the fleet listens, half a second after the first, is slow 2s
// later: at 100 calls a second there are too few by then. LAWS.md, L5, asks for less than
// 3s everywhere.
func TestHangOpensBeforeItsTimeouts(t *testing.T) {
	var ranges []string
	for _, row := range []struct {
		environments int
		rate         float64
		within       time.Duration
	}{
		{20, 1000, 3 * time.Second},
		{200, 1000, 3 * time.Second},
		{1000, 1000, 3 * time.Second},
		{20, 100, 3500 * time.Millisecond},
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
			ranges = append(ranges, fmt.Sprintf("%.1f to %.1f s", first.Seconds(), last.Seconds()))
		})
	}
	evidence.Record(t, seen(t, evidence.Entry{
		Law: "L5", Promise: "opened before the first timeout lands, at 3 s", Worst: strings.Join(ranges, "; "),
		How: "a dependency that hangs: 20, 200 and 1,000 environments at 1,000 calls/s; 20 at 100",
		Note: "reached at 1,000 calls/s. It takes 39 slow calls to be sure that 80 % are, and what begins after the fleet listens, 0.5 s after the first, is slow 2 s later: " +
			"at 100 calls/s there are too few before 3 s",
	}))
}
