package simulator

import "github.com/recloser-dev/recloser"

// With returns the scenario with breakers made of something else.
func (s Scenario) With(options func(*recloser.Options)) Scenario {
	s.options = options
	return s
}
