package simulator_test

import (
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// fleet is a story of so many environments and calls a second, whose clocks are as
// right as Amazon Time Sync makes them.
func fleet(seed uint64, environments int, rate float64, duration time.Duration) simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Seed, s.Duration = seed, duration
	s.Fleet.Environments, s.Fleet.ClockError = environments, 10*time.Millisecond
	s.Traffic.Rate = rate
	return s
}

// then adds a phase to a dependency that is well otherwise.
func then(s *simulator.Scenario, from time.Duration, change func(*simulator.Phase)) {
	p := s.Dependency[0]
	p.From = from
	if change != nil {
		change(&p)
	}
	s.Dependency = append(s.Dependency, p)
}

func dead(p *simulator.Phase)    { p.Failing = 1 }
func hanging(p *simulator.Phase) { p.Hanging = 1 }
