package recloser_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// A dependency whose calls take long when all is well makes nobody listen, but for
// the first of them: nothing is written. If it hangs, it is noticed all the same.
// LAWS.md, B2.
func TestLongCallsAreNoReasonToListen(t *testing.T) {
	for _, takes := range []time.Duration{700 * time.Millisecond, 1200 * time.Millisecond, 1900 * time.Millisecond} {
		t.Run(takes.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := new(spy)
				fleet, told := newFleet(t, 5, store.option)
				d := &dependency{takes: takes}
				pour(fleet, d, 250*time.Millisecond, time.Minute)
				_, first := store.operations()
				pour(fleet, d, 250*time.Millisecond, 20*time.Minute)
				if _, writes := store.operations(); writes > first {
					t.Errorf("%d writes in the first minute, and %d in twenty", first, writes-first)
				}
				d.become(time.Hour, nil)
				hung := time.Now()
				pour(fleet, d, 50*time.Millisecond, 8*time.Second)
				after, opened := opening(told, hung)
				t.Logf("opened after %v", after)
				if !opened || after > 7*time.Second {
					t.Errorf("opened: %v, after %v", opened, after)
				}
			})
		})
	}
}

// What is usual is forgotten with time: a dependency that has become quick again is
// suspected as early as one that always was.
func TestPaceIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := new(spy)
		b := newBreaker(t, store.option)
		d := &dependency{takes: 1500 * time.Millisecond}
		fleet := []*recloser.Breaker{b}
		drive(fleet, d, 2*time.Second, 20*time.Second)
		d.become(0, nil)
		drive(fleet, d, 2*time.Second, 11*time.Minute)
		_, before := store.operations()
		p := allow(t, b)
		time.Sleep(time.Second)
		if _, writes := store.operations(); writes == before {
			t.Error("a call of a second, where calls take nothing, made nobody listen")
		}
		p.Ignore()
	})
}
