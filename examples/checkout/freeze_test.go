package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestThawTrustsNoOldView: environments are frozen for an hour by the wall clock,
// and for a moment by their monotonic one. Meanwhile the circuit opens. None of
// them makes a call by what it knew. LAWS.md, L4.
func TestThawTrustsNoOldView(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := deploy(t, b, 10*time.Second)
			c.warm(t)
			c.freeze(t)
			step(t, c.clock, time.Hour)
			// Whoever opened it did so a moment ago, by a clock an hour on.
			now := recloser.InstantOf(time.Now().Add(time.Hour))
			_, err := c.store.Apply(t.Context(), "payments", recloser.Transition{
				Generation: c.record(t).Generation, To: recloser.StateOpen, Since: now, OpenUntil: now.Add(5 * time.Second),
				Cause: recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 20, Failures: 20},
			})
			if err != nil {
				t.Fatal(err)
			}
			c.payments.become(http.StatusInternalServerError, 0)
			turnedAway := make(map[string]bool)
			c.rush(t, environments, func(p purchase) bool {
				if p.status != http.StatusServiceUnavailable {
					t.Errorf("after the thaw the answer is %+v", p)
				}
				turnedAway[p.environment] = true
				return len(turnedAway) == environments
			})
			if calls := c.payments.seen(); len(calls) != 0 {
				t.Errorf("%d calls were made by a view an hour old", len(calls))
			}
		})
	}
}
