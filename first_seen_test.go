package recloser_test

import (
	"context"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// asking is a store that its environment is frozen before it reaches.
type asking struct {
	*spy
	before func()
}

func (s asking) Load(ctx context.Context, key string) (recloser.Record, error) {
	s.before()
	return s.spy.Load(ctx, key)
}

// What an environment has first seen after it was frozen in the middle of a read is
// as old as the answer, not as the question: a circuit that opened meanwhile, or a
// slot that was claimed, is not over for it before it is for others. LAWS.md, S1.
func TestWhatAThawedReadBringsIsNew(t *testing.T) {
	open := recloser.Transition{To: recloser.StateOpen, Relapses: 1}
	for _, row := range []struct {
		name   string
		writes func(now recloser.Instant, p recloser.Policy) []recloser.Write
		want   recloser.Reason
	}{
		{"it opened", func(now recloser.Instant, p recloser.Policy) []recloser.Write {
			w := open
			w.Since, w.OpenUntil = now, now.Add(p.OpenFor.Cooldown)
			return []recloser.Write{w}
		}, recloser.ReasonOpen},
		{"a slot was claimed", func(now recloser.Instant, p recloser.Policy) []recloser.Write {
			w := open
			w.Since, w.OpenUntil = now.Add(-p.OpenFor.Cooldown), now
			return []recloser.Write{w, recloser.Claim{
				Generation: 1, First: true, Since: now, Lease: recloser.Lease{Token: "b", End: now.Add(p.Lease())},
			}}
		}, recloser.ReasonProbing},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock, store, frozen := newHands(), new(spy), false
			var b *recloser.Breaker
			freeze := func() {
				if frozen {
					return
				}
				frozen = true
				clock.freeze(time.Minute)
				for _, w := range row.writes(recloser.InstantOf(clock.now()), b.Policy()) {
					if _, err := store.MemoryStore.Apply(context.Background(), b.Key(), w); err != nil {
						t.Fatal(err)
					}
				}
			}
			b = newBreaker(t, clock.option, plain, func(o *recloser.Options) { o.Store = asking{store, freeze} })
			if r := rejected(t, b); r.Reason != row.want {
				t.Errorf("rejected as %q, want %q", r.Reason, row.want)
			}
		})
	}
}
