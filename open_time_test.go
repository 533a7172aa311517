package recloser_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// openTime returns how long a circuit opens that has relapsed so often before.
func openTime(p recloser.Policy, relapses int, retryAfter time.Duration, u float64) time.Duration {
	v := recloser.Record{State: recloser.StateHalfOpen, Relapses: relapses - 1}.At(noon)
	if relapses == 0 {
		v = recloser.Record{}.At(noon)
	}
	w := p.Trip(v, recloser.Cause{}, retryAfter, u)
	return w.OpenUntil.Sub(w.Since)
}

func TestOpenTime(t *testing.T) {
	p := recloser.DefaultPolicy() // 10s, × 2, + 20%, at most 5m.
	for _, row := range []struct {
		relapses   int
		retryAfter time.Duration
		u          float64
		want       time.Duration
	}{
		{0, 0, 0, 10 * time.Second},
		{0, 0, 0.5, 11 * time.Second},
		{1, 0, 0, 20 * time.Second},
		{2, 0, 0, 40 * time.Second},
		{2, 0, 0.25, 42 * time.Second},
		{4, 0, 0, 160 * time.Second},
		{5, 0, 0, 5 * time.Minute}, // Not 320s.
		{4, 0, 0.999, 191968 * time.Millisecond},
		{1000, 0, 0.5, 5 * time.Minute},
		{0, 5 * time.Second, 0, 10 * time.Second}, // Asking for less shortens nothing.
		{0, 45 * time.Second, 0, 45 * time.Second},
		{0, 45 * time.Second, 0.999, 45 * time.Second},
		{3, 45 * time.Second, 0, 80 * time.Second},
		{0, time.Hour, 0, 5 * time.Minute},
		{0, math.MaxInt64, 0, 5 * time.Minute},
		{0, -time.Hour, 0, 10 * time.Second},
	} {
		if got := openTime(p, row.relapses, row.retryAfter, row.u); got != row.want {
			t.Errorf("%d relapses, retry after %v, u %v: open for %v, want %v", row.relapses, row.retryAfter, row.u, got, row.want)
		}
	}
}

// TestOpenTimeIsBounded: never shorter than the cooldown, so that probes of two
// generations stay apart, and never longer than max_cooldown; jitter only adds,
// and more of anything shortens nothing. LAWS.md, S1c and L1.
func TestOpenTimeIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPolicy.Draw(t, "policy")
		relapses := rapid.IntRange(0, 1000).Draw(t, "relapses")
		retryAfter := time.Duration(rapid.Int64().Draw(t, "retry after"))
		u := rapid.Float64Range(0, math.Nextafter(1, 0)).Draw(t, "u")
		got := openTime(p, relapses, retryAfter, u)
		if got < p.OpenFor.Cooldown || got > p.OpenFor.MaxCooldown {
			t.Fatalf("open for %v, of %v to %v", got, p.OpenFor.Cooldown, p.OpenFor.MaxCooldown)
		}
		for name, least := range map[string]time.Duration{
			"without jitter":        openTime(p, relapses, retryAfter, 0),
			"without being asked":   openTime(p, relapses, 0, u),
			"with a relapse less":   openTime(p, max(relapses-1, 0), retryAfter, u),
			"for what is asked for": min(retryAfter.Truncate(time.Millisecond), p.OpenFor.MaxCooldown),
		} {
			if got < least {
				t.Errorf("open for %v, and %s for %v", got, name, least)
			}
		}
	})
}

// TestRelapses: what counts as one. LAWS.md, R2.
func TestRelapses(t *testing.T) {
	p := recloser.DefaultPolicy() // Ramps for 30s, and judges 10s.
	recovered := recloser.Cause{Rule: recloser.RuleRecovered}
	for _, row := range []struct {
		name  string
		state recloser.State
		cause recloser.Cause
		age   time.Duration
		held  time.Duration
		want  int
	}{
		{"a failed probe", recloser.StateHalfOpen, recloser.Cause{}, time.Hour, time.Hour, 4},
		{"from long health", recloser.StateClosed, recloser.Cause{}, time.Second, time.Second, 0},
		{"after a reset", recloser.StateClosed, recloser.Cause{Rule: recloser.RuleReset}, time.Second, time.Second, 0},
		{"in the ramp", recloser.StateClosed, recovered, time.Second, time.Second, 4},
		{"within a window of the ramp", recloser.StateClosed, recovered, 39999 * time.Millisecond, 0, 4},
		{"a window after the ramp", recloser.StateClosed, recovered, 40 * time.Second, 0, 0},
		{"by a clock that stood", recloser.StateClosed, recovered, time.Second, 40 * time.Second, 0},
		{"by a clock that stepped back", recloser.StateClosed, recovered, -time.Hour, 39 * time.Second, 4},
	} {
		v := recloser.Record{State: row.state, Cause: row.cause, Since: noon.Add(-row.age), Relapses: 3}.At(noon)
		v.Held = row.held
		if got := p.Trip(v, recloser.Cause{}, 0, 0).Relapses; got != row.want {
			t.Errorf("%s: %d relapses, want %d", row.name, got, row.want)
		}
	}
	v := recloser.Record{State: recloser.StateHalfOpen, Relapses: math.MaxInt}.At(noon)
	if got := p.Trip(v, recloser.Cause{}, 0, 0); got.Relapses != 1000 || got.OpenUntil != noon.Add(p.OpenFor.MaxCooldown) {
		t.Errorf("got %+v", got)
	}
}
