// Package phase says what a dependency does to a fleet, one stretch of time
// after the other.
package phase

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// Name names a phase in a report.
type Name string

// The phases, in the order in which they happen.
const (
	// Warming is the time in which every environment reads for the first time.
	// It is not reported.
	Warming Name = "warming"
	// Healthy is a dependency without faults.
	Healthy Name = "healthy"
	// Background is one that fails one call in a hundred.
	Background Name = "1% errors"
	// Flaky is one that fails one call in four, which opens no circuit.
	Flaky Name = "25% errors"
	// Outage is a dead one, until the circuit opens.
	Outage Name = "outage"
	// Open is a dead one while the circuit is open.
	Open Name = "open"
	// Probing is a healed one, until the circuit closes.
	Probing Name = "probing"
	// Ramp is the time in which traffic returns.
	Ramp Name = "ramp"
	// Again is a dependency that is healthy again.
	Again Name = "healthy again"
	// Slow is one whose calls are slower than what makes an environment
	// suspicious, and quicker than what is slow.
	Slow Name = "slow but healthy"
)

// Names are the phases of a report.
var Names = [...]Name{Healthy, Background, Flaky, Outage, Open, Probing, Ramp, Again, Slow}

// Event is what can end a phase before its time.
type Event string

// What happens to a circuit.
const (
	Opened Event = "opened"
	Closed Event = "closed"
)

// Phase is a stretch of time in which the dependency behaves in one way.
type Phase struct {
	Name Name `json:"name"`
	// Length is how long it lasts, or, if it has an Until, at most.
	Length time.Duration `json:"length_ns"`
	Until  Event         `json:"until,omitempty"`
	// Failing is the share of calls that fail.
	Failing float64 `json:"failing,omitempty"`
	// Call is how long a call takes.
	Call time.Duration `json:"call_ns"`
}

// Plan is what every fleet goes through, and by which policy.
type Plan struct {
	// Rate is how many calls a second the whole fleet makes.
	Rate   float64
	Policy recloser.Policy
	Phases []Phase
}

// Full is the plan whose figures are worth reporting: phases of two refreshes and
// more, and the default policy, but for a ramp that is over sooner, since
// nothing more happens in a longer one.
func Full() Plan {
	p := recloser.DefaultPolicy()
	p.Ramp.Over = 10 * time.Second
	const (
		quick = 3 * time.Millisecond
		slow  = 700 * time.Millisecond
		soon  = 30 * time.Second
	)
	return Plan{Rate: 200, Policy: p, Phases: []Phase{
		{Name: Warming, Length: 6 * time.Second, Call: quick},
		{Name: Healthy, Length: 12 * time.Second, Call: quick},
		{Name: Background, Length: 10 * time.Second, Call: quick, Failing: 0.01},
		{Name: Flaky, Length: 10 * time.Second, Call: quick, Failing: 0.25},
		{Name: Outage, Length: soon, Until: Opened, Call: quick, Failing: 1},
		{Name: Open, Length: p.OpenFor.Cooldown - 2*time.Second, Call: quick, Failing: 1},
		{Name: Probing, Length: soon, Until: Closed, Call: quick},
		{Name: Ramp, Length: p.Ramp.Over, Call: quick},
		{Name: Again, Length: 12 * time.Second, Call: quick},
		{Name: Slow, Length: 10 * time.Second, Call: slow},
	}}
}

// Short is a plan that goes through most of it in a fraction of the time, so that
// the way there cannot rot. Its circuit stays open no longer than it must.
func Short() Plan {
	p := recloser.DefaultPolicy()
	p.Call.Timeout = 2 * time.Second
	p.OpenWhen.SlowAfter = time.Second // A call is suspicious as late as by default.
	p.HalfOpen.Margin = 50 * time.Millisecond
	p.OpenFor.Cooldown = p.Lease() + p.HalfOpen.Margin
	p.OpenFor.Jitter = 0
	p.Ramp.Over = 500 * time.Millisecond
	const (
		quick  = time.Millisecond
		little = 400 * time.Millisecond
		soon   = 10 * time.Second
	)
	return Plan{Rate: 60, Policy: p, Phases: []Phase{
		{Name: Warming, Length: little, Call: quick},
		{Name: Healthy, Length: 3 * little, Call: quick},
		{Name: Background, Length: little, Call: quick, Failing: 0.01},
		{Name: Flaky, Length: little, Call: quick, Failing: 0.25},
		{Name: Outage, Length: soon, Until: Opened, Call: quick, Failing: 1},
		{Name: Open, Length: little, Call: quick, Failing: 1},
		{Name: Probing, Length: soon, Until: Closed, Call: quick},
		{Name: Ramp, Length: p.Ramp.Over, Call: quick},
		{Name: Again, Length: little, Call: quick},
	}}
}

// PlanOf returns the short plan or the full one.
func PlanOf(short bool) Plan {
	if short {
		return Short()
	}
	return Full()
}
