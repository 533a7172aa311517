package recloser_test

import (
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// drawnPolicy is any valid policy.
var drawnPolicy = rapid.Custom(func(t *rapid.T) recloser.Policy {
	millis := func(name string, least, most time.Duration) time.Duration {
		return time.Duration(rapid.Int64Range(least.Milliseconds(), max(least, most).Milliseconds()).Draw(t, name)) * time.Millisecond
	}
	share := func(name string, least float64) recloser.Share {
		return recloser.Share(rapid.Float64Range(least, 1).Draw(t, name))
	}
	p := recloser.DefaultPolicy()
	p.Call.Timeout = millis("timeout", time.Millisecond, time.Minute)
	p.HalfOpen = recloser.HalfOpen{
		Probes:    rapid.IntRange(1, recloser.MaxProbes).Draw(t, "probes"),
		Successes: rapid.IntRange(1, 5).Draw(t, "successes"),
		Failures:  rapid.IntRange(1, 3).Draw(t, "failures"),
		Margin:    millis("margin", time.Millisecond, 10*time.Second),
	}
	if rapid.Bool().Draw(t, "own lease") {
		p.HalfOpen.Lease = millis("lease", p.Call.Timeout+p.HalfOpen.Margin, 5*time.Minute)
	}
	p.OpenFor.Cooldown = millis("cooldown", p.Lease()+p.HalfOpen.Margin, 10*time.Minute)
	p.OpenFor.Backoff = rapid.Float64Range(1, 100).Draw(t, "backoff")
	p.OpenFor.Jitter = share("jitter", 0)
	longest := time.Duration(float64(p.OpenFor.Cooldown) * (1 + float64(p.OpenFor.Jitter)))
	p.OpenFor.MaxCooldown = millis("max cooldown", longest+time.Millisecond, 24*time.Hour)
	p.OpenWhen.Window = time.Duration(rapid.IntRange(1, 60).Draw(t, "window")) * time.Second
	p.OpenWhen.FailureRate = share("failure rate", 0.01)
	p.OpenWhen.SlowRate, p.OpenWhen.SlowAfter = share("slow rate", 0), p.Call.Timeout
	p.OpenWhen.MinCalls = rapid.IntRange(1, 20).Draw(t, "min calls")
	p.OpenWhen.Confidence = rapid.SampledFrom([]recloser.Share{0, 0.5, 0.95, 0.999}).Draw(t, "confidence")
	p.Ramp = recloser.Ramp{From: share("ramp from", 0.01), Over: millis("ramp over", 0, time.Hour)}
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	return p
})
