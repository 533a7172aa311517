package simulator

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
)

// ErrScenario is matched by every error of [Scenario.Validate].
var ErrScenario = errors.New("simulator: invalid scenario")

// Bounds of a scenario.
const (
	mostEnvironments = 100_000
	mostPartitions   = 1_000
	longestStory     = 400 * 24 * time.Hour
)

// Validate reports what is wrong with a scenario: all of it, as one error that joins
// a [*recloser.FieldError] for each problem. The error matches [ErrScenario].
func (s *Scenario) Validate() error {
	var c check
	c.require(s.Duration > 0 && s.Duration <= longestStory, "duration", "must be from 1ns to %v, not %v", longestStory, s.Duration)
	c.require(s.Protocol.known(), "protocol", "%s", unknownWord(s.Protocol, knownProtocols()))
	f := &s.Fleet
	c.require(f.Environments >= 1 && f.Environments <= mostEnvironments, "fleet.environments", "must be from 1 to %d, not %d", mostEnvironments, f.Environments)
	c.require(f.Concurrency >= 1, "fleet.concurrency", "must be at least 1, not %d", f.Concurrency)
	c.require(slices.Contains(routings(), f.Routing), "fleet.routing", "%s", unknownWord(f.Routing, routings()))
	c.positive("fleet.cold_start", f.ColdStart)
	c.positive("fleet.idle_life", f.IdleLife)
	c.positive("fleet.timeout", f.Timeout)
	c.positive("fleet.clock_error", f.ClockError)
	c.share("fleet.clones", f.Clones)
	t := &s.Traffic
	c.require(t.Rate >= 0, "traffic.rate", "must not be negative: %v", t.Rate)
	c.require(t.Partitions >= 0 && t.Partitions <= mostPartitions, "traffic.partitions", "must be from 0 to %d, not %d", mostPartitions, t.Partitions)
	c.require(t.Retries >= 0, "traffic.retries", "must not be negative: %d", t.Retries)
	c.positive("traffic.backoff", t.Backoff)
	c.share("traffic.impatient", t.Impatient)
	c.require(s.Store.Fast >= 0 && s.Store.Slow >= s.Store.Fast && s.Store.Tail >= s.Store.Slow, "store",
		"fast, slow and tail must grow, not %v, %v, %v", s.Store.Fast, s.Store.Slow, s.Store.Tail)
	c.require(s.Store.Timeout > 0, "store.timeout", "must be above 0s")
	s.validateScript(&c)
	for _, problem := range recloser.FieldErrors(s.Policy.Validate()) {
		c.problems = append(c.problems, fmt.Errorf("%w: %w", ErrScenario, &recloser.FieldError{Field: "policy." + problem.Field, Problem: problem.Problem}))
	}
	return errors.Join(c.problems...)
}

// validateScript checks what happens in the course of a scenario.
func (s *Scenario) validateScript(c *check) {
	c.require(len(s.Dependency) > 0 && s.Dependency[0].From == 0, "dependency", "must have a phase from 0s on")
	for i := range s.Dependency {
		s.validatePhase(c, i)
	}
	for i := range s.Faults {
		s.validateFault(c, i)
	}
	for i := range s.Orders {
		o, at := &s.Orders[i], fmt.Sprintf("orders[%d].", i)
		c.require(slices.Contains([]recloser.OverrideMode{recloser.OverrideNone, recloser.OverrideOpen, recloser.OverrideClosed}, o.Mode), at+"mode",
			"must be open or closed, or empty to take back what was said, not %.40q", string(o.Mode))
		c.positive(at+"at", o.At)
		c.positive(at+"for", o.For)
		c.require(s.Duration <= 0 || o.At < s.Duration, at+"at", "is %v, and the story ends after %v", o.At, s.Duration)
	}
}

func (s *Scenario) validatePhase(c *check, i int) {
	p, at := &s.Dependency[i], fmt.Sprintf("dependency[%d].", i)
	c.require(i == 0 || p.From > s.Dependency[i-1].From, at+"from", "is %v, and must be after that of the phase before it", p.From)
	c.require(s.Duration <= 0 || p.From < s.Duration, at+"from", "is %v, and the story ends after %v", p.From, s.Duration)
	c.positive(at+"latency", p.Latency)
	c.positive(at+"tail", p.Tail)
	c.share(at+"failing", p.Failing)
	c.share(at+"hanging", p.Hanging)
	c.require(p.Capacity >= 0, at+"capacity", "must not be negative: %v", p.Capacity)
	c.require(p.Queue >= 0, at+"queue", "must not be negative: %d", p.Queue)
	c.positive(at+"retry_after", p.RetryAfter)
	c.require(p.Dead >= 0 && p.Dead <= s.partitions(), at+"dead", "is %d, more than there are partitions (traffic.partitions): %d", p.Dead, s.partitions())
}

func (s *Scenario) validateFault(c *check, i int) {
	f, at := &s.Faults[i], fmt.Sprintf("faults[%d].", i)
	store, environments, calls := f.Kind.strikes()
	c.require(store || environments || calls, at+"kind", "%s", unknownWord(f.Kind, FaultKinds()))
	c.require(!environments || f.Every > 0, at+"every", "%s needs it, the mean time between two strikes", f.Kind)
	c.positive(at+"from", f.From)
	c.require(s.Duration <= 0 || f.From < s.Duration, at+"from", "is %v, and the story ends after %v", f.From, s.Duration)
	c.require(f.Until == 0 || f.Until >= f.From, at+"until", "is %v, before it begins at %v", f.Until, f.From)
	c.positive(at+"length", f.Length)
	c.share(at+"share", f.Share)
}

// check gathers what is wrong with a scenario.
type check struct{ problems []error }

func (c *check) require(ok bool, field, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf("%w: %w", ErrScenario, &recloser.FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}))
	}
}

func (c *check) positive(field string, d time.Duration) {
	c.require(d >= 0, field, "must not be negative: %v", d)
}

func (c *check) share(field string, s recloser.Share) {
	c.require(s >= 0 && s <= 1, field, "must be from 0%% to 100%%, not %v", s)
}
