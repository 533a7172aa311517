package recloser_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// A dependency that hangs opens the circuit before the first of its timeouts
// lands. LAWS.md, L5.
func TestHangOpensBeforeItsTimeouts(t *testing.T) {
	for _, row := range []struct {
		name         string
		environments int
		every        time.Duration // of each environment
		healthy      time.Duration
		store        *spy
		within       time.Duration
	}{
		{"one process from the start", 1, 10 * time.Millisecond, 0, nil, 3 * time.Second},
		{"one process after a healthy hour", 1, 10 * time.Millisecond, time.Hour, nil, 3 * time.Second},
		// A fleet listens after half a second, counts from then on, and reports
		// as soon as it has more than a call to tell of.
		{"a fleet", 20, 20 * time.Millisecond, 30 * time.Second, new(spy), 3 * time.Second},
		// Here a report tells of one call, and the budget has 25 of them a second.
		{"a large fleet", 200, 200 * time.Millisecond, 10 * time.Second, new(spy), 4500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				options := plain
				if row.store != nil {
					options = row.store.option
				}
				fleet, told := newFleet(t, row.environments, options)
				d := new(dependency)
				if row.healthy > time.Minute {
					pour(fleet, d, time.Second, row.healthy)
				}
				pour(fleet, d, row.every, min(row.healthy, 30*time.Second))
				d.become(time.Hour, nil)
				hung := recloser.InstantOf(time.Now())
				pour(fleet, d, row.every, 4*time.Second)
				first := time.Duration(1 << 62)
				for _, h := range told {
					for _, e := range h.of(recloser.EventOpened) {
						if e.Made {
							first = min(first, e.At.Sub(hung))
							if e.Cause.Rule != recloser.RuleSlowRate {
								t.Errorf("opened by %v", e.Cause)
							}
						}
					}
				}
				t.Logf("opened after %v", first)
				if first >= row.within {
					t.Errorf("opened after %v, want less than %v", first, row.within)
				}
			})
		})
	}
}
