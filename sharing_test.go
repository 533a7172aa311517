package recloser_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// opening returns when the fleet opened first, by whoever made it.
func opening(told []*history, since time.Time) (time.Duration, bool) {
	first, found := time.Duration(0), false
	for _, h := range told {
		for _, e := range h.of(recloser.EventOpened) {
			if at := e.At.Sub(recloser.InstantOf(since)); e.Made && (!found || at < first) {
				first, found = at, true
			}
		}
	}
	return first, found
}

// A total outage opens the circuit of all in about a second, and bounds what it
// wastes. LAWS.md, L2.
func TestOutageOpensTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{befalls: func(recloser.Write) fault { return fault{wait: 3 * time.Millisecond} }}
		fleet, told := newFleet(t, 20, store.option)
		d := &dependency{takes: 5 * time.Millisecond}
		pour(fleet, d, 20*time.Millisecond, 20*time.Second)
		d.become(5*time.Millisecond, down)
		d.reset()
		began := time.Now()
		pour(fleet, d, 20*time.Millisecond, 9*time.Second)
		after, opened := opening(told, began)
		calls, _ := d.reset()
		t.Logf("opened after %v; %d calls reached the dependency", after, calls)
		if !opened || after > 1500*time.Millisecond {
			t.Errorf("opened: %v, after %v", opened, after)
		}
		// What comes before the opening, and of each environment what it does
		// until it has learned of it.
		if most := int(after.Seconds()*1000) + 20*60; calls > most {
			t.Errorf("%d of 9000 calls reached the dependency, want at most %d", calls, most)
		}
	})
}

// A healthy fleet writes nothing, and each environment reads once per refresh
// interval. LAWS.md, B2.
func TestHealthyFleetIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(spy)
		fleet, _ := newFleet(t, 20, store.option)
		drive(fleet, new(dependency), 10*time.Millisecond, time.Minute)
		reads, writes := store.operations()
		if most := 20 * (60/5 + 1); writes != 0 || reads > most || reads < 20*10 {
			t.Errorf("%d reads and %d writes in a minute, want at most %d and 0", reads, writes, most)
		}
	})
}

// Uniform failures well below the threshold never open the circuit. LAWS.md, B3.
func TestBackgroundFailuresNeverOpen(t *testing.T) {
	span := 20 * time.Minute
	if evidence.Race {
		span = 2 * time.Minute
	}
	for seed := range uint64(2) {
		synctest.Test(t, func(t *testing.T) {
			store := new(spy)
			fleet, told := newFleet(t, 20, store.option)
			var mu sync.Mutex
			coin := rand.New(rand.NewPCG(seed, 1))
			d := &dependency{answers: func() error {
				mu.Lock()
				defer mu.Unlock()
				if coin.Float64() < 0.25 {
					return errDown
				}
				return nil
			}}
			drive(fleet, d, 100*time.Millisecond, span)
			for _, h := range told {
				if e := h.of(recloser.EventOpened); len(e) > 0 {
					t.Errorf("seed %d: opened: %v", seed, e)
				}
			}
			if _, writes := store.operations(); writes == 0 || float64(writes) > span.Seconds()*25 {
				t.Errorf("seed %d: %d writes in %v", seed, writes, span)
			}
		})
	}
}

// One environment whose calls fail must not speak for all: it opens for itself
// alone, and joins again when it is well. DESIGN.md, §5.
func TestBadEnvironmentIsolatesItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(spy)
		fleet, told := newFleet(t, 20, store.option)
		bad, cut := new(dependency), fleet[:1]
		good := new(dependency)
		bad.become(0, down)
		var wg sync.WaitGroup
		wg.Go(func() { drive(cut, bad, 100*time.Millisecond, 30*time.Second) })
		wg.Go(func() {
			if _, rejected := drive(fleet[1:], good, 100*time.Millisecond, 30*time.Second); rejected > 0 {
				t.Errorf("%d good calls were rejected", rejected)
			}
		})
		wg.Wait()
		if r := store.record(t); r.State != recloser.StateClosed || r.Generation != 0 {
			t.Errorf("the circuit of all is %v", r)
		}
		if calls, _ := bad.reset(); calls > 40 {
			t.Errorf("%d of 300 calls reached a dependency that is down for this environment", calls)
		}
		if s := cut[0].Status(); !s.Isolated || s.State != recloser.StateClosed {
			t.Errorf("Status() = %+v", s)
		}
		bad.become(0, nil)
		drive(cut, bad, 100*time.Millisecond, 90*time.Second)
		if s := cut[0].Status(); s.Isolated {
			t.Errorf("still isolated: %+v", s)
		}
		if e := told[0].of(recloser.EventIsolated, recloser.EventRejoined); len(e) < 2 || e[len(e)-1].Kind != recloser.EventRejoined {
			t.Errorf("told of %v", e)
		}
	})
}

// Every transition is made by one environment, and told by it once. LAWS.md, B8.
func TestTransitionsAreMadeOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{befalls: func(recloser.Write) fault { return fault{wait: time.Millisecond} }}
		fleet, told := newFleet(t, 20, store.option, func(o *recloser.Options) { o.Policy.HalfOpen.Probes = 3 })
		d := new(dependency)
		for range 3 {
			d.become(0, down)
			drive(fleet, d, 20*time.Millisecond, 20*time.Second)
			d.become(0, nil)
			drive(fleet, d, 20*time.Millisecond, 90*time.Second)
		}
		made := map[uint64]int{}
		for i, h := range told {
			last := uint64(0)
			for _, e := range h.of(recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed) {
				if e.Made {
					made[e.Generation]++
				}
				if e.Generation <= last {
					t.Errorf("environment %d told of generation %d after %d", i, e.Generation, last)
				}
				last = e.Generation
			}
		}
		generation := store.record(t).Generation
		if generation < 9 {
			t.Errorf("%d transitions in three outages", generation)
		}
		for g := range generation {
			if made[g+1] != 1 {
				t.Errorf("generation %d was made by %d", g+1, made[g+1])
			}
		}
	})
}

// An operator's word reaches every environment within a refresh, no automatic
// step undoes it, and it ends by itself. LAWS.md, S9.
func TestOverrideReachesEveryone(t *testing.T) {
	for _, row := range []struct {
		mode recloser.OverrideMode
		down bool
	}{{recloser.OverrideOpen, false}, {recloser.OverrideClosed, true}} {
		t.Run(string(row.mode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(spy)
				fleet, told := newFleet(t, 20, store.option)
				d := new(dependency)
				drive(fleet, d, 100*time.Millisecond, 10*time.Second)
				said := recloser.Override{
					Mode: row.mode, Until: recloser.InstantOf(time.Now().Add(2 * time.Minute)), Actor: "ann", Reason: "drill",
				}
				store.override(t, said)
				if row.down {
					d.become(0, down)
				}
				drive(fleet, d, 100*time.Millisecond, 5200*time.Millisecond)
				for range 4 { // Through openings, probes and closings beneath it.
					admitted, rejected := drive(fleet, d, 100*time.Millisecond, 25*time.Second)
					if wrong := map[recloser.OverrideMode]int{recloser.OverrideOpen: admitted, recloser.OverrideClosed: rejected}[row.mode]; wrong > 0 {
						t.Errorf("%d calls went against the operator's word", wrong)
					}
					if got := store.record(t).Override; got != said {
						t.Fatalf("the override has become %+v", got)
					}
				}
				d.become(0, nil)
				drive(fleet, d, 100*time.Millisecond, 90*time.Second)
				if _, rejected := drive(fleet, d, 100*time.Millisecond, 5*time.Second); rejected > 0 {
					t.Errorf("%d calls rejected after its end", rejected)
				}
				for i, h := range told {
					got := h.of(recloser.EventOverridden, recloser.EventOverrideEnded)
					if len(got) != 2 || got[0].Override != said || got[1].Kind != recloser.EventOverrideEnded {
						t.Errorf("environment %d told of %v", i, got)
					}
				}
				if s := fleet[0].Status(); s.Override != (recloser.Override{}) || s.Share != 1 {
					t.Errorf("Status() = %+v", s)
				}
			})
		})
	}
}

// Refresh reads now, whatever the age of the view.
func TestRefresh(t *testing.T) {
	store := new(spy)
	b := newBreaker(t, store.option)
	_ = call(b, nil)
	if s := b.Status(); s.Detached || s.Generation != 0 {
		t.Errorf("Status() = %+v", s)
	}
	open(t, store, newHands())
	s, err := b.Refresh(context.Background())
	if err != nil || s.Generation != 1 {
		t.Errorf("Refresh() = %+v, %v", s, err)
	}
	store.fail(errGone)
	if s, err = b.Refresh(context.Background()); err == nil || !s.Detached || s.Generation != 1 {
		t.Errorf("Refresh() = %+v, %v without a store", s, err)
	}
}
