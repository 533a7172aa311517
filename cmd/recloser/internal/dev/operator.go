package dev

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

var _ admin.Operator = (*Server)(nil)

const (
	// A write may lose against transitions; so many in a row are no accident.
	mostAttempts = 16
	mostKeys     = 1024
)

// Circuits implements [admin.Operator].
func (s *Server) Circuits(ctx context.Context) ([]admin.Circuit, error) {
	keys, err := s.store.Keys(ctx, "", mostKeys)
	if err != nil {
		return nil, fmt.Errorf("list the circuits: %w", err)
	}
	keys = append(keys, s.names...)
	slices.Sort(keys)
	var circuits []admin.Circuit
	for _, key := range slices.Compact(keys) {
		c, err := s.circuit(ctx, key)
		if err != nil {
			return nil, err
		}
		circuits = append(circuits, c)
	}
	return circuits, nil
}

// Describe implements [admin.Operator].
func (s *Server) Describe(ctx context.Context, key string) (admin.Circuit, error) {
	c, err := s.circuit(ctx, key)
	if err == nil {
		c.Settings = s.circuits[nameOf(key)].Settings
	}
	return c, err
}

// Override implements [admin.Operator].
func (s *Server) Override(ctx context.Context, key string, o recloser.Override) (admin.Circuit, error) {
	if err := o.Validate(); err != nil {
		return admin.Circuit{}, err
	}
	before, err := s.change(ctx, key, func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation, Override: o}
	})
	if err != nil {
		return admin.Circuit{}, err
	}
	if s.journal.overridden(key, o) {
		s.journal.Add(admin.Event{
			Circuit: key, Kind: string(recloser.EventOverridden), Generation: before.Generation, Text: OverrideText(o),
		})
	}
	return s.circuit(ctx, key)
}

// Reset implements [admin.Operator].
func (s *Server) Reset(ctx context.Context, key, actor, reason string) (admin.Circuit, error) {
	_, err := s.change(ctx, key, func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation}
	})
	if err != nil {
		return admin.Circuit{}, err
	}
	before, err := s.change(ctx, key, func(r recloser.Record) recloser.Write {
		return recloser.Transition{
			Generation: r.Generation,
			To:         recloser.StateClosed,
			Since:      recloser.InstantOf(time.Now()),
			Cause:      recloser.Cause{Rule: recloser.RuleReset},
		}
	})
	if err != nil {
		return admin.Circuit{}, err
	}
	s.journal.overridden(key, recloser.Override{})
	text := "closed by " + actor
	if reason != "" {
		text += ": " + reason
	}
	s.journal.Add(admin.Event{Circuit: key, Kind: KindReset, Generation: before.Generation + 1, Text: text})
	return s.circuit(ctx, key)
}

// Events implements [admin.Operator].
func (s *Server) Events(ctx context.Context, after uint64, limit int, wait time.Duration) []admin.Event {
	return s.journal.After(ctx, after, limit, wait)
}

// change makes a write of the record as it stands, until no transition comes
// between, and returns the record before it.
func (s *Server) change(ctx context.Context, key string, write func(recloser.Record) recloser.Write) (recloser.Record, error) {
	if err := s.check(key); err != nil {
		return recloser.Record{}, err
	}
	record, err := s.store.Load(ctx, key)
	if err != nil {
		return recloser.Record{}, fmt.Errorf("read circuit %s: %w", key, err)
	}
	for range mostAttempts {
		stands, err := s.store.Apply(ctx, key, write(record))
		if err == nil {
			return record, nil
		}
		if !errors.Is(err, recloser.ErrConflict) {
			return recloser.Record{}, fmt.Errorf("write circuit %s: %w", key, err)
		}
		record = stands
	}
	return recloser.Record{}, fmt.Errorf("circuit %s changed %d times meanwhile; try again", key, mostAttempts)
}

// check returns an error unless key is that of a known circuit or of a
// partition of one.
func (s *Server) check(key string) error {
	name, _, err := recloser.SplitKey(key)
	if err != nil {
		return err
	}
	if s.circuits[name] == nil {
		return fmt.Errorf("%w: %s; %s", admin.ErrNotFound, key, admin.Suggest(name, s.names))
	}
	return nil
}

// circuit returns what an operator sees of the circuit of a key.
func (s *Server) circuit(ctx context.Context, key string) (admin.Circuit, error) {
	if err := s.check(key); err != nil {
		return admin.Circuit{}, err
	}
	record, err := s.store.Load(ctx, key)
	if err != nil {
		return admin.Circuit{}, fmt.Errorf("read circuit %s: %w", key, err)
	}
	held := s.circuits[nameOf(key)]
	now := time.Now()
	c := viewOf(record, held.Policy, now)
	c.Name = key
	c.Upstream = held.target.Redacted()
	c.Proxy = "http://" + s.Address() + proxyPrefix + held.Name + "/"
	if key == held.Name {
		c.Calls = callsOf(&held.meter, now)
		c.Environments, c.Isolated = len(held.breakers), held.isolated.count(now, held.breakers)
	}
	return c, nil
}

// viewOf says what a record means under a policy at now.
func viewOf(record recloser.Record, policy recloser.Policy, now time.Time) admin.Circuit {
	instant := recloser.InstantOf(now)
	view := record.At(instant)
	c := admin.Circuit{
		State:      policy.StateOf(view),
		Since:      timeOf(record.Since),
		OpenUntil:  timeOf(record.OpenUntil),
		Generation: record.Generation,
		Relapses:   record.Relapses,
		Cause:      admin.CauseOf(record.Cause),
		Watched:    record.WatchSince != 0,
		Window:     record.Window.Sum(instant.Add(-policy.OpenWhen.Window), instant.Add(policy.HalfOpen.Margin)),
		Probes: admin.Probes{
			Allowed: policy.HalfOpen.Probes, Succeeded: record.ProbeOK, Failed: record.ProbeFailed, Needed: policy.HalfOpen.Successes,
		},
	}
	if c.State != record.State {
		// Time alone has moved it, and nobody has written it yet.
		c.Since, c.Cause = c.OpenUntil, admin.CauseOf(recloser.Cause{Rule: recloser.RuleCooledDown})
	}
	if c.State == recloser.StateClosed {
		c.AdmittedShare = policy.RampShare(view)
		c.Ramping = c.AdmittedShare < 1
	}
	for _, lease := range record.Probes {
		if lease.Token != "" && lease.End > instant {
			c.Probes.InFlight++
		}
	}
	if o := record.Override; o.Mode != recloser.OverrideNone && instant < o.Until {
		c.Override = &admin.Override{Mode: o.Mode, Until: o.Until.Time(), Actor: o.Actor, Reason: o.Reason}
		c.AdmittedShare = 0
		if o.Mode == recloser.OverrideClosed {
			c.AdmittedShare = 1
		}
	}
	return c
}

func callsOf(m *Meter, now time.Time) admin.Calls {
	rates, total := m.Rates(now), m.Total()
	return admin.Calls{
		Rate:         rates.All,
		AdmittedRate: rates.Admitted,
		RejectedRate: rates.Rejected,
		FailedRate:   rates.Failed,
		Admitted:     uint64(total.Admitted),
		Rejected:     uint64(total.Rejected),
		Failed:       uint64(total.Failed),
	}
}

func timeOf(i recloser.Instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	return i.Time()
}

// nameOf returns the name in a key that has been checked.
func nameOf(key string) string {
	name, _, _ := recloser.SplitKey(key)
	return name
}
