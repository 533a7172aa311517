package circuit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/valkeystore"

	"github.com/recloser-dev/recloser/bench/fleet/phase"
	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

func openOnValkey(s Spec, policy recloser.Policy, r *tally.Recorder) (*Circuit, error) {
	store, err := valkeystore.Open(s.URL, func(o *valkeystore.OpenOptions) { o.Timeout = storeTimeout })
	if err != nil {
		return nil, err
	}
	return openRecloser(store, store.Close, policy, r)
}

func openRecloser(store recloser.Store, closeStore func() error, policy recloser.Policy, r *tally.Recorder) (*Circuit, error) {
	b, err := recloser.New(name, func(o *recloser.Options) {
		o.Policy = policy
		o.Store = counted{store, r}
		o.StoreTimeout = storeTimeout
		o.Observers = []recloser.Observer{observer(r)}
	})
	if err != nil {
		return nil, errors.Join(err, closeStore())
	}
	return &Circuit{
		Do:       b.Do,
		Rejected: func(err error) bool { return errors.Is(err, recloser.ErrOpen) },
		Close: func() error {
			b.Close()
			return closeStore()
		},
	}, nil
}

// observer tells the recorder of what an environment does by itself. What the
// fleet does is seen in what the store answers: an environment that has lost its
// store opens a circuit of its own, and tells of that in the same words.
func observer(r *tally.Recorder) recloser.ObserverFunc {
	return func(e recloser.Event) {
		switch e.Kind {
		case recloser.EventIsolated:
			r.Isolated()
		case recloser.EventStoreFailed:
			r.OutOfReach()
		case recloser.EventOpened, recloser.EventHalfOpened, recloser.EventClosed, recloser.EventWatched, recloser.EventUnwatched,
			recloser.EventProbeClaimed, recloser.EventProbeSettled, recloser.EventOverridden, recloser.EventOverrideEnded,
			recloser.EventStoreBack, recloser.EventPermitExpired, recloser.EventRejoined:
		}
	}
}

// counted is a store whose operations are taken down.
type counted struct {
	recloser.Store
	recorder *tally.Recorder
}

// Load implements [recloser.Store].
func (c counted) Load(ctx context.Context, key string) (recloser.Record, error) {
	r, err := c.Store.Load(ctx, key)
	c.recorder.Read("load", answer(err))
	c.see(r, err)
	return r, err
}

// Apply implements [recloser.Store].
func (c counted) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	began := time.Now()
	r, err := c.Store.Apply(ctx, key, w)
	c.recorder.Write(kind(w), began, answer(err))
	if t, moves := w.(recloser.Transition); moves && t.To == recloser.StateOpen && err == nil {
		c.recorder.Opening()
	}
	c.see(r, err)
	return r, err
}

// see tells where the circuit stands, if the store has said so.
func (c counted) see(r recloser.Record, err error) {
	switch {
	case answer(err) == tally.Fault:
	case r.State == recloser.StateOpen:
		c.recorder.Seen(phase.Opened)
	case r.Cause.Rule == recloser.RuleRecovered:
		c.recorder.Seen(phase.Closed)
	}
}

func answer(err error) tally.Answer {
	switch {
	case err == nil:
		return tally.Made
	case errors.Is(err, recloser.ErrConflict):
		return tally.Conflict
	}
	return tally.Fault
}

func kind(w recloser.Write) string {
	switch w := w.(type) {
	case recloser.Watch:
		return "watch"
	case recloser.Unwatch:
		return "unwatch"
	case recloser.Report:
		return "report"
	case recloser.Transition:
		return "transition"
	case recloser.Claim:
		if w.First {
			return "first claim"
		}
		return "claim"
	case recloser.Settle:
		return "settle"
	case recloser.SetOverride:
		return "override"
	}
	return fmt.Sprintf("%T", w)
}
