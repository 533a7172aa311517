package recloser_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// Environments that open for themselves must not keep the fleet from opening for
// all: they leave it time for the evidence, and tell what they have.
func TestIsolationDoesNotHideAnOutage(t *testing.T) {
	for _, environments := range []int{3, 5} {
		synctest.Test(t, func(t *testing.T) {
			store := new(recloser.MemoryStore)
			var fleet []*recloser.Breaker
			for range environments {
				fleet = append(fleet, newBreaker(t, func(o *recloser.Options) {
					o.Store = store
					o.Policy.OpenWhen.Window = time.Second
					o.Policy.OpenWhen.Consecutive = 5
				}))
			}
			outage := func() recloser.State {
				for i := range 300 * 15 {
					_ = call(fleet[i%len(fleet)], errDown)
					time.Sleep(time.Second / 300)
				}
				r, err := store.Load(context.Background(), "payments")
				if err != nil {
					t.Fatal(err)
				}
				return r.State
			}
			if state := outage(); state == recloser.StateClosed {
				t.Errorf("%d environments: the circuit is closed after 15s of outage", environments)
			}
		})
	}
}

// Lambda sends all traffic of a quiet function to one environment. When it opens
// for itself, nobody is left to speak: so it leaves evidence first, by which the
// circuit of all opens as soon as the others have had the time to listen.
func TestIsolationOfTheOnlyCallerOpensForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(recloser.MemoryStore)
		fleet, _ := newFleet(t, 5, func(o *recloser.Options) { o.Store = store })
		if err := call(fleet[0], nil); err != nil {
			t.Fatal(err)
		}
		began, isolated, reached := time.Now(), false, 0
		for time.Since(began) < 8*time.Second {
			if err := call(fleet[0], errDown); errors.Is(err, errDown) {
				reached++
			}
			isolated = isolated || fleet[0].Status().Isolated
			time.Sleep(100 * time.Millisecond)
		}
		r, err := store.Load(context.Background(), "payments")
		if err != nil {
			t.Fatal(err)
		}
		if r.State != recloser.StateOpen || !isolated || reached > 55 {
			t.Errorf("after 8s of outage the circuit is %v (%v), isolated: %t, %d calls were made", r.State, r.Cause, isolated, reached)
		}
	})
}

// An environment that has opened for itself asks whether the fleet has, before it
// sends a call of its own to a dependency that is down.
func TestIsolatedEnvironmentFollowsTheFleet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(recloser.MemoryStore)
		b := newBreaker(t, func(o *recloser.Options) {
			o.Store = store
			o.Policy.OpenWhen.MinCalls = 1000 // The fleet does not open.
		})
		for !b.Status().Isolated {
			_ = call(b, errDown)
			time.Sleep(300 * time.Millisecond)
		}
		r, err := store.Load(context.Background(), "payments")
		if err != nil {
			t.Fatal(err)
		}
		now := recloser.InstantOf(time.Now())
		if _, err := store.Apply(context.Background(), "payments", recloser.Transition{
			Generation: r.Generation, To: recloser.StateOpen, Since: now, OpenUntil: now.Add(5 * time.Minute),
		}); err != nil {
			t.Fatal(err)
		}
		made := 0
		for range 200 {
			_ = b.Do(t.Context(), func(context.Context) error { made++; return errDown })
			time.Sleep(time.Second)
		}
		if made > 0 || b.Status().Isolated {
			t.Errorf("made %d calls while the circuit was open; %+v", made, b.Status())
		}
	})
}
