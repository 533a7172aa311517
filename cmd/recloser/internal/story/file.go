package story

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/simulator"
)

// version is the version of the format of scenario files.
const version = 1

// file is a scenario as it is written. Its keys are those of
// [simulator.Scenario].
type file struct {
	Version    int                `json:"version"`
	Title      string             `json:"title"`
	Seed       uint64             `json:"seed"`
	Duration   time.Duration      `json:"duration"`
	Protocol   simulator.Protocol `json:"protocol"`
	Policy     recloser.Policy    `json:"policy"`
	Fleet      simulator.Fleet    `json:"fleet"`
	Traffic    simulator.Traffic  `json:"traffic"`
	Store      simulator.Store    `json:"store"`
	Dependency []phase            `json:"dependency"`
	Faults     []fault            `json:"faults"`
	Orders     []order            `json:"orders"`
}

// phase is a [simulator.Phase]; what it leaves out is as in the first one, so that
// a phase with nothing but its beginning is the end of an outage.
type phase struct {
	From       time.Duration   `json:"from"`
	Latency    *time.Duration  `json:"latency,omitempty"`
	Tail       *time.Duration  `json:"tail,omitempty"`
	Failing    *recloser.Share `json:"failing,omitempty"`
	Hanging    *recloser.Share `json:"hanging,omitempty"`
	Dead       *int            `json:"dead,omitempty"`
	Capacity   *float64        `json:"capacity,omitempty"`
	Queue      *int            `json:"queue,omitempty"`
	RetryAfter *time.Duration  `json:"retry_after,omitempty"`
}

// fault is a [simulator.Fault]; if it leaves out the share it strikes all.
type fault struct {
	Kind   simulator.FaultKind `json:"kind"`
	From   time.Duration       `json:"from"`
	Until  time.Duration       `json:"until,omitempty"`
	Share  *recloser.Share     `json:"share,omitempty"`
	Every  time.Duration       `json:"every,omitempty"`
	Length time.Duration       `json:"length,omitempty"`
}

// order is a [simulator.Order], whose mode may be none.
type order struct {
	At   time.Duration `json:"at"`
	Mode string        `json:"mode"`
	For  time.Duration `json:"for,omitempty"`
}

const modeNone = "none"

func newFile() file {
	s := simulator.DefaultScenario()
	return file{
		Seed: 1, Duration: s.Duration, Protocol: s.Protocol, Policy: s.Policy,
		Fleet: s.Fleet, Traffic: s.Traffic, Store: s.Store,
	}
}

// check reports what the simulator could not tell, or would not mind.
func (f *file) check() error {
	var all []error
	switch f.Version {
	case version:
	case 0:
		all = append(all, field("version", "is missing; write version: %d", version))
	default:
		all = append(all, field("version", "%d is not known; write version: %d, the only one there is", f.Version, version))
	}
	if len(f.Title) > 200 {
		all = append(all, field("title", "has %d bytes, and may have 200", len(f.Title)))
	}
	lasting := []simulator.FaultKind{
		simulator.FaultLate, simulator.FaultSlow, simulator.FaultStale, simulator.FaultFreeze, simulator.FaultPause,
		simulator.FaultStep, simulator.FaultHeldUp, simulator.FaultStall,
	}
	for i, x := range f.Faults {
		if slices.Contains(lasting, x.Kind) && x.Length == 0 {
			all = append(all, field(fmt.Sprintf("faults[%d]", i), "has no length, and %s needs one", x.Kind))
		}
		if x.Share != nil && *x.Share == 0 {
			all = append(all, field(fmt.Sprintf("faults[%d].share", i), "strikes nothing; leave the fault out, or write a share above 0%%"))
		}
	}
	return errors.Join(all...)
}

// story returns the story that the file tells.
func (f *file) story() Story {
	s := simulator.Scenario{
		Seed: f.Seed, Duration: f.Duration, Protocol: f.Protocol, Policy: f.Policy,
		Fleet: f.Fleet, Traffic: f.Traffic, Store: f.Store,
	}
	first := simulator.DefaultScenario().Dependency[0]
	for i, p := range f.Dependency {
		next := p.of(first)
		if i == 0 {
			first = next
		}
		s.Dependency = append(s.Dependency, next)
	}
	if f.Dependency == nil {
		s.Dependency = []simulator.Phase{first}
	}
	for _, x := range f.Faults {
		share := recloser.Share(1)
		if x.Share != nil {
			share = *x.Share
		}
		s.Faults = append(s.Faults, simulator.Fault{Kind: x.Kind, From: x.From, Until: x.Until, Share: share, Every: x.Every, Length: x.Length})
	}
	for _, o := range f.Orders {
		mode := recloser.OverrideMode(o.Mode)
		if o.Mode == modeNone {
			mode = recloser.OverrideNone
		}
		s.Orders = append(s.Orders, simulator.Order{At: o.At, Mode: mode, For: o.For})
	}
	return Story{Title: f.Title, Scenario: s}
}

// of returns the phase, with what it leaves out as in first.
func (p *phase) of(first simulator.Phase) simulator.Phase {
	first.From = p.From
	set(&first.Latency, p.Latency)
	set(&first.Tail, p.Tail)
	set(&first.Failing, p.Failing)
	set(&first.Hanging, p.Hanging)
	set(&first.Dead, p.Dead)
	set(&first.Capacity, p.Capacity)
	set(&first.Queue, p.Queue)
	set(&first.RetryAfter, p.RetryAfter)
	return first
}

func set[T any](into, value *T) {
	if value != nil {
		*into = *value
	}
}
