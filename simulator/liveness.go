package simulator

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// finish holds that circuits have closed again, if all has been well for long
// enough. LAWS.md, L1.
func (k *checker) finish() {
	w := k.w
	calm, ends := w.s.calm()
	if !ends || w.s.Protocol != ProtocolRecloser {
		return
	}
	limit := w.s.convergence()
	if w.s.Duration-calm < limit {
		return
	}
	for i := range w.store.items {
		if r := &w.store.items[i].record; r.State != recloser.StateClosed {
			k.broken("L1", nil, "circuit %d is %v since %v, %v after the last fault; it may take %v",
				i, r.State, r.Since.Time(), w.s.Duration-calm, limit)
		}
	}
}

// calm returns when the last fault ends, and whether it does.
func (s *Scenario) calm() (from time.Duration, ends bool) {
	for i := range s.Faults {
		f := &s.Faults[i]
		if f.Until == 0 {
			return 0, false
		}
		after := f.Until
		switch f.Kind {
		case FaultLate, FaultFreeze, FaultPause, FaultHeldUp, FaultStall:
			after += f.Length
		case FaultStep:
			after += longestStep
		case FaultLostAnswer, FaultNotDone, FaultReadFails, FaultSlow, FaultHang, FaultThrottled, FaultNoConnection, FaultStale, FaultKill:
		}
		from = max(from, after)
	}
	for i := range s.Orders {
		from = max(from, s.Orders[i].At+s.Orders[i].For)
	}
	last := &s.Dependency[len(s.Dependency)-1]
	if !last.well(&s.Policy) {
		return 0, false
	}
	return max(from, last.From), true
}

// convergence returns how long a circuit may take to close when all is well: its
// longest open time, the lease of a prober that died and the margin, and for each
// success the time of a probe and of the calls that ask for it.
func (s *Scenario) convergence() time.Duration {
	p := &s.Policy
	gap := 10 * time.Second
	if s.Traffic.Rate > 0 {
		gap = time.Duration(10 * float64(s.partitions()) / s.Traffic.Rate * float64(time.Second))
	}
	success := gap + p.Call.Timeout + 2*s.Store.Timeout
	return p.OpenFor.MaxCooldown + p.Lease() + p.HalfOpen.Margin + time.Duration(p.HalfOpen.Successes)*success +
		recloser.RefreshInterval + 2*s.Fleet.ClockError
}
