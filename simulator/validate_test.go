package simulator_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// fields returns the fields that a scenario was refused for.
func fields(err error) []string {
	var all []string
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range joined.Unwrap() {
			if field, ok := errors.AsType[*recloser.FieldError](one); ok {
				all = append(all, field.Field)
			}
		}
	}
	return all
}

func TestValidateNamesTheField(t *testing.T) {
	for _, row := range []struct {
		field string
		spoil func(*simulator.Scenario)
	}{
		{"duration", func(s *simulator.Scenario) { s.Duration = 0 }},
		{"protocol", func(s *simulator.Scenario) { s.Protocol = "prayer" }},
		{"fleet.environments", func(s *simulator.Scenario) { s.Fleet.Environments = 0 }},
		{"fleet.concurrency", func(s *simulator.Scenario) { s.Fleet.Concurrency = 0 }},
		{"fleet.routing", func(s *simulator.Scenario) { s.Fleet.Routing = "scenic" }},
		{"fleet.cold_start", func(s *simulator.Scenario) { s.Fleet.ColdStart = -1 }},
		{"fleet.clones", func(s *simulator.Scenario) { s.Fleet.Clones = 1.01 }},
		{"traffic.rate", func(s *simulator.Scenario) { s.Traffic.Rate = -1 }},
		{"traffic.impatient", func(s *simulator.Scenario) { s.Traffic.Impatient = 2 }},
		{"store", func(s *simulator.Scenario) { s.Store.Slow = 0 }},
		{"store.timeout", func(s *simulator.Scenario) { s.Store.Timeout = 0 }},
		{"policy.half_open.probes", func(s *simulator.Scenario) { s.Policy.HalfOpen.Probes = 0 }},
		{"dependency", func(s *simulator.Scenario) { s.Dependency = nil }},
		{"dependency[0].failing", func(s *simulator.Scenario) { s.Dependency[0].Failing = 1.2 }},
		{"dependency[0].dead", func(s *simulator.Scenario) { s.Dependency[0].Dead = 2 }},
		{"dependency[1].from", func(s *simulator.Scenario) { s.Dependency = append(s.Dependency, s.Dependency[0]) }},
		{"dependency[1].from", func(s *simulator.Scenario) {
			s.Dependency = append(s.Dependency, simulator.Phase{From: s.Duration})
		}},
		{"faults[0].kind", func(s *simulator.Scenario) { s.Faults = []simulator.Fault{{Kind: "gremlins"}} }},
		{"faults[0].every", func(s *simulator.Scenario) { s.Faults = []simulator.Fault{{Kind: simulator.FaultKill}} }},
		{"faults[0].from", func(s *simulator.Scenario) {
			s.Faults = []simulator.Fault{{Kind: simulator.FaultHang, Share: 1, From: s.Duration}}
		}},
		{"faults[0].until", func(s *simulator.Scenario) {
			s.Faults = []simulator.Fault{{Kind: simulator.FaultHang, Share: 1, From: 2, Until: 1}}
		}},
		{"faults[0].share", func(s *simulator.Scenario) { s.Faults = []simulator.Fault{{Kind: simulator.FaultHang, Share: -1}} }},
		{"orders[0].at", func(s *simulator.Scenario) { s.Orders = []simulator.Order{{At: s.Duration}} }},
		{"orders[0].mode", func(s *simulator.Scenario) { s.Orders = []simulator.Order{{Mode: "ajar"}} }},
	} {
		s := simulator.DefaultScenario()
		row.spoil(&s)
		err := s.Validate()
		if got := fields(err); !errors.Is(err, simulator.ErrScenario) || !slices.Equal(got, []string{row.field}) {
			t.Errorf("got %v, want one problem of %s", err, row.field)
		}
	}
	s := simulator.DefaultScenario()
	if err := s.Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
	s.Duration, s.Fleet.Environments, s.Store.Timeout = -time.Second, 0, 0
	if got := fields(s.Validate()); !slices.Equal(got, []string{"duration", "fleet.environments", "store.timeout"}) {
		t.Errorf("not all is told: %v", got)
	}
}

func TestWordsAreRead(t *testing.T) {
	var p simulator.Protocol
	var r simulator.Routing
	var k simulator.FaultKind
	if err := errors.Join(p.UnmarshalText([]byte("none")), r.UnmarshalText([]byte("warm")), k.UnmarshalText([]byte("late"))); err != nil ||
		p != simulator.ProtocolNone || r != simulator.RoutingWarm || k != simulator.FaultLate {
		t.Errorf("got %q, %q, %q, %v", p, r, k, err)
	}
	const want = `must be uniform or warm, not "cosy"`
	if err := r.UnmarshalText([]byte("cosy")); err == nil || err.Error() != want || r != simulator.RoutingWarm {
		t.Errorf("got %v, %q; want %s", err, r, want)
	}
}
