package model_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// attempt lets a real breaker live through what a prober of the model has, against a
// store that answers as the model's did at the times at which it did, and asks
// whether it makes the call.
func (f *fleet) attempt(e event, p *prober, want bool) error {
	s := &script{fleet: f, prober: p, at: p.looked}
	b, err := recloser.New("model", s.option)
	if err != nil {
		return err
	}
	called := false
	err = b.Do(context.Background(), func(context.Context) error {
		called = s.owns // Through a circuit that has closed meanwhile anybody calls.
		return nil
	})
	var refused *recloser.OpenError
	switch {
	case s.err != nil:
		return departure{e, s.err.Error()}
	case err != nil && !errors.As(err, &refused):
		return departure{e, fmt.Sprintf("the breaker says %v", err)}
	case called != want:
		return departure{e, fmt.Sprintf("the breaker makes the call: %t", called)}
	case e.name == "gives_up" && s.gaveBack != p.claim.Lease.Token:
		return departure{e, "the breaker does not give the slot back"}
	}
	return nil
}

// script is a store, a clock and an observer, in which everything happens once more.
type script struct {
	fleet    *fleet
	prober   *prober
	at       recloser.Instant // what time it is
	claimed  bool
	owns     bool
	gaveBack string
	err      error
}

var errLost = errors.New("the connection is gone")

func (s *script) option(o *recloser.Options) {
	o.Policy = s.fleet.sound
	o.Policy.WhenStoreFails = recloser.StoreFailureReject // Alone it would be a fleet of its own.
	o.Store = s
	o.StoreTimeout = time.Hour
	o.Rand = func() float64 { return 0 }
	o.Token = func() string { return s.prober.claim.Lease.Token }
	o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) {
		if e.Kind == recloser.EventProbeClaimed {
			s.owns = true
			s.until(s.prober.checked)
		}
	})}
	o.Clock.Wall = func() time.Time { return s.at.Add(s.fleet.clocks[s.prober.env]).Time() }
	// What a prober is held up by between its steps is a freeze.
	o.Clock.Mono = func() time.Duration { return time.Hour }
	o.Clock.WithTimeout = func(ctx context.Context, _ time.Duration, _ error) (context.Context, context.CancelFunc) {
		return context.WithCancel(ctx)
	}
	o.Clock.AfterFunc = func(time.Duration, func()) func() bool { return func() bool { return true } }
}

// until lets time pass, as far as the breaker can see.
func (s *script) until(at recloser.Instant) {
	if !s.fleet.broken.blind {
		s.at = at
	}
}

// Load implements [recloser.Store]: first what the prober looked at, then what it has
// read after an unknown claim.
func (s *script) Load(context.Context, string) (recloser.Record, error) {
	switch {
	case !s.claimed:
		return s.prober.view.Record, nil
	case s.prober.readAt == 0:
		return s.prober.before, nil
	}
	s.until(s.prober.readAt)
	if s.prober.read == nil {
		return recloser.Record{}, errLost
	}
	return *s.prober.read, nil
}

// Apply implements [recloser.Store]: the claim is answered as it was, and nothing that
// the breaker makes of the answer is written.
func (s *script) Apply(_ context.Context, _ string, w recloser.Write) (recloser.Record, error) {
	claim, is := w.(recloser.Claim)
	if settle, is := w.(recloser.Settle); is && settle.Outcome == recloser.OutcomeIgnored {
		s.gaveBack = settle.Token
	}
	if !is || s.claimed {
		return s.prober.before, recloser.ErrConflict
	}
	s.claimed = true
	s.until(s.prober.claimed)
	if claim != s.prober.claim {
		s.err = fmt.Errorf("the breaker claims %+v, and the core %+v", claim, s.prober.claim)
	}
	if s.prober.readAt != 0 || s.prober.answer == "unknown" {
		if s.fleet.broken.hopeful {
			return hoped(claim), nil
		}
		return recloser.Record{}, errLost
	}
	next, ok := s.fleet.broken.apply(s.prober.before, claim)
	if !ok {
		return next, recloser.ErrConflict
	}
	return next, nil
}
