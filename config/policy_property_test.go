package config_test

import (
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/config"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// LAWS.md, S1c: no accepted configuration lets a probe outlive its lease, or two
// generations probe at once. Of 10⁶ random policies none that is accepted breaks
// an inequality, and none that keeps them all is refused; one in a thousand goes
// through the file as well.
func TestNoAcceptedPolicyBreaksAnInequality(t *testing.T) {
	policies, throughFile := 1_000_000, 1000
	if evidence.Race {
		policies /= 10
	}
	workers := runtime.GOMAXPROCS(0)
	var accepted, refused, exact atomic.Int64
	var wg sync.WaitGroup
	for worker := range workers {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 1))
			for i := worker; i < policies && !t.Failed(); i += workers {
				p := randomPolicy(r)
				err := p.Validate()
				if safe := keepsInequalities(p) && p.OpenWhen.SlowAfter <= p.Call.Timeout; (err == nil) != safe {
					t.Errorf("policy %d: keeps the inequalities: %v, but Validate says %v:\n%+v", i, safe, err, p)
				}
				if i%throughFile == 0 {
					checkThroughFile(t, p, err)
				}
				switch {
				case err != nil:
					refused.Add(1)
				default:
					accepted.Add(1)
					if p.Lease() == p.Call.Timeout+p.HalfOpen.Margin && p.OpenFor.Cooldown == p.Lease()+p.HalfOpen.Margin {
						exact.Add(1)
					}
				}
			}
		})
	}
	wg.Wait()
	if min(accepted.Load(), refused.Load()) < int64(policies/4) || exact.Load() < int64(policies/100) {
		t.Errorf("accepted %d, refused %d, on the very border %d: too few of a kind to mean anything", accepted.Load(), refused.Load(), exact.Load())
	}
}

// keepsInequalities says what S1c says, in whole nanoseconds and without the
// code under test.
func keepsInequalities(p recloser.Policy) bool {
	timeout, margin, cooldown, lease := p.Call.Timeout, p.HalfOpen.Margin, p.OpenFor.Cooldown, p.HalfOpen.Lease
	if lease == 0 {
		lease = timeout + margin
	}
	return lease-margin >= timeout && cooldown-margin >= lease
}

// randomPolicy returns a policy that is sound but for the durations of S1c,
// which are around the border between what is safe and what is not.
func randomPolicy(r *rand.Rand) recloser.Policy {
	p := recloser.DefaultPolicy()
	p.Call.Timeout = between(r, time.Millisecond, 20*time.Minute)
	p.HalfOpen.Margin = between(r, time.Millisecond, time.Minute)
	p.HalfOpen.Lease = 0
	if r.IntN(3) > 0 {
		p.HalfOpen.Lease = max(time.Millisecond, p.Call.Timeout+p.HalfOpen.Margin+around(r))
	}
	p.OpenFor.Cooldown = max(time.Millisecond, p.HalfOpen.LeaseTime(p.Call.Timeout)+p.HalfOpen.Margin+around(r))
	p.OpenFor.MaxCooldown = 24 * time.Hour
	p.OpenWhen.SlowAfter = p.Call.Timeout
	p.HalfOpen.Probes = 1 + r.IntN(recloser.MaxProbes)
	if r.IntN(10) == 0 {
		p.OpenWhen.SlowAfter = max(time.Millisecond, p.Call.Timeout+around(r))
	}
	return p
}

// between returns a duration whose order of magnitude is random.
func between(r *rand.Rand, low, high time.Duration) time.Duration {
	top := low
	for top < high && r.IntN(8) > 0 {
		top *= 2
	}
	return low + time.Duration(r.Int64N(int64(min(top, high))))
}

// around returns a difference that is often nothing, or as small as can be.
func around(r *rand.Rand) time.Duration {
	switch r.IntN(6) {
	case 0, 1:
		return 0
	case 2:
		return -1
	case 3:
		return 1
	}
	return time.Duration(r.Int64N(int64(20*time.Second))) - 5*time.Second
}

// checkThroughFile finds a file with p accepted if p was, and the same policy in
// it.
func checkThroughFile(t *testing.T, p recloser.Policy, want error) {
	t.Helper()
	circuit := config.DefaultCircuit()
	circuit.Policy = p
	text, err := yaml.Marshal(&config.File{
		Version: config.Version, Store: config.Store{Memory: &config.MemoryStore{}}, Defaults: config.DefaultCircuit(),
		Circuits: map[string]config.Circuit{"payments": circuit},
	})
	if err != nil {
		t.Error(err)
		return
	}
	f, err := config.Parse("random.yaml", text)
	switch {
	case (err == nil) != (want == nil):
		t.Errorf("the file says %v, the policy %v:\n%s", err, want, text)
	case err == nil && f.Circuits["payments"].Policy != p:
		t.Errorf("read as\n%+v, written as\n%+v", f.Circuits["payments"].Policy, p)
	}
}
