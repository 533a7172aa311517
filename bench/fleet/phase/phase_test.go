package phase_test

import (
	"slices"
	"testing"

	"github.com/recloser-dev/recloser"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
)

func TestPlans(t *testing.T) {
	for name, plan := range map[string]phase.Plan{"full": phase.PlanOf(false), "short": phase.PlanOf(true)} {
		t.Run(name, func(t *testing.T) {
			if err := plan.Policy.Validate(); err != nil {
				t.Error(err)
			}
			if plan.Phases[0].Name != phase.Warming {
				t.Errorf("begins with %q, and views are refreshed in step at first", plan.Phases[0].Name)
			}
			last := -1
			for _, p := range plan.Phases[1:] {
				at := slices.Index(phase.Names[:], p.Name)
				if at <= last {
					t.Errorf("%q is reported before the phase before it, or not at all", p.Name)
				}
				last = at
				if p.Length <= 0 || p.Call <= 0 || p.Failing < 0 || p.Failing > 1 {
					t.Errorf("%+v", p)
				}
			}
		})
	}
}

// What the figures rest on.
func TestFull(t *testing.T) {
	plan := phase.Full()
	for _, p := range plan.Phases {
		switch p.Name {
		case phase.Warming:
			if p.Length <= recloser.RefreshInterval {
				t.Errorf("%v ends before the first refresh", p.Name)
			}
		case phase.Healthy, phase.Again:
			if p.Length < 2*recloser.RefreshInterval || p.Failing != 0 {
				t.Errorf("%+v; want two refreshes without a fault", p)
			}
		case phase.Open:
			if p.Length >= plan.Policy.OpenFor.Cooldown || p.Failing != 1 {
				t.Errorf("%+v; want it over before the open time", p)
			}
		case phase.Slow:
			call := plan.Policy.Call
			if slow := plan.Policy.OpenWhen.SlowAfter; p.Call >= slow || p.Call <= (call.Timeout-slow)/2 || p.Failing != 0 {
				t.Errorf("%+v; want calls that look suspicious, and are not slow", p)
			}
		case phase.Outage, phase.Probing:
			if p.Until == "" {
				t.Errorf("%+v; want it over when the circuit has moved", p)
			}
		case phase.Background, phase.Flaky, phase.Ramp:
		}
	}
}
