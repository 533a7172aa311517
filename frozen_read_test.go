package recloser_test

import (
	"context"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// unsent is a store whose first read is sent only after something else.
type unsent struct {
	recloser.Store
	first func()
}

func (s *unsent) Load(ctx context.Context, key string) (recloser.Record, error) {
	if first := s.first; first != nil {
		s.first = nil
		first()
	}
	return s.Store.Load(ctx, key)
}

// An environment that was frozen before it had sent its read takes what has come to be
// meanwhile for as new as it is: neither is a lease over that was just claimed, nor
// an open time that has just begun. LAWS.md, S1 and S1c.
func TestFreezeBeforeAReadIsSent(t *testing.T) {
	p := recloser.DefaultPolicy()
	opens := func(now recloser.Instant) recloser.Write {
		return recloser.Transition{To: recloser.StateOpen, Since: now, OpenUntil: now.Add(p.OpenFor.Cooldown)}
	}
	claims := func(now recloser.Instant) recloser.Write {
		return recloser.Claim{Generation: 1, First: true, Since: now, Lease: recloser.Lease{Token: "another", End: now.Add(p.Lease())}}
	}
	for _, row := range []struct {
		name   string
		writes []func(recloser.Instant) recloser.Write
	}{
		{"opens", []func(recloser.Instant) recloser.Write{opens}},
		{"opens, and another claims", []func(recloser.Instant) recloser.Write{opens, claims}},
	} {
		for _, outage := range []bool{false, true} {
			clock, store := newHands(), new(spy)
			held := &unsent{Store: store}
			b := newBreaker(t, clock.option, plain, func(o *recloser.Options) { o.Store = held })
			if outage {
				store.fail(errGone)
				_ = call(b, nil)
				store.fail(nil)
				clock.advance(2 * time.Second)
			}
			held.first = func() {
				clock.freeze(time.Hour)
				for _, write := range row.writes {
					if _, err := store.Apply(t.Context(), b.Key(), write(recloser.InstantOf(clock.now()))); err != nil {
						t.Error(err)
					}
				}
			}
			if permit, err := b.Allow(t.Context()); err == nil || permit.Probe() {
				t.Errorf("%s, after an outage: %t: Allow() lets a probe through: %t", row.name, outage, permit.Probe())
			}
			for range 2 {
				clock.advance(p.Lease() + p.HalfOpen.Margin + time.Second)
				if _, err := b.Allow(t.Context()); err == nil {
					break
				}
			}
			if s := b.Status(); s.State != recloser.StateHalfOpen {
				t.Errorf("%s, after an outage: %t: nobody probes when its time has come: %v", row.name, outage, s.State)
			}
		}
	}
}
