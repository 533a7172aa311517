package simulator

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/recloser-dev/recloser"
)

// Swarm returns the story of a seed in which whatever can go wrong does: its fleet,
// policy and dependency are drawn, and of all kinds of faults some are switched on.
// A run in which everything goes wrong at once would never come to what goes wrong
// when the rest is well. In the end all is well for as long as circuits may take to
// close.
func Swarm(seed uint64) Scenario {
	s := DefaultScenario()
	s.Seed = seed
	d := draw{rand.New(rand.NewPCG(scramble(seed), scramble(^seed)))}
	// In one of sixteen worlds minutes pass between what are seconds in others.
	pace := 1
	if d.chance(1.0 / 16) {
		pace = 60
	}
	chaos := slower(d.between(40*time.Second, 100*time.Second), pace)
	s.Fleet = d.fleet(pace)
	s.Policy = d.policy(s.Fleet.ClockError)
	s.Traffic = d.traffic(pace)
	s.Dependency = d.dependency(&s.Policy, chaos)
	s.Faults = d.faults(&s.Policy, chaos, pace)
	if d.chance(1.0 / 6) {
		s.Orders = d.orders(chaos)
	}
	calm, _ := s.calm()
	s.Duration = calm + s.convergence() + time.Second
	return s
}

// draw draws a scenario.
type draw struct{ *rand.Rand }

func (d draw) chance(p float64) bool { return d.Float64() < p }

func (d draw) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Int64N(int64(high-low)+1))
}

// among returns one of several.
func among[T any](d draw, of ...T) T { return of[d.IntN(len(of))] }

// policy draws rules that are sound for clocks with such an error, and short enough
// for much to happen.
func (d draw) policy(clockError time.Duration) recloser.Policy {
	p := recloser.DefaultPolicy()
	p.Call.Timeout = logUniform(d.Rand, 300*time.Millisecond, 3*time.Second)
	p.Call.Reserve = d.between(0, 300*time.Millisecond)
	p.OpenWhen.SlowAfter = p.Call.Timeout * time.Duration(d.IntN(5)+4) / 8
	p.OpenWhen.FailureRate = among(d, 0.2, recloser.Share(0.5))
	p.OpenWhen.SlowRate = among(d, 0, 0.5, recloser.Share(0.8))
	p.OpenWhen.Window = among(d, 5*time.Second, 10*time.Second)
	p.OpenWhen.MinCalls = among(d, 3, 5, 10)
	p.OpenWhen.Confidence = among(d, 0, 0, 0.9, recloser.Share(0.999))
	p.OpenWhen.Consecutive = among(d, 0, 3, 5)
	p.HalfOpen.Probes = among(d, 1, 1, 1, 2, 3, recloser.MaxProbes)
	p.HalfOpen.Successes = d.IntN(5) + 1
	p.HalfOpen.Failures = d.IntN(2) + 1
	p.HalfOpen.Margin = 2*clockError + d.between(20*time.Millisecond, time.Second)
	if d.chance(0.3) {
		p.HalfOpen.Lease = p.Lease() + d.between(0, 2*time.Second)
	}
	p.OpenFor.Cooldown = p.Lease() + p.HalfOpen.Margin
	if d.chance(0.5) {
		p.OpenFor.Cooldown += d.between(0, 3*time.Second)
	}
	p.OpenFor.Jitter = among(d, 0, recloser.Share(0.2))
	p.OpenFor.Backoff = among(d, 1, 1, 2.0)
	p.OpenFor.MaxCooldown = time.Duration(float64(p.OpenFor.Cooldown) * (1.2 + d.Float64()))
	p.Ramp.Over = among(d, 0, 5*time.Second, 20*time.Second)
	if d.chance(0.1) {
		p.Call.Concurrency = d.IntN(8) + 1
	}
	if d.chance(0.2) {
		p.WhenStoreFails = among(d, recloser.StoreFailureAllow, recloser.StoreFailureReject)
	}
	return p
}

func (d draw) fleet(pace int) Fleet {
	f := Fleet{
		Environments: int(logUniform(d.Rand, 2, 40)),
		Concurrency:  among(d, 1, 1, 2, 8, 64),
		Routing:      among(d, RoutingUniform, RoutingWarm),
		ClockError:   among(d, 0, 100*time.Millisecond, time.Second),
		Clones:       among(d, 0, 0.5, recloser.Share(1)),
	}
	if d.chance(0.5) {
		f.ColdStart = d.between(0, time.Second)
	}
	f.FreezeIdle = d.chance(0.4)
	if d.chance(0.3) {
		f.IdleLife = slower(d.between(time.Second, 30*time.Second), pace)
	}
	if d.chance(0.3) {
		f.Timeout = d.between(time.Second, 6*time.Second)
	}
	return f
}

func (d draw) traffic(pace int) Traffic {
	t := Traffic{
		Rate:    float64(logUniform(d.Rand, 8_000, 60_000)) / 1000 / float64(pace),
		Backoff: 100 * time.Millisecond,
		Retries: among(d, 0, 0, 2),
	}
	if d.chance(0.2) {
		t.Impatient = recloser.Share(d.Float64() / 3)
	}
	if d.chance(0.1) {
		t.Partitions = d.IntN(4) + 1
	}
	return t
}

// dependency draws phases that are ill, and well ones between and after them. In
// one of eight worlds it is well all the time.
func (d draw) dependency(p *recloser.Policy, chaos time.Duration) []Phase {
	latency := d.between(time.Millisecond, p.OpenWhen.SlowAfter/8)
	well := Phase{Latency: latency, Tail: min(2*latency, p.OpenWhen.SlowAfter/4)}
	phases := []Phase{well}
	if d.chance(1.0 / 8) {
		return phases
	}
	n := d.IntN(3) + 1
	for i := range n {
		ill := d.illness(p, latency)
		part := chaos / time.Duration(n)
		ill.From = part*time.Duration(i) + d.between(time.Second, part/8)
		well.From = ill.From + d.between(part/2, part*7/8-time.Second)
		phases = append(phases, ill, well)
	}
	return phases
}

func (d draw) illness(p *recloser.Policy, latency time.Duration) Phase {
	ill := Phase{Latency: latency, Tail: 2 * latency}
	some := recloser.Share(math.Sqrt(d.Float64())) // More rather than less.
	switch d.IntN(8) {
	case 0:
		ill.Failing = 1
	case 1:
		ill.Failing = some
	case 2, 3:
		ill.Hanging = 1
	case 4:
		ill.Hanging, ill.Failing = some, recloser.Share(d.Float64())
	case 5:
		ill.Latency = d.between(p.OpenWhen.SlowAfter/2, p.Call.Timeout*3/2)
	case 6:
		ill.Failing, ill.RetryAfter = some, d.between(time.Second, time.Minute)
	case 7:
		ill.Capacity, ill.Queue = d.Float64()*20+1, d.IntN(200)
	}
	return ill
}

// faults switches each kind of fault on or off.
func (d draw) faults(p *recloser.Policy, chaos time.Duration, pace int) []Fault {
	const on = 0.3
	lengths := map[FaultKind]time.Duration{
		FaultLate: 5 * time.Minute, FaultSlow: 300 * time.Millisecond, FaultPause: 3 * p.Lease(),
		FaultStall:  2 * p.Lease(),
		FaultFreeze: slower(24*time.Minute, pace), FaultStep: time.Hour, FaultHeldUp: 3 * p.Lease(),
	}
	var faults []Fault
	for _, kind := range [...]FaultKind{
		FaultLostAnswer, FaultNotDone, FaultLate, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStall,
		FaultKill, FaultFreeze, FaultPause, FaultStep, FaultHeldUp,
	} {
		if !d.chance(on) {
			continue
		}
		f := Fault{Kind: kind, Length: lengths[kind], Every: slower(d.between(200*time.Millisecond, 10*time.Second), pace)}
		if f.Until = chaos; d.chance(0.5) {
			f.From = d.between(0, chaos/2)
			f.Until = f.From + d.between(time.Second, chaos-f.From)
		}
		switch kind {
		case FaultHeldUp:
			f.Share = recloser.Share(d.Float64() / 10)
		case FaultFreeze:
			f.Length = min(f.Length, 24*time.Hour, chaos)
		case FaultLate:
			f.Share = recloser.Share(d.Float64() / 4)
			f.Length = logUniform(d.Rand, time.Second, f.Length)
		case FaultLostAnswer, FaultNotDone, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStall, FaultStale, FaultKill, FaultPause, FaultStep:
			f.Share = recloser.Share(d.Float64())
			if d.chance(0.2) {
				f.Share = 1
			} else if d.chance(0.5) {
				f.Share /= 10
			}
		}
		faults = append(faults, f)
	}
	return faults
}

func (d draw) orders(chaos time.Duration) []Order {
	orders := make([]Order, d.IntN(2)+1)
	for i := range orders {
		orders[i] = Order{
			At:   d.between(0, chaos),
			Mode: among(d, recloser.OverrideOpen, recloser.OverrideClosed, recloser.OverrideNone),
			For:  d.between(5*time.Second, chaos/2),
		}
	}
	return orders
}

// slower returns d in a world that goes on so many times more slowly.
func slower(d time.Duration, pace int) time.Duration { return time.Duration(int64(d) * int64(pace)) }
