package workflow

import (
	"math"
	"strconv"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// decimal is a number of an expression.
type decimal float64

// String writes the number so that JSONata reads the same.
func (d decimal) String() string { return strconv.FormatFloat(float64(d), 'f', -1, 64) }

// numbers are those of a policy, by their names in the expressions. Times are in
// milliseconds.
type numbers struct {
	Schema, MaxSlots, MaxVoices, MaxSteps int
	MostCount                             decimal
	Slots, Probes                         []string
	Suffixes                              []int

	FailureRate, SlowRate, Z, Z2                decimal
	Slot, Window, MinCalls, WatchEnds           decimal
	CooldownNanos, Backoff, MostPower           decimal
	MaxCooldown, Jitter, Spread                 decimal
	Successes, Failures, Lease, Margin          decimal
	Ramp, RampFrom, WellAfter, Enforce          decimal
	Refresh, Recent                             decimal
	SuspiciousStart, ShortestWatch              decimal
	SuspiciousRate, CalmRate                    decimal
	FirstShare, LeastShare, LeastStep, MostStep decimal
	MostUndecided                               decimal
	SlowAfter                                   decimal

	// What is not of the policy, as expressions.
	Circuit, Tasks, WhenOpen, Whens, Alone string
	HTTP, Errors, Ignore, Machine          string
	Named                                  bool
	HoldConcurrency                        int
}

// What the protocol fixes; spec/protocol.md has them all.
const (
	recentView     = 50 * time.Millisecond
	reportInterval = time.Second
	maxSteps       = 5
	mostSpread     = 500 * time.Millisecond
)

func millis(d time.Duration) decimal { return decimal(d) / decimal(time.Millisecond) }

func numbersOf(p recloser.Policy) numbers {
	z := 0.0
	if c := float64(p.OpenWhen.Confidence); c > 0.5 {
		z = math.Sqrt2 * math.Erfinv(2*c-1)
	}
	suffixes := []int{2, 3, 5, recloser.WindowSlots}
	if p.OpenWhen.Confidence <= 0 {
		suffixes = suffixes[3:]
	}
	var slots []string
	for i := range recloser.MaxProbes {
		slots = append(slots, item.Probe(i))
	}
	window := p.OpenWhen.Window
	return numbers{
		Schema: recloser.Schema, MaxSlots: recloser.MaxSlots, MaxVoices: recloser.MaxVoices, MaxSteps: maxSteps, MostCount: 1 << 50,
		Slots: slots, Probes: slots[:min(p.HalfOpen.Probes, recloser.MaxProbes)], Suffixes: suffixes,
		FailureRate: decimal(p.OpenWhen.FailureRate), SlowRate: decimal(p.OpenWhen.SlowRate), Z: decimal(z), Z2: decimal(z * z),
		Slot: millis(window / recloser.WindowSlots), Window: millis(window), MinCalls: decimal(p.OpenWhen.MinCalls),
		WatchEnds:     millis(max(window, recloser.RefreshInterval+reportInterval)),
		CooldownNanos: decimal(p.OpenFor.Cooldown), Backoff: decimal(p.OpenFor.Backoff), MostPower: decimal(mostPower(p.OpenFor)),
		MaxCooldown: millis(p.OpenFor.MaxCooldown), Jitter: decimal(p.OpenFor.Jitter),
		Spread:    millis(min(mostSpread, p.OpenFor.Cooldown/20)),
		Successes: decimal(p.HalfOpen.Successes), Failures: decimal(p.HalfOpen.Failures),
		Lease: millis(p.Lease()), Margin: millis(p.HalfOpen.Margin),
		Ramp: millis(p.Ramp.Over), RampFrom: decimal(p.Ramp.From), WellAfter: millis(p.Ramp.Over + window), Enforce: decimal(p.Enforce),
		Refresh: millis(recloser.RefreshInterval), Recent: millis(recentView), SuspiciousStart: 5000, SuspiciousRate: 25, CalmRate: 4,
		SlowAfter: millis(p.OpenWhen.SlowAfter), HoldConcurrency: holdConcurrency,
		FirstShare: 1, MostUndecided: 50, LeastShare: 0.0001, LeastStep: 0.25, MostStep: 4, ShortestWatch: 100,
	}
}

// mostPower returns the relapses beyond which the open time is the longest
// anyway: JSONata knows no infinite number.
func mostPower(o recloser.OpenFor) int {
	if o.Backoff <= 1 {
		return 1
	}
	n := math.Log(float64(o.MaxCooldown)/float64(o.Cooldown)) / math.Log(o.Backoff)
	return min(max(int(n)+2, 1), 1000)
}
