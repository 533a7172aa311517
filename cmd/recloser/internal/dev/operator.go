package dev

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
)

var _ admin.Operator = (*Server)(nil)

// newOperator returns what operates on the circuits of the server, and on no
// others: a store that is shared may have many.
func (s *Server) newOperator() *operator.Operator {
	o := &operator.Operator{Store: &s.memory, Circuits: make(map[string]operator.Circuit), Closed: true}
	if s.board != nil {
		o.Store = s.board
	}
	for name, c := range s.circuits {
		o.Circuits[name] = operator.Circuit{Policy: c.Policy, Settings: c.Settings}
	}
	return o
}

// Circuits implements [admin.Operator].
func (s *Server) Circuits(ctx context.Context) ([]admin.Circuit, error) {
	list, err := s.operator.List(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list.Circuits {
		s.addTraffic(&list.Circuits[i])
	}
	return list.Circuits, nil
}

// Describe implements [admin.Operator].
func (s *Server) Describe(ctx context.Context, key string) (admin.Circuit, error) {
	c, err := s.operator.Describe(ctx, key)
	if err == nil {
		s.addTraffic(&c)
	}
	return c, err
}

// Override implements [admin.Operator].
func (s *Server) Override(ctx context.Context, key string, o recloser.Override) (admin.Circuit, error) {
	record, err := s.operator.Override(ctx, key, o)
	if err != nil {
		return admin.Circuit{}, err
	}
	s.journal.Overridden(key, o, record.Generation, time.Now())
	return s.view(key, record), nil
}

// Reset implements [admin.Operator].
func (s *Server) Reset(ctx context.Context, key, actor, reason string) (admin.Circuit, error) {
	record, err := s.operator.Reset(ctx, key, actor, reason)
	if err != nil {
		return admin.Circuit{}, err
	}
	s.journal.Reset(key, actor, reason, record.Generation)
	return s.view(key, record), nil
}

// Events implements [admin.Operator].
func (s *Server) Events(ctx context.Context, after uint64, limit int, wait time.Duration) []admin.Event {
	return s.journal.After(ctx, after, limit, wait)
}

func (s *Server) view(key string, record recloser.Record) admin.Circuit {
	c := s.operator.View(key, record)
	s.addTraffic(&c)
	return c
}

// addTraffic adds to a circuit what only this process knows: who calls it, and
// what came of that.
func (s *Server) addTraffic(c *admin.Circuit) {
	name, _, _ := recloser.SplitKey(c.Name)
	held, now := s.circuits[name], time.Now()
	c.Upstream = held.target.Redacted()
	c.Proxy = "http://" + s.Address() + proxyPrefix + held.Name + "/"
	c.Calls = new(admin.Calls)
	if c.Name == held.Name {
		*c.Calls = callsOf(&held.meter, now)
		c.Environments, c.Isolated = len(held.breakers), held.isolated.count(now, held.breakers)
		if s.function != nil {
			c.Environments, _ = s.FunctionEnvironments()
		}
	}
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
