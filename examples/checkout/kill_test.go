package main

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// TestKilledProbeFreesItsSlot: an environment that holds the only probe slot is
// killed. Nobody else probes before its lease and the margin are over, and then
// somebody does. LAWS.md, S8.
func TestKilledProbeFreesItsSlot(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			c := deploy(t, b, 10*time.Second)
			c.warm(t)
			c.openByOne(t)
			c.payments.hang()
			prober := c.awaitProber(t)
			lease := c.record(t).Probes[0]
			if lease.Token == "" {
				t.Fatalf("%s probes without a lease: %+v", prober, c.record(t))
			}
			if err := c.Kill(t.Context(), prober); err != nil {
				t.Fatal(err)
			}
			c.payments.become(http.StatusOK, 0)
			var next time.Time
			c.rush(t, environments, func(purchase) bool {
				if calls := c.payments.seen(); len(calls) > 0 {
					next = calls[0].begin
				}
				return c.record(t).State == recloser.StateClosed
			})
			margin := 200 * time.Millisecond
			free := lease.End.Time().Add(margin)
			if next.Before(free) {
				t.Errorf("the next probe was made %v before the slot was free", free.Sub(next))
			}
			if late := next.Sub(free); late > 5*time.Second {
				t.Errorf("the next probe was made %v after the slot was free", late)
			}
			t.Logf("the slot was taken %v after it was free", next.Sub(free))
		})
	}
}

// awaitProber invokes the function until one of its environments calls payments,
// which hangs, and returns its name.
func (c *cloud) awaitProber(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_, _ = c.buy(ctx) // The one that probes does not end.
		}
	}()
	t.Cleanup(func() { <-ended })
	defer cancel()
	pace := time.NewTicker(5 * time.Millisecond)
	defer pace.Stop()
	for {
		select {
		case <-pace.C:
		case <-ctx.Done():
			t.Fatalf("nobody has probed within %v", patience)
		}
		if len(c.payments.seen()) == 0 {
			continue
		}
		for _, e := range c.Environments() {
			if e.InFlight > 0 {
				return e.Name
			}
		}
	}
}
