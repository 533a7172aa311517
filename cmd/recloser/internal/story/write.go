package story

import (
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/recloser-dev/recloser/simulator"
)

// Write returns the file that tells a story, with every key.
func Write(s Story) ([]byte, error) {
	c := &s.Scenario
	f := file{
		Version: version, Title: s.Title,
		Seed: c.Seed, Duration: c.Duration, Protocol: c.Protocol, Policy: c.Policy,
		Fleet: c.Fleet, Traffic: c.Traffic, Store: c.Store,
		Dependency: []phase{}, Faults: []fault{}, Orders: []order{},
	}
	for i := range c.Dependency {
		f.Dependency = append(f.Dependency, phaseOf(i, c.Dependency))
	}
	for i := range c.Faults {
		x := &c.Faults[i]
		f.Faults = append(f.Faults, fault{x.Kind, x.From, x.Until, &x.Share, x.Every, x.Length})
	}
	for _, o := range c.Orders {
		mode := string(o.Mode)
		if mode == "" {
			mode = modeNone
		}
		f.Orders = append(f.Orders, order{o.At, mode, o.For})
	}
	text, err := yaml.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("write the scenario: %w", err)
	}
	return text, nil
}

// phaseOf returns how a phase is written: the first with every key, the others with
// what is different.
func phaseOf(i int, all []simulator.Phase) phase {
	p, first := &all[i], &all[0]
	return phase{
		From:       p.From,
		Latency:    differing(i, &p.Latency, first.Latency),
		Tail:       differing(i, &p.Tail, first.Tail),
		Failing:    differing(i, &p.Failing, first.Failing),
		Hanging:    differing(i, &p.Hanging, first.Hanging),
		Dead:       differing(i, &p.Dead, first.Dead),
		Capacity:   differing(i, &p.Capacity, first.Capacity),
		Queue:      differing(i, &p.Queue, first.Queue),
		RetryAfter: differing(i, &p.RetryAfter, first.RetryAfter),
	}
}

func differing[T comparable](i int, value *T, first T) *T {
	if i > 0 && *value == first {
		return nil
	}
	return value
}
