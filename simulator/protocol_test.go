package simulator_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/simulator"
)

// under is a story in which all calls take about 20ms, under a protocol.
func under(p simulator.Protocol, environments int, rate float64, phases ...simulator.Phase) simulator.Scenario {
	s := simulator.DefaultScenario()
	s.Seed, s.Protocol, s.Fleet.Environments, s.Traffic.Rate, s.Fleet.ClockError = 3, p, environments, rate, 0
	for i := range phases {
		phases[i].Latency, phases[i].Tail = 20*time.Millisecond, 40*time.Millisecond
	}
	s.Dependency = phases
	return s
}

func others() []simulator.Protocol {
	return slices.DeleteFunc(simulator.Protocols(), func(p simulator.Protocol) bool { return p == simulator.ProtocolRecloser })
}

// TestProtocolsMeetTheSameCalls holds the comparison to being one: the same calls
// come at the same moments, and meet the same luck where all are made.
func TestProtocolsMeetTheSameCalls(t *testing.T) {
	s := under(simulator.ProtocolRecloser, 50, 50, simulator.Phase{Failing: 0.01}, simulator.Phase{From: 10 * time.Second, Failing: 1}, simulator.Phase{From: 20 * time.Second})
	want := run(t, s)
	for _, p := range others() {
		s.Protocol = p
		got := run(t, s)
		if got.Requests != want.Requests {
			t.Errorf("%s: %d requests, and %d under our own", p, got.Requests, want.Requests)
		}
		if again := run(t, s); !reflect.DeepEqual(got, again) {
			t.Errorf("%s: the same seed is not the same run", p)
		}
		if n := got.Admitted + got.Rejected; n < got.Requests-300 { // A lock is waited for up to 5s.
			t.Errorf("%s: of %d requests %d were decided on", p, got.Requests, n)
		}
		if len(got.Violations) > 0 {
			t.Errorf("%s is held to our laws: %v", p, got.Violations[0])
		}
		if d := p.Describe(); d.Title == "" || d.Like == "" || d.How == "" {
			t.Errorf("%s does not say how it is modelled: %+v", p, d)
		}
	}
}

// TestProtocolsShowInTheColumns, so that their pictures are not empty.
func TestProtocolsShowInTheColumns(t *testing.T) {
	for _, p := range others() {
		if p == simulator.ProtocolNone {
			continue
		}
		s := under(p, 10, 10, simulator.Phase{}, simulator.Phase{From: 10 * time.Second, Failing: 1})
		r := simulator.Recording{Every: time.Second}
		run(t, s, &r)
		if first, last := r.Samples[9], r.Samples[59]; first.Open != 0 || last.Open == 0 && !slices.Contains([]byte(last.Rows), '?') {
			t.Errorf("%s: before the outage %q, in it %q", p, first.Rows, last.Rows)
		}
	}
}

// TestElectedProberDetectsByEnvironment: with half of the calls failing, a hundred
// environments need some 250 failures until one has five in a row, where a fleet that
// counts together needs twenty.
func TestElectedProberDetectsByEnvironment(t *testing.T) {
	failed, opened := 0, -1
	run(t, under(simulator.ProtocolElectedProber, 100, 100, simulator.Phase{Failing: 0.5}), simulator.ObserverFunc(func(s simulator.Step) {
		if s.Kind == simulator.StepFailed {
			failed++
		}
		if s.Text == "put open" && opened < 0 {
			opened = failed
		}
	}))
	if opened < 125 || opened > 500 {
		t.Errorf("it opened after %d failures", opened)
	}
}

// TestElectedProberIsSticky: the prober that was elected must get three calls within its
// lease, so a fleet in which that is rare stays open long after the dependency is
// well.
func TestElectedProberIsSticky(t *testing.T) {
	const outage = 200 * time.Second
	recovery := func(environments int, rate float64) time.Duration {
		var all []time.Duration
		for seed := range uint64(7) {
			s := under(simulator.ProtocolElectedProber, environments, rate, simulator.Phase{Failing: 1}, simulator.Phase{From: outage})
			s.Seed, s.Duration = seed, 20*time.Minute
			s.Policy.OpenFor.Cooldown, s.Policy.OpenFor.MaxCooldown = 30*time.Second, time.Minute
			closed, before := s.Duration-outage, 0
			run(t, s, &simulator.Recording{Every: time.Second, Rows: 1, Progress: func(sample simulator.Sample) {
				if n := sample.Counts.Succeeded - before; sample.At > outage && float64(n) > rate/2 {
					closed = min(closed, sample.At-outage)
				}
				before = sample.Counts.Succeeded
			}})
			all = append(all, closed)
		}
		slices.Sort(all)
		return all[len(all)/2]
	}
	if few := recovery(50, 10); few > time.Minute {
		t.Errorf("fifty environments take %v to close", few)
	}
	if many := recovery(1000, 20); many < time.Minute || many > 15*time.Minute {
		t.Errorf("a thousand environments with a call in 50s take %v to close", many)
	}
}

// TestLastWriterWinsProbesWithAll: whoever sees that the open time is over makes a
// call.
func TestLastWriterWinsProbesWithAll(t *testing.T) {
	s := under(simulator.ProtocolLastWriterWins, 100, 400, simulator.Phase{Failing: 1})
	s.Dependency[0].Failing, s.Dependency[0].Hanging = 0, 1
	if r := run(t, s); r.Probes < 100 {
		t.Errorf("%d probes in a minute of calls that hang", r.Probes)
	}
	// Each call reads and writes, whatever it came to.
	s.Dependency[0].Hanging = 0
	if r := run(t, s); r.Reads != r.Requests || r.Writes < r.Requests-50 || r.Writes > r.Requests {
		t.Errorf("healthy: %d reads and %d writes of %d requests", r.Reads, r.Writes, r.Requests)
	}
}

// TestLockedCallServesOneAtATime: ten environments whose calls take 20 to 40ms serve
// some 40 a second together, where without a lock they serve a thousand.
func TestLockedCallServesOneAtATime(t *testing.T) {
	s := under(simulator.ProtocolLockedCall, 10, 300, simulator.Phase{})
	s.Duration = 10 * time.Second
	s.Store.Fast, s.Store.Slow, s.Store.Tail = 50*time.Microsecond, 100*time.Microsecond, time.Millisecond
	if r := run(t, s); r.Succeeded < 250 || r.Succeeded > 600 || r.Served != r.Succeeded {
		t.Errorf("%d calls were served in %v", r.Succeeded, s.Duration)
	}
	// Alone, a call costs four round trips.
	s.Fleet.Environments, s.Traffic.Rate, s.Duration = 1, 0.5, time.Minute
	if r := run(t, s); r.Reads != r.Requests || r.Writes != 3*r.Requests {
		t.Errorf("alone: %d reads and %d writes of %d requests", r.Reads, r.Writes, r.Requests)
	}
	// And as long as they take, one after the other.
	s.Store.Fast, s.Store.Slow, s.Store.Tail = 10*time.Millisecond, 10*time.Millisecond, 10*time.Millisecond
	if r := run(t, s); r.Busy < time.Duration(r.Requests)*55*time.Millisecond || r.Busy > time.Duration(r.Requests)*75*time.Millisecond {
		t.Errorf("alone: %d calls took %v", r.Requests, r.Busy)
	}
	s.Dependency[0].Failing, s.Traffic.Rate = 1, 2
	if r := run(t, s); r.Failed < 10 || r.Failed > 30 {
		t.Errorf("dead: %d of %d calls were made", r.Failed, r.Requests)
	}
	// Without its store it makes no call.
	s.Faults = []simulator.Fault{{Kind: simulator.FaultHang, Share: 1}}
	if r := run(t, s); r.Served != 0 || r.Rejected == 0 {
		t.Errorf("without a store: %+v", r.Counts)
	}
}

// TestSharedCounter: each success reads the state and zeroes the counter, five failures
// in a row of the whole fleet open the circuit, and all who come probe it.
func TestSharedCounter(t *testing.T) {
	s := under(simulator.ProtocolSharedCounter, 100, 100, simulator.Phase{})
	if r := run(t, s); r.Reads != r.Requests || r.Writes < r.Requests-20 || r.Writes > r.Requests {
		t.Errorf("healthy: %d reads and %d writes of %d requests", r.Reads, r.Writes, r.Requests)
	}
	s.Dependency[0].Failing = 0.05
	if r := run(t, s); r.Rejected > 0 {
		t.Errorf("with one failure in twenty %d calls were rejected", r.Rejected)
	}
	s.Dependency[0].Failing, s.Duration = 1, 10*time.Second
	if r := run(t, s); r.Failed < 5 || r.Failed > 20 {
		t.Errorf("dead: %d calls failed before the circuit was open", r.Failed)
	}
	s.Dependency[0].Failing, s.Dependency[0].Hanging, s.Duration = 0, 1, time.Minute
	if r := run(t, s); r.Probes < 500 {
		t.Errorf("hung: %d probes, of 100 calls a second that take 3s", r.Probes)
	}
}

// TestNotSharedAsksNobody, and does learn.
func TestNotSharedAsksNobody(t *testing.T) {
	r := run(t, under(simulator.ProtocolNotShared, 20, 100, simulator.Phase{}, simulator.Phase{From: 10 * time.Second, Failing: 1}))
	if r.Reads+r.Writes != 0 || r.Rejected < 3000 {
		t.Errorf("%d operations of the store, %d of %d calls rejected", r.Reads+r.Writes, r.Rejected, r.Requests)
	}
}
