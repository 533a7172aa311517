package valkeystore_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// TestExpiry: a record outlives its last write by Options.Expiry, and its open
// time and its override by a week, and no more than a century whatever it says.
func TestExpiry(t *testing.T) {
	const day = 24 * time.Hour
	m := miniredis.RunT(t)
	now := time.Unix(1_767_225_600, 0)
	m.SetTime(now)
	at := func(d time.Duration) recloser.Instant { return recloser.InstantOf(now.Add(d)) }
	s := open(t, "redis://"+m.Addr(), func(o *valkeystore.OpenOptions) { o.Expiry = 10 * day })
	for name, row := range map[string]struct {
		w    recloser.Write
		want time.Duration
	}{
		"watch":         {recloser.Watch{At: 1, Share: 1}, 10 * day},
		"open":          {recloser.Transition{To: recloser.StateOpen, OpenUntil: at(day)}, 10 * day},
		"open for long": {recloser.Transition{To: recloser.StateOpen, OpenUntil: at(30 * day)}, 37 * day},
		"override":      {recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideOpen, Until: at(90 * day), Actor: "a"}}, 97 * day},
		"for ever":      {recloser.Transition{To: recloser.StateOpen, OpenUntil: 1<<63 - 1}, 36500 * day},
		"long ago":      {recloser.Transition{To: recloser.StateOpen, OpenUntil: -1 << 63}, 10 * day},
	} {
		if _, err := s.Apply(t.Context(), name, row.w); err != nil {
			t.Fatal(err)
		}
		if got := m.TTL("recloser:{" + name + "}"); got != row.want {
			t.Errorf("%s: it expires after %v, not %v", name, got, row.want)
		}
	}
	m.SetTime(now.Add(day))
	if _, err := s.Apply(t.Context(), "watch", recloser.Watch{Generation: 1, At: 2, Share: 1}); err == nil {
		t.Fatal("it does not conflict")
	}
	if got := m.TTL("recloser:{watch}"); got != 10*day {
		t.Errorf("a conflict has changed the expiry to %v", got)
	}
	m.FastForward(11 * day)
	if r, err := s.Load(t.Context(), "watch"); err != nil || r != (recloser.Record{}) {
		t.Errorf("it has expired: %+v, %v", r, err)
	}
}
