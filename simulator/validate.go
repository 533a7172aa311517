package simulator

import (
	"errors"
	"fmt"
	"time"
)

// ErrScenario is matched by every error of [Scenario.Validate].
var ErrScenario = errors.New("simulator: invalid scenario")

// Bounds of a scenario.
const (
	mostEnvironments = 100_000
	mostPartitions   = 1_000
	longestStory     = 400 * 24 * time.Hour
)

// Validate reports what is wrong with a scenario: all of it, each with the name of
// its field. The errors match [ErrScenario].
func (s *Scenario) Validate() error {
	var wrong []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%w: "+format, append([]any{ErrScenario}, args...)...))
		}
	}
	require(s.Duration > 0 && s.Duration <= longestStory, "duration must be from 1ns to %v, not %v", longestStory, s.Duration)
	require(s.Protocol == ProtocolRecloser || s.Protocol == ProtocolNone, "protocol must be recloser or none, not %.40q", string(s.Protocol))
	f := &s.Fleet
	require(f.Environments >= 1 && f.Environments <= mostEnvironments, "fleet.environments must be from 1 to %d, not %d", mostEnvironments, f.Environments)
	require(f.Concurrency >= 1, "fleet.concurrency must be at least 1, not %d", f.Concurrency)
	require(f.Routing == RoutingUniform || f.Routing == RoutingWarm, "fleet.routing must be uniform or warm, not %.40q", string(f.Routing))
	require(f.ColdStart >= 0 && f.IdleLife >= 0 && f.Timeout >= 0 && f.ClockError >= 0, "fleet: no time may be negative")
	require(s.Traffic.Rate >= 0, "traffic.rate must not be negative: %v", s.Traffic.Rate)
	require(s.Traffic.Partitions >= 0 && s.Traffic.Partitions <= mostPartitions, "traffic.partitions must be from 0 to %d, not %d", mostPartitions, s.Traffic.Partitions)
	require(s.Traffic.Retries >= 0 && s.Traffic.Backoff >= 0, "traffic: neither retries nor backoff may be negative")
	require(s.Store.Fast >= 0 && s.Store.Slow >= s.Store.Fast && s.Store.Tail >= s.Store.Slow, "store: fast, slow and tail must grow, not %v, %v, %v", s.Store.Fast, s.Store.Slow, s.Store.Tail)
	require(s.Store.Timeout > 0, "store.timeout must be above 0s")
	s.validateScript(require)
	if err := s.Policy.Validate(); err != nil {
		wrong = append(wrong, fmt.Errorf("%w: policy: %w", ErrScenario, err))
	}
	return errors.Join(wrong...)
}

// validateScript checks what happens in the course of a scenario.
func (s *Scenario) validateScript(require func(ok bool, format string, args ...any)) {
	require(len(s.Dependency) > 0 && s.Dependency[0].From == 0, "dependency must have a phase from 0s on")
	for i := range s.Dependency {
		p := &s.Dependency[i]
		require(i == 0 || p.From > s.Dependency[i-1].From, "dependency: phase %d must begin after the one before it", i)
		require(p.Latency >= 0 && p.Capacity >= 0 && p.Queue >= 0 && p.Failing >= 0 && p.Hanging >= 0, "dependency: nothing in phase %d may be negative", i)
	}
	for i := range s.Faults {
		f := &s.Faults[i]
		store, environments, calls := f.Kind.strikes()
		require(store || environments || calls, "faults: %.40q is no fault", string(f.Kind))
		require(!environments || f.Every > 0, "faults: %s needs every, the mean time between two", f.Kind)
		require(f.Until == 0 || f.Until >= f.From, "faults: %s ends before it begins", f.Kind)
		require(f.Length >= 0 && f.Share >= 0 && f.Share <= 1, "faults: the share of %s must be from 0%% to 100%%, and its length not negative", f.Kind)
	}
	for i := range s.Orders {
		require(s.Orders[i].At >= 0 && s.Orders[i].For >= 0, "orders: no time of order %d may be negative", i)
	}
}
