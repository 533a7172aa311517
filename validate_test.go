package recloser_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

func TestDefaultPolicyIsValid(t *testing.T) {
	if err := recloser.DefaultPolicy().Validate(); err != nil {
		t.Error(err)
	}
	if got, want := recloser.DefaultPolicy().Lease(), 6*time.Second; got != want {
		t.Errorf("the lease is %v, want %v", got, want)
	}
}

// fieldErrors returns the errors that err joins.
func fieldErrors(t *testing.T, err error) []*recloser.FieldError {
	t.Helper()
	var all []*recloser.FieldError
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			var field *recloser.FieldError
			if !errors.As(e, &field) {
				t.Errorf("%v is no FieldError", e)
				continue
			}
			all = append(all, field)
		}
	}
	return all
}

// badPolicies are policies of which one field is wrong, and what is told of it.
var badPolicies = []struct {
	field string
	spoil func(*recloser.Policy)
	says  string
}{
	{"open_when.failure_rate", func(p *recloser.Policy) { p.OpenWhen.FailureRate = 1.5 }, "must be from 0% to 100%, not 150%"},
	{"open_when.failure_rate", func(p *recloser.Policy) { p.OpenWhen.FailureRate = recloser.Share(math.NaN()) }, "not NaN%"},
	{"open_when.slow_rate", func(p *recloser.Policy) { p.OpenWhen.SlowRate = -0.1 }, "not -10%"},
	{"open_when.slow_after", func(p *recloser.Policy) { p.OpenWhen.SlowAfter = 0 }, "must be from 1ms to 24h0m0s, not 0s"},
	{"open_when.slow_after", func(p *recloser.Policy) { p.OpenWhen.SlowAfter = 4 * time.Second }, "is 4s, longer than call.timeout of 3s, so no call could ever be slow; use at most 3s"},
	{"open_when.window", func(p *recloser.Policy) { p.OpenWhen.Window = 0 }, "must be from 1s to 1h0m0s, not 0s"},
	{"open_when.window", func(p *recloser.Policy) { p.OpenWhen.Window = 2 * time.Hour }, "not 2h0m0s"},
	{"open_when.window", func(p *recloser.Policy) { p.OpenWhen.Window = 1500 * time.Millisecond }, "must be a whole number of seconds, not 1.5s"},
	{"open_when.min_calls", func(p *recloser.Policy) { p.OpenWhen.MinCalls = 0 }, "must be from 1 to 1000000, not 0"},
	{"open_when.confidence", func(p *recloser.Policy) { p.OpenWhen.Confidence = 1 }, "no evidence gives certainty; use at most 99.999%"},
	{"open_when.confidence", func(p *recloser.Policy) { p.OpenWhen.Confidence = 2 }, "must be from 0% to 100%, not 200%"},
	{"open_when.confidence", func(p *recloser.Policy) { p.OpenWhen.Confidence = recloser.Share(math.NaN()) }, "not NaN%"},
	{"open_when.consecutive", func(p *recloser.Policy) { p.OpenWhen.Consecutive = -1 }, "must be from 0 to 1000000, not -1"},
	{"open_when", func(p *recloser.Policy) {
		p.OpenWhen.FailureRate, p.OpenWhen.SlowRate, p.OpenWhen.Consecutive = 0, 0, 0
	}, "has no rule, so the circuit could never open; set failure_rate, slow_rate or consecutive"},

	{"open_for.cooldown", func(p *recloser.Policy) { p.OpenFor.Cooldown = 0 }, "must be from 1ms to 24h0m0s, not 0s"},
	{"open_for.cooldown", func(p *recloser.Policy) { p.OpenFor.Cooldown = -time.Second }, "not -1s"},
	{"open_for.cooldown", func(p *recloser.Policy) { p.OpenFor.Cooldown = math.MaxInt64 }, "must be from 1ms to 24h0m0s"},
	{
		"open_for.cooldown", func(p *recloser.Policy) { p.OpenFor.Cooldown = 8 * time.Second },
		"is 8s, less than lease + margin = 6s + 3s = 9s: probes of two generations could be in flight at once; raise it, or shorten call.timeout or half_open.margin",
	},
	{"open_for.max_cooldown", func(p *recloser.Policy) { p.OpenFor.MaxCooldown = 25 * time.Hour }, "must be from 1ms to 24h0m0s, not 25h0m0s"},
	{"open_for.max_cooldown", func(p *recloser.Policy) { p.OpenFor.MaxCooldown = 0 }, "must be from 1ms to 24h0m0s, not 0s"},
	{"open_for.max_cooldown", func(p *recloser.Policy) { p.OpenFor.MaxCooldown = 11 * time.Second }, "is 11s, less than cooldown + jitter = 10s + 20% = 12s; raise it to 12s or more"},
	{"open_for.backoff", func(p *recloser.Policy) { p.OpenFor.Backoff = 0.5 }, "must be from 1 to 100, not 0.5"},
	{"open_for.backoff", func(p *recloser.Policy) { p.OpenFor.Backoff = math.NaN() }, "must be from 1 to 100, not NaN"},
	{"open_for.backoff", func(p *recloser.Policy) { p.OpenFor.Backoff = math.Inf(1) }, "must be from 1 to 100, not +Inf"},
	{"open_for.jitter", func(p *recloser.Policy) { p.OpenFor.Jitter = 1.1 }, "must be from 0% to 100%, not 110%"},
	{"open_for.jitter", func(p *recloser.Policy) { p.OpenFor.Jitter = recloser.Share(math.NaN()) }, "not NaN%"},

	{"half_open.probes", func(p *recloser.Policy) { p.HalfOpen.Probes = 0 }, "must be from 1 to 8, not 0"},
	{"half_open.probes", func(p *recloser.Policy) { p.HalfOpen.Probes = 9 }, "must be from 1 to 8, not 9"},
	{"half_open.successes", func(p *recloser.Policy) { p.HalfOpen.Successes = 0 }, "must be from 1 to 10000, not 0"},
	{"half_open.failures", func(p *recloser.Policy) { p.HalfOpen.Failures = 0 }, "must be from 1 to 10000, not 0"},
	{"half_open.margin", func(p *recloser.Policy) { p.HalfOpen.Margin = 0 }, "must be from 1ms to 24h0m0s, not 0s"},
	{"half_open.margin", func(p *recloser.Policy) { p.HalfOpen.Margin = 25 * time.Hour }, "not 25h0m0s"},
	{"half_open.lease", func(p *recloser.Policy) { p.HalfOpen.Lease = -time.Second }, "must be from 1ms to 24h0m0s, not -1s"},
	{"half_open.lease", func(p *recloser.Policy) { p.HalfOpen.Lease = 25 * time.Hour }, "must be from 1ms to 24h0m0s, not 25h0m0s"},
	{
		"half_open.lease", func(p *recloser.Policy) { p.HalfOpen.Lease = 5 * time.Second },
		"is 5s, less than call.timeout + margin = 3s + 3s = 6s: a probe could outlive its lease; raise it, or leave it out to have it derived",
	},

	{"ramp.from", func(p *recloser.Policy) { p.Ramp.From = 0 }, "must be above 0%, or nothing would be admitted after closing"},
	{"ramp.from", func(p *recloser.Policy) { p.Ramp.From = -0.5 }, "must be from 0% to 100%, not -50%"},
	{"ramp.over", func(p *recloser.Policy) { p.Ramp.Over = -time.Second }, "must be from 0s to 24h0m0s, not -1s"},
	{"call.timeout", func(p *recloser.Policy) { p.Call.Timeout = 0 }, "must be from 1ms to 24h0m0s, not 0s"},
	{"call.timeout", func(p *recloser.Policy) { p.Call.Timeout = math.MaxInt64 }, "must be from 1ms to 24h0m0s"},
	{"call.reserve", func(p *recloser.Policy) { p.Call.Reserve = -1 }, "must be from 0s to 24h0m0s, not -1ns"},
	{"call.concurrency", func(p *recloser.Policy) { p.Call.Concurrency = -1 }, "must be from 0 to 1000000, not -1"},
	{"when_store_fails", func(p *recloser.Policy) { p.WhenStoreFails = "panic" }, `must be last_known, allow or reject, not "panic"`},
	{"when_store_fails", func(p *recloser.Policy) { p.WhenStoreFails = "" }, `not ""`},
	{"enforce", func(p *recloser.Policy) { p.Enforce = 7 }, "must be from 0% to 100%, not 700%"},
}

// TestValidate: what is wrong with one field is told once, by the field's name
// and with the numbers that show it.
func TestValidate(t *testing.T) {
	for _, row := range badPolicies {
		p := recloser.DefaultPolicy()
		row.spoil(&p)
		err := p.Validate()
		all := fieldErrors(t, err)
		if len(all) != 1 || all[0].Field != row.field || !strings.Contains(all[0].Problem, row.says) {
			t.Errorf("want one error of %s that says %q, got %d:\n%v", row.field, row.says, len(all), err)
		}
		if !errors.Is(err, recloser.ErrPolicy) {
			t.Errorf("%v does not match ErrPolicy", err)
		}
	}
}

// TestValidateTellsEverything: all fields that are wrong, at once.
func TestValidateTellsEverything(t *testing.T) {
	fields := make(map[string]bool)
	for _, e := range fieldErrors(t, recloser.Policy{}.Validate()) {
		fields[e.Field] = true
	}
	for _, field := range []string{
		"open_when", "open_when.window", "open_when.min_calls", "open_for.cooldown", "open_for.max_cooldown", "open_for.backoff",
		"half_open.probes", "half_open.successes", "half_open.failures", "half_open.margin", "call.timeout", "when_store_fails",
	} {
		if !fields[field] {
			t.Errorf("of the zero policy, %s is not told", field)
		}
	}
}

// TestValidateAllowsWhatIsOff: rules and limits that are turned off need no
// values.
func TestValidateAllowsWhatIsOff(t *testing.T) {
	for name, set := range map[string]func(*recloser.Policy){
		"no slow rate":    func(p *recloser.Policy) { p.OpenWhen.SlowRate, p.OpenWhen.SlowAfter = 0, 0 },
		"no ramp":         func(p *recloser.Policy) { p.Ramp = recloser.Ramp{} },
		"no failure rate": func(p *recloser.Policy) { p.OpenWhen.FailureRate = 0 },
		"no confidence":   func(p *recloser.Policy) { p.OpenWhen.Confidence = 0 },
		"no enforcement":  func(p *recloser.Policy) { p.Enforce = 0 },
		"own lease":       func(p *recloser.Policy) { p.HalfOpen.Lease = 7 * time.Second },
		"exact bounds": func(p *recloser.Policy) {
			p.OpenFor.Cooldown, p.OpenFor.MaxCooldown, p.OpenWhen.SlowAfter = 9*time.Second, 10800*time.Millisecond, 3*time.Second
		},
	} {
		p := recloser.DefaultPolicy()
		set(&p)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestValidateHoldsProbesApart: of a million policies around the bounds, those
// and only those are let through that keep a probe within its lease, and leases
// within the open time. LAWS.md, S1c.
func TestValidateHoldsProbesApart(t *testing.T) {
	runs := 1_000_000
	if testing.Short() {
		runs /= 20
	}
	random := rand.New(rand.NewPCG(1, 2))
	some := func(most int) time.Duration { return time.Duration(1+random.IntN(most)) * time.Millisecond }
	valid := 0
	for range runs {
		p := recloser.DefaultPolicy()
		p.OpenWhen.SlowRate = 0
		p.Call.Timeout, p.HalfOpen.Margin, p.OpenFor.Cooldown = some(5), some(5), some(30)
		if random.IntN(2) == 0 {
			p.HalfOpen.Lease = some(15)
		}
		lease := p.HalfOpen.Lease
		if lease == 0 {
			lease = p.Call.Timeout + p.HalfOpen.Margin
		}
		apart := lease >= p.Call.Timeout+p.HalfOpen.Margin && p.OpenFor.Cooldown >= lease+p.HalfOpen.Margin
		if got := p.Validate() == nil; got != apart {
			t.Fatalf("timeout %v, margin %v, lease %v, cooldown %v: valid is %t, want %t",
				p.Call.Timeout, p.HalfOpen.Margin, p.HalfOpen.Lease, p.OpenFor.Cooldown, got, apart)
		}
		if apart {
			valid++
		}
	}
	if valid < runs/5 || valid > runs*4/5 {
		t.Errorf("%d of %d policies were valid, which shows little", valid, runs)
	}
	evidence.Record(t, evidence.Entry{
		Law: "S1c", Seeds: runs, Promise: "1,000,000 random configurations", Worst: "none let through, or refused, wrongly", Met: runs >= 1_000_000,
		Note: "fewer with -short", How: fmt.Sprintf("policies around the bounds, of which %s are sound", evidence.Thousands(valid)),
	})
}

// TestValidateHoldsProbesApartFarOut does so for lengths that do not fit into
// sums. LAWS.md, S1c.
func TestValidateHoldsProbesApartFarOut(t *testing.T) {
	edges := []time.Duration{
		math.MinInt64, -time.Second, 0, 1, time.Millisecond, time.Second, 10 * time.Second, time.Hour,
		8 * time.Hour, 12 * time.Hour, 24 * time.Hour, 25 * time.Hour, math.MaxInt64 / 2, math.MaxInt64,
	}
	valid := 0
	for _, timeout := range edges {
		for _, margin := range edges {
			for _, lease := range edges {
				for _, cooldown := range edges {
					p := recloser.DefaultPolicy()
					p.OpenWhen.SlowRate, p.OpenFor.Jitter, p.OpenFor.MaxCooldown = 0, 0, 24*time.Hour
					p.Call.Timeout, p.HalfOpen.Margin, p.HalfOpen.Lease, p.OpenFor.Cooldown = timeout, margin, lease, cooldown
					if p.Validate() != nil {
						continue
					}
					valid++
					held := lease.Hours()
					if lease == 0 {
						held = timeout.Hours() + margin.Hours()
					}
					if min(timeout, margin) <= 0 || held < timeout.Hours()+margin.Hours() || cooldown.Hours() < held+margin.Hours() {
						t.Errorf("timeout %v, margin %v, lease %v, cooldown %v are let through", timeout, margin, lease, cooldown)
					}
				}
			}
		}
	}
	if valid == 0 {
		t.Error("no policy was valid")
	}
}
