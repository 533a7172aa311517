package peer

import (
	"sync"

	sentinel "github.com/alibaba/sentinel-golang/api"
	"github.com/alibaba/sentinel-golang/core/circuitbreaker"
	"github.com/alibaba/sentinel-golang/core/config"
)

const sentinelModule = "github.com/alibaba/sentinel-golang"

func sentinels() []Peer {
	return []Peer{
		{Name: "sentinel/error-ratio", Module: sentinelModule, start: sentinelRule(circuitbreaker.ErrorRatio)},
		{Name: "sentinel/slow-ratio", Module: sentinelModule, Lacks: []Case{Open}, start: sentinelRule(circuitbreaker.SlowRequestRatio)},
	}
}

// initSentinel starts sentinel once per process, without its log files.
//
//nolint:gochecknoglobals // What it starts is global, and cannot be started twice.
var initSentinel = sync.OnceValue(func() error {
	c := config.NewDefaultConfig()
	c.Sentinel.Log.Logger = silent{}
	c.Sentinel.Log.Metric.FlushIntervalSec = 0
	return sentinel.InitWithConfig(c)
})

func sentinelRule(strategy circuitbreaker.Strategy) func(Case) (Target, error) {
	return func(Case) (Target, error) {
		if err := initSentinel(); err != nil {
			return Target{}, err
		}
		// A fresh rule of the same name would inherit the state of the one before.
		if err := circuitbreaker.ClearRules(); err != nil {
			return Target{}, err
		}
		const resource = "bench"
		_, err := circuitbreaker.LoadRules([]*circuitbreaker.Rule{{
			Resource:                     resource,
			Strategy:                     strategy,
			RetryTimeoutMs:               uint32(openTime.Milliseconds()),
			MinRequestAmount:             minCalls,
			StatIntervalMs:               uint32(window.Milliseconds()),
			StatSlidingWindowBucketCount: buckets,
			MaxAllowedRtMs:               2000,
			Threshold:                    threshold,
		}})
		if err != nil {
			return Target{}, err
		}
		return Target{Calls: func(n, failEvery int) (rejected int) {
			turn := turnsOf(failEvery)
			for range n {
				entry, blocked := sentinel.Entry(resource)
				if blocked != nil {
					rejected++
					continue
				}
				if err := turn.next()(); err != nil {
					sentinel.TraceError(entry, err)
				}
				entry.Exit()
			}
			return rejected
		}}, nil
	}
}

// silent is a logger of sentinel that logs nothing.
type silent struct{}

func (silent) Debug(string, ...any)        {}
func (silent) DebugEnabled() bool          { return false }
func (silent) Info(string, ...any)         {}
func (silent) InfoEnabled() bool           { return false }
func (silent) Warn(string, ...any)         {}
func (silent) WarnEnabled() bool           { return false }
func (silent) Error(error, string, ...any) {}
func (silent) ErrorEnabled() bool          { return false }
