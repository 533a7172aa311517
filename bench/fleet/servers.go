package main

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/recloser-dev/recloser/internal/testserver"

	"github.com/recloser-dev/recloser/bench/fleet/arrival"
	"github.com/recloser-dev/recloser/bench/fleet/bill"
	"github.com/recloser-dev/recloser/bench/fleet/circuit"
)

// servers are those that fleets share their circuits through: one DynamoDB, with
// a table for each fleet, and a Valkey for each, since that can only tell what
// all its clients did.
type servers struct {
	// dynamo is where DynamoDB listens, once it does.
	dynamo string
	all    []*testserver.Server
}

// of returns where a fleet's circuit is kept, and what counts there, if anything
// does.
func (s *servers) of(ctx context.Context, f bill.Fleet) (circuit.Spec, *arrival.Counter, error) {
	if f.Peer == circuit.RecloserDynamoDB {
		spec, err := s.table(ctx, f)
		return spec, nil, err
	}
	server, err := testserver.Valkey(ctx)
	if err != nil {
		return circuit.Spec{}, nil, err
	}
	s.all = append(s.all, server)
	counter, err := arrival.NewCounter(server.URL)
	return circuit.Spec{Peer: f.Peer, URL: server.URL}, counter, err
}

func (s *servers) table(ctx context.Context, f bill.Fleet) (circuit.Spec, error) {
	if s.dynamo == "" {
		server, err := testserver.DynamoDB(ctx)
		if err != nil {
			return circuit.Spec{}, err
		}
		s.dynamo = server.URL
		s.all = append(s.all, server)
	}
	spec := circuit.Spec{Peer: f.Peer, URL: s.dynamo, Table: "fleet-" + rand.Text()}
	return spec, circuit.CreateTable(ctx, spec)
}

func (s *servers) close() error {
	var all []error
	for _, server := range s.all {
		all = append(all, server.Close())
	}
	return errors.Join(all...)
}
