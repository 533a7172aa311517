package story

import (
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// Outage is something ready-made that goes wrong.
type Outage struct {
	// Name is what it is chosen by.
	Name string
	// Does says what goes wrong, in a line.
	Does string

	befall func(*scene)
}

// scene is where an outage takes place: from one moment until another.
type scene struct {
	*simulator.Scenario
	from, until time.Duration
}

// ill adds a phase in which the dependency is as spoil makes it, and the end of it.
func (s *scene) ill(spoil func(*simulator.Phase)) {
	ill, well := s.Dependency[0], s.Dependency[0]
	ill.From, well.From = s.from, s.until
	spoil(&ill)
	s.Dependency = append(s.Dependency, ill, well)
}

func (s *scene) dead() { s.ill(func(p *simulator.Phase) { p.Failing = 1 }) }

// fault adds one that lasts as long as the outage.
func (s *scene) fault(f simulator.Fault) {
	f.From, f.Until = s.from, s.until
	s.Faults = append(s.Faults, f)
}

// always changes the dependency at all times.
func (s *scene) always(change func(*simulator.Phase)) {
	for i := range s.Dependency {
		change(&s.Dependency[i])
	}
}

// Outages returns all that can go wrong.
func Outages() []Outage {
	return []Outage{
		{"none", "nothing goes wrong", func(*scene) {}},
		{"dead", "every call fails at once", (*scene).dead},
		{"slow", "every call succeeds, but takes longer than slow_after", (*scene).slow},
		{"hung", "no call is ever answered", func(s *scene) { s.ill(func(p *simulator.Phase) { p.Hanging = 1 }) }},
		{"half", "half of the calls fail", func(s *scene) { s.ill(func(p *simulator.Phase) { p.Failing = 0.5 }) }},
		{"flaky", "one call in five fails, which is less than most policies open on", func(s *scene) {
			s.ill(func(p *simulator.Phase) { p.Failing = 0.2 })
		}},
		{"background", "one call in a hundred fails all the time, and from then on all do", func(s *scene) {
			s.always(func(p *simulator.Phase) { p.Failing = 0.01 })
			s.dead()
		}},
		{"partition", "one of ten partitions is dead; each has a circuit of its own", func(s *scene) {
			s.Traffic.Partitions = 10
			s.ill(func(p *simulator.Phase) { p.Dead = 1 })
		}},
		{"one-circuit", "one call in ten goes where all calls fail, and all share one circuit", func(s *scene) {
			s.ill(func(p *simulator.Phase) { p.Failing = 0.1 })
		}},
		{"capacity", "it serves half of the calls that come; a second's worth of others wait", func(s *scene) {
			s.ill(func(p *simulator.Phase) { p.Capacity, p.Queue = s.Traffic.Rate/2, int(s.Traffic.Rate) })
		}},
		{"metastable", "callers who try three times keep it down when it could be well again", (*scene).metastable},
		{"gauntlet", "one call in five fails, then seven in ten, then all; then none is answered", (*scene).gauntlet},
		{"retry-after", "every call fails, and asks to be left alone for 30s", func(s *scene) {
			s.ill(func(p *simulator.Phase) { p.Failing, p.RetryAfter = 1, 30*time.Second })
		}},
		{"store-gone", "the store is out of reach; the dependency is well", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultHang, Share: 1})
		}},
		{"store-slow", "each operation of the store takes up to 300ms longer, and the dependency is dead", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultSlow, Share: 1, Length: 300 * time.Millisecond})
			s.dead()
		}},
		{"store-throttled", "the store turns nine of ten operations away, and the dependency is dead", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultThrottled, Share: 0.9})
			s.dead()
		}},
		{"blind", "the store is out of reach and the dependency is dead", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultHang, Share: 1})
			s.dead()
		}},
		{"churn", "environments are killed and frozen all the time, and the dependency is dead", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultKill, Share: 1, Every: time.Second})
			s.fault(simulator.Fault{Kind: simulator.FaultFreeze, Share: 1, Every: time.Second, Length: time.Minute})
			s.dead()
		}},
		{"clocks", "clocks jump by up to an hour, and the dependency is dead", func(s *scene) {
			s.fault(simulator.Fault{Kind: simulator.FaultStep, Share: 1, Every: 2 * time.Second, Length: time.Hour})
			s.dead()
		}},
	}
}

func (s *scene) slow() {
	s.ill(func(p *simulator.Phase) {
		o, timeout := &s.Policy.OpenWhen, s.Policy.Call.Timeout
		p.Latency = timeout * 3 / 4
		if o.SlowRate > 0 {
			p.Latency = o.SlowAfter + (timeout-o.SlowAfter)/4
		}
		p.Tail = 0 // All take as long.
	})
}

// metastable is M. Brooker's "Metastability and distributed systems" in small: all
// that is left of a trigger is the work that its retries have made.
func (s *scene) metastable() {
	const headroom, patience = 1.3, 10
	s.Traffic.Retries = 3
	s.always(func(p *simulator.Phase) {
		p.Capacity, p.Queue = headroom*s.Traffic.Rate, int(patience*s.Traffic.Rate)
	})
	s.until = s.from + min(s.until-s.from, 10*time.Second)
	s.ill(func(p *simulator.Phase) { p.Capacity = s.Traffic.Rate / 10 })
}

// gauntlet is four outages, with time between them to recover: one in which a circuit
// should stay closed, and three in which it should open.
func (s *scene) gauntlet() {
	well := s.Dependency[0]
	lasts := s.until - s.from
	at := s.from
	for _, spoil := range [...]func(*simulator.Phase){
		func(p *simulator.Phase) { p.Failing = 0.2 },
		func(p *simulator.Phase) { p.Failing = 0.7 },
		func(p *simulator.Phase) { p.Failing = 1 },
		func(p *simulator.Phase) { p.Hanging = 1 },
	} {
		ill, again := well, well
		ill.From, again.From = at, at+lasts
		spoil(&ill)
		s.Dependency = append(s.Dependency, ill, again)
		at += 2 * lasts
	}
	s.Duration += at - s.until - lasts
}

// Setting is who calls a dependency, and when it falls ill.
type Setting struct {
	// At is when something goes wrong, and For is for how long.
	At, For time.Duration
	// Duration is how long the story lasts. 0s is long enough to see the circuit
	// close again.
	Duration time.Duration
}

// New returns the story of an outage that befalls a fleet; s is how all is before.
func New(s simulator.Scenario, o Outage, set Setting) Story {
	s.Duration = set.Duration
	if s.Duration <= 0 {
		s.Duration = set.At + set.For + aftermath(&s.Policy, set.For)
	}
	sc := scene{&s, set.At, set.At + set.For}
	o.befall(&sc)
	if set.Duration > 0 {
		s.Duration = set.Duration // Even of one that would take longer.
	}
	return Story{Title: title(o, set), Scenario: s}
}

func title(o Outage, set Setting) string {
	if o.Name == "none" {
		return "All is well"
	}
	return fmt.Sprintf("%s for %v", o.Name, set.For)
}

// aftermath returns how long it may take after an outage until a circuit has
// closed and let all its traffic back in: the open time that had begun last, the
// probes and the ramp, and half a minute to see it.
func aftermath(p *recloser.Policy, lasted time.Duration) time.Duration {
	open := p.OpenFor.Cooldown
	for passed := open; passed < lasted && open < p.OpenFor.MaxCooldown; passed += open {
		open = min(time.Duration(float64(open)*p.OpenFor.Backoff), p.OpenFor.MaxCooldown)
		if p.OpenFor.Backoff <= 1 {
			break
		}
	}
	open = min(time.Duration(float64(open)*(1+float64(p.OpenFor.Jitter))), p.OpenFor.MaxCooldown)
	return (open + p.Lease() + p.Ramp.Over + 30*time.Second).Round(time.Second)
}

// LevelPolicy returns the policy under which protocols are compared: that of
// [recloser.DefaultPolicy], with an open time that does not grow and a short ramp, for
// most others have neither.
func LevelPolicy() recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenFor.Backoff, p.OpenFor.MaxCooldown = 1, 12*time.Second
	p.Ramp.Over = 10 * time.Second
	return p
}
