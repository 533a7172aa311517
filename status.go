package recloser

import (
	"context"
	"time"
)

// Status is what a breaker knows of its circuit at one moment.
type Status struct {
	// Circuit is the key of the circuit.
	Circuit string `json:"circuit"`
	// State is where it stands: an open circuit whose time has passed is
	// half-open, though nobody has written it yet.
	State State `json:"state"`
	// Generation is the number of its last transition.
	Generation uint64 `json:"generation"`
	// Since is when the state was written.
	Since Instant `json:"since_ms"`
	// OpenUntil is when an open circuit may be probed.
	OpenUntil Instant `json:"open_until_ms,omitempty"`
	// Relapses is how often it opened again without having been well between.
	Relapses int `json:"relapses"`
	// Cause is why it is in its state.
	Cause Cause `json:"cause"`
	// Override is the operator's word, while it holds.
	Override Override `json:"override"`
	// Share is the share of calls that are admitted.
	Share Share `json:"share"`
	// Isolated is whether this environment has opened for itself.
	Isolated bool `json:"isolated"`
	// Watched is whether the fleet counts its calls.
	Watched bool `json:"watched"`
	// Window is what the calls came to that would be judged now.
	Window Counts `json:"window"`
	// Probes is how many probe slots are held; ProbeOK and ProbeFailed are
	// how many probes of this generation ended.
	Probes      int `json:"probes"`
	ProbeOK     int `json:"probe_ok"`
	ProbeFailed int `json:"probe_failed"`
	// InFlight is how many calls this environment has in flight.
	InFlight int `json:"in_flight"`
	// Admitted and Rejected are how many calls this environment has let
	// through and turned away since its breaker was made. Of more than a
	// thousand rejections a second the rest is counted by sample.
	Admitted uint64 `json:"admitted"`
	Rejected uint64 `json:"rejected"`
	// Age is how old the view is; zero if there is no store.
	Age time.Duration `json:"age_ns"`
	// Detached is whether the environment decides by itself: it has no
	// store, or the store is out of reach.
	Detached bool `json:"detached"`
}

// Status returns what the breaker knows. It does no I/O.
func (b *Breaker) Status() (s Status) {
	b.locked(func(now moment) { s = b.status(now) })
	return s
}

// Refresh reads the record from the store, makes a transition that is due, and
// returns what the breaker then knows. Without a store it is [Breaker.Status].
// The error is the store's; the status then is the last known.
func (b *Breaker) Refresh(ctx context.Context) (s Status, err error) {
	b.locked(func(moment) {
		if b.options.Store != nil {
			err = b.load(ctx, b.options.StoreTimeout)
		}
		for range maxSteps {
			if !b.advance(ctx, b.again()) {
				break
			}
		}
		s = b.status(b.again())
	})
	return s, err
}

func (b *Breaker) status(now moment) Status {
	v := b.view(now)
	s := Status{
		Circuit:     b.key,
		State:       b.policy.StateOf(v),
		Generation:  v.Generation,
		Since:       v.Since,
		OpenUntil:   v.OpenUntil,
		Relapses:    v.Relapses,
		Cause:       v.Cause,
		Override:    v.override(),
		Share:       b.policy.AdmittedShare(v),
		Isolated:    b.isolated(),
		Watched:     b.attached() && v.WatchSince != 0,
		Window:      v.Window.Sum(v.Now.Add(-b.policy.OpenWhen.Window), v.Now.Add(b.policy.HalfOpen.Margin)),
		ProbeOK:     v.ProbeOK,
		ProbeFailed: v.ProbeFailed,
		InFlight:    b.inFlight(),
		Rejected:    b.rejected.Load(),
		Detached:    !b.attached(),
	}
	for _, lease := range v.Probes {
		if lease.Token != "" {
			s.Probes++
		}
	}
	s.Admitted = b.env.settled + uint64(s.InFlight)
	if b.options.Store != nil && b.env.known {
		s.Age = v.Age
	}
	return s
}
