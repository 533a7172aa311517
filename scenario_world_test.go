package recloser_test

import (
	"cmp"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/notation"
)

// scenario is a fleet in virtual time: one goroutine, one queue of what is to
// come, and nothing that is left to chance.
type scenario struct {
	tb     testing.TB
	now    time.Duration
	policy recloser.Policy
	coin   float64
	store  *scenarioStore
	envs   map[string]*scenarioEnvironment
	lines  []scenarioLine
	// terse leaves out what is different in every answer of a flow of calls.
	terse bool
}

// scenarioEnvironment is one process: its clocks, its timers and its breaker.
type scenarioEnvironment struct {
	world   *scenario
	name    string
	breaker *recloser.Breaker
	policy  recloser.Policy
	tokens  int
	coin    float64 // its own, if not negative
	wall    time.Duration
	// The monotonic clock stands still at frozenAt until thaw; lost is how long
	// it stood still in all.
	frozenAt, thaw, lost time.Duration
	timers               []*scenarioTimer
	calls                map[string][]recloser.Permit
}

type scenarioTimer struct {
	due time.Duration // by its environment's monotonic clock
	f   func()
}

func newScenario(tb testing.TB) *scenario {
	tb.Helper()
	s := &scenario{
		tb:     tb,
		policy: recloser.DefaultPolicy(),
		envs:   make(map[string]*scenarioEnvironment),
	}
	s.store = &scenarioStore{world: s}
	return s
}

func (s *scenario) close() {
	for _, e := range s.envs {
		e.breaker.Close()
	}
}

// environment returns the environment of that name, which comes into being
// where it is first named.
func (s *scenario) environment(name string) (*scenarioEnvironment, error) {
	if e := s.envs[name]; e != nil {
		return e, nil
	}
	return s.create(name, "", false)
}

func (s *scenario) create(name, partition string, alone bool) (*scenarioEnvironment, error) {
	e := &scenarioEnvironment{
		world: s, name: name, policy: s.policy, coin: -1,
		calls: make(map[string][]recloser.Permit),
	}
	b, err := recloser.New("payments", func(o *recloser.Options) {
		o.Policy = s.policy
		o.Partition = partition
		if !alone {
			o.Store = s.store.of(e)
		}
		o.Observers = []recloser.Observer{recloser.ObserverFunc(e.observe)}
		o.Clock = recloser.Clock{Wall: e.wallClock, Mono: e.mono, AfterFunc: e.afterFunc}
		o.Rand = e.flip
		o.Token = e.token
	})
	if err != nil {
		return nil, err
	}
	e.breaker = b
	s.envs[name] = e
	return e, nil
}

func (e *scenarioEnvironment) flip() float64 {
	if e.coin >= 0 {
		return e.coin
	}
	return e.world.coin
}

func (e *scenarioEnvironment) wallClock() time.Time {
	return notation.Epoch.Time().Add(e.world.now + e.wall)
}

func (e *scenarioEnvironment) mono() time.Duration {
	if e.world.now < e.thaw {
		return e.frozenAt
	}
	return e.world.now - e.lost
}

func (e *scenarioEnvironment) frozen() bool { return e.world.now < e.thaw }

// freeze holds the environment for d: it does nothing, and its monotonic clock
// stands still.
func (e *scenarioEnvironment) freeze(d time.Duration) {
	e.frozenAt, e.thaw, e.lost = e.mono(), e.world.now+d, e.lost+d
}

func (e *scenarioEnvironment) afterFunc(d time.Duration, f func()) (stop func() bool) {
	t := &scenarioTimer{due: e.mono() + d, f: f}
	e.timers = append(e.timers, t)
	return func() bool {
		at := slices.Index(e.timers, t)
		if at >= 0 {
			e.timers = slices.Delete(e.timers, at, at+1)
		}
		return at >= 0
	}
}

// advance lets time pass until at, and what is due happen in its order.
func (s *scenario) advance(at time.Duration) {
	for {
		due, run := s.next()
		if run == nil || due > at {
			break
		}
		s.now = max(s.now, due)
		run()
	}
	s.now = max(s.now, at)
}

// next returns what happens next, and when: of what happens at the same time, a
// write that arrives late comes first, then environments by their names.
func (s *scenario) next() (due time.Duration, run func()) {
	due, run = s.store.next()
	for _, name := range slices.Sorted(maps.Keys(s.envs)) {
		e := s.envs[name]
		if len(e.timers) == 0 {
			continue
		}
		t := slices.MinFunc(e.timers, func(a, b *scenarioTimer) int { return cmp.Compare(a.due, b.due) })
		if at := t.due + e.lost; run == nil || at < due {
			due, run = at, func() {
				e.timers = slices.DeleteFunc(e.timers, func(other *scenarioTimer) bool { return other == t })
				t.f()
			}
		}
	}
	return due, run
}
