package recloser_test

import (
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/explorer"
)

var window = explorer.Window{
	New:         recloser.NewUnchecked,
	DoUnchecked: recloser.DoUnchecked,
	Look:        func(b *recloser.Breaker) explorer.Inside { return explorer.Inside(recloser.Look(b)) },
	LookAt:      func(p recloser.Permit) explorer.InsidePermit { return explorer.InsidePermit(recloser.LookAt(p)) },
	Do:          recloser.DoPermitted,
}

func explored(probes int) recloser.Policy {
	p := recloser.DefaultPolicy()
	p.Call = recloser.CallLimits{Timeout: time.Second, Reserve: 900 * time.Millisecond}
	p.HalfOpen = recloser.HalfOpen{Probes: probes, Successes: 1, Failures: 1, Margin: 2 * time.Second}
	p.OpenFor = recloser.OpenFor{Cooldown: 5 * time.Second, Backoff: 1, MaxCooldown: 5 * time.Second}
	p.Ramp = recloser.Ramp{}
	p.OpenWhen = recloser.OpenWhen{FailureRate: 1, Window: 10 * time.Second, MinCalls: 1_000_000}
	return p
}

func TestExplore(t *testing.T) {
	r := explorer.Explore(explorer.Config{
		Policy: explored(1), Window: window, Skew: []int{0, 1}, Generations: 3,
		Faults: 1, Late: 1, Freezes: 1, Kills: 0, Pauses: 0, Limit: 1_000_000,
	})
	t.Logf("%+v", r)
}

func TestWalk(t *testing.T) {
	n, err := explorer.Walk(explorer.Config{
		Policy: explored(2), Window: window, Skew: []int{0, 0, 1}, Generations: 9,
		Faults: 9, Late: 2, Freezes: 9, Kills: 3, Pauses: 9, Calls: 200,
	}, 1, 300, 200)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(n)
}
