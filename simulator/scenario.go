package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// Scenario is a story: a fleet, its traffic, what it calls, the store it shares,
// and what goes wrong. It is plain data; the same scenario is always the same
// run. The zero value of a field means zero, so start from [DefaultScenario].
type Scenario struct {
	// Seed decides everything that is left to chance.
	Seed uint64 `json:"seed"`
	// Duration is how long the story lasts. Defaults to 1m.
	Duration time.Duration `json:"duration"`
	// Protocol is what stands before each call. Defaults to [ProtocolRecloser].
	Protocol Protocol `json:"protocol"`
	// Policy is the rules of every circuit. Defaults to
	// [recloser.DefaultPolicy].
	Policy recloser.Policy `json:"policy"`
	// Fleet is who calls.
	Fleet Fleet `json:"fleet"`
	// Traffic is how much.
	Traffic Traffic `json:"traffic"`
	// Store is what the fleet shares.
	Store Store `json:"store"`
	// Dependency is what is called, as phases in the order of their beginnings.
	// The first begins at 0. Defaults to one that is well and takes 20ms.
	Dependency []Phase `json:"dependency"`
	// Faults are what goes wrong, apart from the dependency. Defaults to none.
	Faults []Fault `json:"faults"`
	// Orders are what operators say. Defaults to none.
	Orders []Order `json:"orders"`

	// options changes what each breaker is made of.
	options func(*recloser.Options)
}

// Protocol is what stands before the calls of an environment.
type Protocol string

const (
	// ProtocolRecloser is this module's breaker.
	ProtocolRecloser Protocol = "recloser"
	// ProtocolNone is no breaker: calls have their timeout, and nothing else.
	ProtocolNone Protocol = "none"
)

// Routing is how calls come to environments.
type Routing string

const (
	// RoutingUniform sends each call to any environment of a fleet of fixed
	// size.
	RoutingUniform Routing = "uniform"
	// RoutingWarm sends each call to the environment that was busy last, and
	// starts another if none is free, as Lambda does.
	RoutingWarm Routing = "warm"
)

// Fleet is the environments that make calls.
type Fleet struct {
	// Environments is how many there are, at most. Defaults to 20.
	Environments int `json:"environments"`
	// Concurrency is how many calls each makes at once, at most; calls for
	// which nobody has room are lost. Defaults to 64.
	Concurrency int `json:"concurrency"`
	// Routing is how calls come to them. Defaults to [RoutingUniform].
	Routing Routing `json:"routing"`
	// ColdStart is how long the first call to an environment waits for it to
	// start. Defaults to 0s.
	ColdStart time.Duration `json:"cold_start"`
	// FreezeIdle is whether an environment without a call is frozen, as Lambda
	// does. Defaults to false.
	FreezeIdle bool `json:"freeze_idle"`
	// IdleLife is how long an environment is kept without a call. 0s keeps it
	// for ever. Defaults to 0s.
	IdleLife time.Duration `json:"idle_life"`
	// Timeout is how long an invocation may take, before its environment is
	// killed. The invocation knows. 0s sets no limit. Defaults to 0s.
	Timeout time.Duration `json:"timeout"`
	// ClockError is by how much each wall clock is off, at most. Defaults to 1s.
	ClockError time.Duration `json:"clock_error"`
	// Clones is the share of environments that start as clones of one snapshot:
	// whatever was drawn at random before is the same in them. Defaults to 0%.
	Clones recloser.Share `json:"clones"`
}

// Traffic is the calls of a fleet.
type Traffic struct {
	// Rate is how many requests come in a second, at random moments. Defaults
	// to 100.
	Rate float64 `json:"rate"`
	// Partitions is over how many partitions they are spread, each a circuit of
	// its own. 0 is one circuit without partitions. Defaults to 0.
	Partitions int `json:"partitions"`
	// Retries is how often a request is tried again after a call that failed,
	// but not after one that was rejected. Defaults to 0.
	Retries int `json:"retries"`
	// Backoff is how long the first of them waits, give or take a half; each
	// next one waits twice as long. Defaults to 100ms.
	Backoff time.Duration `json:"backoff"`
	// Impatient is the share of callers who give up within the call's timeout.
	// Defaults to 0%.
	Impatient recloser.Share `json:"impatient"`
}

// Store is the store that a fleet shares.
type Store struct {
	// Fast and Slow are the bounds of how long 95% of its operations take.
	// Default to 3ms and 10ms.
	Fast time.Duration `json:"fast"`
	Slow time.Duration `json:"slow"`
	// Tail is what 99% of them take at most. Defaults to 50ms.
	Tail time.Duration `json:"tail"`
	// Writes and Reads are how many operations a record bears in a second;
	// others are throttled. 0 sets no limit. Default to 1,000 and 3,000.
	Writes int `json:"writes"`
	Reads  int `json:"reads"`
	// Timeout is how long a breaker waits for one. Defaults to
	// [recloser.DefaultStoreTimeout].
	Timeout time.Duration `json:"timeout"`
}

// Phase is how a dependency behaves from one moment on.
type Phase struct {
	// From is when it begins.
	From time.Duration `json:"from"`
	// Latency is how long half of the calls take, and Tail is what 99% of them
	// take at most. If Tail is less, all take as long.
	Latency time.Duration `json:"latency"`
	Tail    time.Duration `json:"tail"`
	// Failing is the share of calls that fail.
	Failing recloser.Share `json:"failing"`
	// Hanging is the share of calls that are never answered.
	Hanging recloser.Share `json:"hanging"`
	// Dead is how many partitions, the first ones, fail every call.
	Dead int `json:"dead"`
	// Capacity is how many calls it serves in a second, one after the other.
	// 0 sets no limit.
	Capacity float64 `json:"capacity"`
	// Queue is how many calls wait for that; others fail at once. It works also
	// on calls whose callers have given up.
	Queue int `json:"queue"`
	// RetryAfter is how long it asks to be left alone by those that fail.
	RetryAfter time.Duration `json:"retry_after"`
}

// Order is an operator's override of every circuit.
type Order struct {
	// At is when the operator says so.
	At time.Duration `json:"at"`
	// Mode is what is forced; none takes back what was.
	Mode recloser.OverrideMode `json:"mode"`
	// For is for how long.
	For time.Duration `json:"for"`
}

// DefaultScenario returns the story of a fleet that has nothing to complain of.
func DefaultScenario() Scenario {
	return Scenario{
		Duration: time.Minute,
		Protocol: ProtocolRecloser,
		Policy:   recloser.DefaultPolicy(),
		Fleet:    Fleet{Environments: 20, Concurrency: 64, Routing: RoutingUniform, ClockError: time.Second},
		Traffic:  Traffic{Rate: 100, Backoff: 100 * time.Millisecond},
		Store: Store{
			Fast: 3 * time.Millisecond, Slow: 10 * time.Millisecond, Tail: 50 * time.Millisecond,
			Writes: 1000, Reads: 3000, Timeout: recloser.DefaultStoreTimeout,
		},
		Dependency: []Phase{{Latency: 20 * time.Millisecond, Tail: 200 * time.Millisecond}},
	}
}

// partitions returns how many circuits there are.
func (s *Scenario) partitions() int { return max(s.Traffic.Partitions, 1) }
