package recloser_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// A store that is slow, but within its timeout, is a store: the circuit opens,
// is probed and closes through it. LAWS.md, L1.
func TestSlowStoreServes(t *testing.T) {
	for _, latency := range []time.Duration{0, 10 * time.Millisecond, 60 * time.Millisecond, 90 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store := &spy{befalls: func(recloser.Write) fault { return fault{wait: latency} }}
				h := new(history)
				b := newBreaker(t, store.option, h.option, func(o *recloser.Options) { o.Policy.OpenWhen.Consecutive = 0 })
				began := time.Now()
				opened := time.Duration(0)
				for time.Since(began) < 30*time.Second {
					_ = call(b, errDown)
					if opened == 0 && b.Status().State == recloser.StateOpen {
						opened = time.Since(began)
					}
					time.Sleep(20 * time.Millisecond)
				}
				if opened == 0 || opened > 10*time.Second {
					t.Errorf("opened after %v", opened)
				}
				began = time.Now()
				for store.record(t).State != recloser.StateClosed {
					if _ = call(b, nil); time.Since(began) > 2*time.Minute {
						t.Fatalf("not closed after %v: %+v", time.Since(began), b.Status())
					}
					time.Sleep(20 * time.Millisecond)
				}
				t.Logf("opened after %v, closed after %v", opened, time.Since(began))
				if f := h.of(recloser.EventStoreFailed); len(f) > 0 {
					t.Errorf("the store was said to have failed: %v", f)
				}
			})
		})
	}
}
