package main

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestFleetSharesOneCircuit: five environments, one outage. What one of them has
// seen the others know without a call; one probe is in flight in all of them
// together; then traffic ramps up.
func TestFleetSharesOneCircuit(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := deploy(t, b, 10*time.Second)
			c.warm(t)
			seer := c.openByOne(t)
			c.holdOpen(t, seer)
			c.probe(t)
			c.rampUp(t)
		})
	}
}

// openByOne lets one environment see an outage until the circuit of all is open,
// and returns its name.
func (c *cloud) openByOne(t *testing.T) string {
	t.Helper()
	c.payments.become(http.StatusInternalServerError, 0)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	seer := ""
	for c.record(t).State != recloser.StateOpen {
		c.freeze(t) // So that the one used last is free, and used again.
		p, err := c.buy(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if seer == "" {
			seer = p.environment
		}
		if p.environment != seer {
			t.Fatalf("another environment than %s took part: %+v", seer, p)
		}
	}
	return seer
}

// holdOpen sees that every other environment turns its buyers away, though it has
// not seen the outage.
func (c *cloud) holdOpen(t *testing.T, seer string) {
	t.Helper()
	c.payments.become(http.StatusInternalServerError, 0)
	turnedAway := make(map[string]bool)
	c.rush(t, environments, func(p purchase) bool {
		if p.status != http.StatusServiceUnavailable || p.retryAfter == "" {
			t.Errorf("an open circuit answers %+v", p)
		}
		turnedAway[p.environment] = true
		return len(turnedAway) == environments
	})
	if calls := c.payments.seen(); len(calls) != 0 {
		t.Errorf("%d calls reached payments; only %s had seen that it is down", len(calls), seer)
	}
}

// probe sees how the circuit closes when payments is back, slowly.
func (c *cloud) probe(t *testing.T) {
	t.Helper()
	c.payments.become(http.StatusOK, 300*time.Millisecond)
	c.rush(t, environments, func(purchase) bool { return c.record(t).State == recloser.StateClosed })
	// Whoever was let in when it had closed is no probe.
	closed := c.record(t).Since.Time().Add(time.Millisecond)
	probes := slices.DeleteFunc(c.payments.seen(), func(s span) bool { return s.begin.After(closed) })
	for i, s := range probes {
		if s.end.IsZero() || i > 0 && s.begin.Before(probes[i-1].end) {
			t.Errorf("two probes were in flight at once: %v", probes)
		}
	}
	if len(probes) != 3 {
		t.Errorf("%d probes were made, want 3", len(probes))
	}
	if got := c.record(t).Cause; got.Rule != recloser.RuleRecovered || got.Calls != 3 || got.Failures != 0 {
		t.Errorf("it closed because of %v", got)
	}
}

// rampUp sees that traffic returns little by little.
func (c *cloud) rampUp(t *testing.T) {
	t.Helper()
	c.payments.become(http.StatusOK, 0)
	const over = 5 * time.Second
	type tally struct{ all, served int }
	var thirds [3]tally
	closed := c.record(t).Since.Time()
	in := 0 // In a row, after the ramp.
	c.rush(t, environments, func(p purchase) bool {
		age := time.Since(closed)
		if age >= over {
			in++
			if p.status != http.StatusCreated {
				t.Errorf("after the ramp the answer is %+v", p)
			}
			return in == 50
		}
		third := &thirds[int(3*age/over)]
		third.all++
		if p.status == http.StatusCreated {
			third.served++
		}
		return false
	})
	share := func(third tally) float64 { return float64(third.served) / float64(max(third.all, 1)) }
	// The share grows from 10 % to 100 %: 25, 55 and 85 % in the middle of each third.
	if first, last := share(thirds[0]), share(thirds[2]); first > 0.6 || last < 0.6 || first >= share(thirds[1]) || share(thirds[1]) >= last {
		t.Errorf("the thirds of the ramp admitted %v", thirds)
	}
}
