package simulator

import (
	"errors"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// requested counts a request that has come.
func (w *world) requested() {
	w.count(func(c *Counts) { c.Requests++ })
}

// lost counts a call for which nobody has room.
func (w *world) lost(c *call) {
	w.told(StepLost, nil, c.number, c.String)
	w.count(func(n *Counts) { n.Lost++ })
}

// reached counts a call that has come to the dependency, which will fail by err
// if it is not nil.
func (w *world) reached(c *call, after int64, err error) {
	wasted := err != nil || after >= int64(w.s.Policy.Call.Timeout)
	w.told(StepReached, c.env, c.number, c.String)
	w.count(func(n *Counts) {
		n.Reached++
		if wasted {
			n.Wasted++
		}
	})
}

// admitted counts a call that is let through.
func (w *world) admitted(c *call) {
	w.waited(c)
	w.told(StepAdmitted, c.env, c.number, c.String)
	w.count(func(n *Counts) { n.Admitted++ })
	w.check.admitted(c)
}

// waited notes that a call is decided on.
func (w *world) waited(c *call) {
	took := time.Duration(w.now - c.began)
	w.count(func(n *Counts) { n.Waited = max(n.Waited, took) })
}

// finished counts a call that has ended in its environment.
func (w *world) finished(c *call, err error) {
	took := time.Duration(w.now - c.began)
	w.count(func(n *Counts) { n.Busy += took })
	rejection, isRejection := errors.AsType[*recloser.OpenError](err)
	switch {
	case isRejection:
		w.rejected(c, rejection)
	case err == nil:
		w.told(StepSucceeded, c.env, c.number, c.String)
		w.count(func(n *Counts) { n.Succeeded++ })
	default:
		w.told(StepFailed, c.env, c.number, func() string { return c.String() + ": " + err.Error() })
		w.count(func(n *Counts) { n.Failed++ })
	}
}

// rejected counts a call that was turned away.
func (w *world) rejected(c *call, rejection *recloser.OpenError) {
	w.waited(c)
	after, err := w.dependency.answer(w.now, c)
	good := err == nil && after < int64(w.s.Policy.Call.Timeout)
	w.told(StepRejected, c.env, c.number, func() string {
		return fmt.Sprintf("%v: %s, retry after %v", c, rejection.Reason, rejection.RetryAfter)
	})
	w.count(func(n *Counts) {
		n.Rejected++
		if good {
			n.GoodRejected++
		}
	})
	w.check.rejected(c, rejection)
}

// concluded counts a request that is not tried again.
func (w *world) concluded(err error) {
	if err == nil {
		w.count(func(n *Counts) { n.Served++ })
	}
}

// operated counts an operation that the store is asked.
func (w *world) operated(op *operation) {
	_, claims := op.write.(recloser.Claim)
	w.count(func(n *Counts) {
		switch {
		case op.write == nil:
			n.Reads++
		case claims:
			n.Claims++
			n.Writes++
		default:
			n.Writes++
		}
	})
	w.told(StepAsked, op.handle.env, 0, func() string { return nameOf(op.write) })
}

// applied notes a write that the store has made.
func (w *world) applied(op *operation, before, after *recloser.Record) {
	w.told(StepApplied, op.handle.env, after.Generation, func() string { return nameOf(op.write) })
	if before.Generation == after.Generation || len(w.result.Transitions) >= mostTransitions {
		return
	}
	w.result.Transitions = append(w.result.Transitions, Transition{
		At:         time.Duration(w.now),
		Partition:  op.handle.partition,
		Generation: after.Generation,
		From:       before.State,
		To:         after.State,
		Cause:      after.Cause,
	})
}

// nameOf returns what an operation is, in a word.
func nameOf(write recloser.Write) string {
	switch write := write.(type) {
	case nil:
		return "load"
	case recloser.Watch:
		return "watch"
	case recloser.Unwatch:
		return "unwatch"
	case recloser.Report:
		return "report"
	case recloser.Transition:
		return "transition to " + write.To.String()
	case recloser.Claim:
		return "claim"
	case recloser.Settle:
		return "settle: " + write.Outcome.String()
	case recloser.SetOverride:
		return "override"
	}
	return ""
}
