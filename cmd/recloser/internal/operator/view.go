package operator

import (
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// latest is the last moment that can be written down: a record may hold any.
const latest = recloser.Instant(253_370_764_800_000) // The year 9999.

// View says what a record of a circuit means now, under its policy.
func (o *Operator) View(key string, record recloser.Record) admin.Circuit {
	held, named := o.Circuits[nameOf(key)]
	if !named {
		held.Policy = recloser.DefaultPolicy()
	}
	c := viewOf(record, held.Policy, recloser.InstantOf(time.Now()))
	c.Name, c.Unnamed = key, !named
	return c
}

// viewOf says what a record means under a policy at now. It believes the record
// no further than the policy does.
func viewOf(record recloser.Record, policy recloser.Policy, now recloser.Instant) admin.Circuit {
	view := record.At(now)
	c := admin.Circuit{
		State:         policy.StateOf(view),
		Since:         timeOf(record.Since),
		OpenUntil:     openUntil(policy, view),
		Generation:    record.Generation,
		Relapses:      record.Relapses,
		AdmittedShare: policy.AdmittedShare(view),
		Cause:         causeOf(record.Cause),
		Watched:       record.WatchSince != 0,
		Window:        record.Window.Sum(now.Add(-policy.OpenWhen.Window), now.Add(policy.HalfOpen.Margin)),
		Probes: admin.Probes{
			Allowed: policy.HalfOpen.Probes, Succeeded: record.ProbeOK, Failed: record.ProbeFailed, Needed: policy.HalfOpen.Successes,
		},
	}
	if c.State != record.State {
		// Time alone has moved it, and nobody has written it yet.
		c.Since, c.Cause = c.OpenUntil, causeOf(recloser.Cause{Rule: recloser.RuleCooledDown})
	}
	c.Ramping = c.State == recloser.StateClosed && policy.RampShare(view) < 1
	for _, lease := range record.Probes[:min(policy.HalfOpen.Probes, recloser.MaxProbes)] {
		if lease.Token != "" && lease.End > now {
			c.Probes.InFlight++
		}
	}
	if o := record.Override; o.Mode != recloser.OverrideNone && now < o.Until {
		c.Override = &admin.Override{Mode: o.Mode, Until: timeOf(o.Until), Actor: Printable(o.Actor), Reason: Printable(o.Reason)}
	}
	return c
}

// openUntil returns when a circuit that is open, or was so last, may be probed.
func openUntil(policy recloser.Policy, view recloser.View) time.Time {
	if view.State != recloser.StateOpen {
		return timeOf(view.OpenUntil)
	}
	view.Override = recloser.Override{}
	if a := policy.Admit(view, 0); a.Verdict == recloser.VerdictReject {
		return timeOf(view.Now.Add(a.RetryAfter))
	}
	return timeOf(min(view.OpenUntil, view.Now))
}

func causeOf(c recloser.Cause) admin.Cause {
	c.Rule, c.Actor, c.Reason = recloser.Rule(Printable(string(c.Rule))), Printable(c.Actor), Printable(c.Reason)
	return admin.CauseOf(c)
}

func timeOf(i recloser.Instant) time.Time {
	if i <= 0 {
		return time.Time{}
	}
	return min(i, latest).Time()
}
