package dev

import (
	"context"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/internal/storage"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// Snapshot is everything there is to see of a server at one moment.
type Snapshot struct {
	At, Started     time.Time
	Address         string
	UpstreamAddress string
	// Store is what the store is called, if others may share it, and Trouble why
	// it could not be read lately; both are empty otherwise.
	Store, Trouble string
	// Environments is how many environments make calls, and Rate how many a
	// second in all; both are zero if no circuit has the sample upstream.
	Environments int
	Rate         float64
	// Frozen is how many of the environments are frozen: those of a function
	// are, between calls.
	Frozen   int
	Circuits []CircuitSnapshot
	// Events are the latest, oldest first.
	Events []admin.Event
}

// CircuitSnapshot is a circuit with what a picture of it needs.
type CircuitSnapshot struct {
	admin.Circuit
	// Sample is whether it calls the sample upstream, and Fault what is wrong
	// with that.
	Sample bool
	Fault  Fault
	// SlowDelay is a delay that makes a call slow, and lets it end in time.
	SlowDelay time.Duration
	// History is what callers saw in the last seconds, oldest first.
	History []Tally
}

const snapshotEvents = 256

// Snapshot returns what there is to see now.
func (s *Server) Snapshot(ctx context.Context) (Snapshot, error) {
	now := time.Now()
	circuits, err := s.Circuits(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	snapshot := Snapshot{
		At:              now,
		Started:         s.started,
		Address:         s.Address(),
		UpstreamAddress: s.UpstreamAddress(),
		Store:           s.options.StoreName,
		Events:          s.journal.After(ctx, 0, snapshotEvents, 0),
	}
	if len(s.fleet.targets) > 0 {
		snapshot.Environments, snapshot.Rate = s.options.Environments, s.options.Rate
	}
	if s.function != nil {
		snapshot.Environments, snapshot.Frozen = s.FunctionEnvironments()
	}
	if s.board != nil {
		if err := s.board.Trouble(); err != nil {
			snapshot.Trouble = storage.Explain(err)
		}
	}
	for _, c := range circuits {
		name, _, _ := recloser.SplitKey(c.Name)
		held := s.circuits[name]
		one := CircuitSnapshot{
			Circuit:   c,
			Sample:    held.sample,
			Fault:     s.upstream.Fault(held.Name),
			SlowDelay: min((held.Policy.OpenWhen.SlowAfter+held.Policy.Call.Timeout)/2, longestFault),
		}
		if c.Name == held.Name {
			one.History = held.meter.Last(now, History)
		}
		snapshot.Circuits = append(snapshot.Circuits, one)
	}
	return snapshot, nil
}

// SetFault switches the fault of one circuit's sample upstream.
func (s *Server) SetFault(circuit string, f Fault) error { return s.upstream.SetFault(circuit, f) }
