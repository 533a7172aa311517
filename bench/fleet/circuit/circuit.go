// Package circuit opens the breakers that are compared, each on a store whose
// operations are counted.
package circuit

import (
	"context"
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"

	"github.com/recloser-dev/recloser/bench/fleet/tally"
)

// Peer is a breaker on a store.
type Peer string

// The peers.
const (
	RecloserDynamoDB Peer = "recloser/dynamodb"
	RecloserValkey   Peer = "recloser/valkey"
	GobreakerValkey  Peer = "gobreaker/valkey"
)

// name is the name of the circuit that a fleet shares.
const name = "payments"

// Spec says which circuit an environment is part of.
type Spec struct {
	Peer Peer `json:"peer"`
	// URL is where the store listens.
	URL string `json:"url"`
	// Table is the table of DynamoDB.
	Table string `json:"table,omitempty"`
}

// Circuit is one environment's part in a circuit.
type Circuit struct {
	// Do makes a call if the circuit allows.
	Do func(context.Context, func(context.Context) error) error
	// Rejected reports whether an error of Do says that it did not.
	Rejected func(error) bool
	// Close ends what the circuit holds.
	Close func() error
}

// storeTimeout bounds an operation of the store, twenty times as generously as by
// default: an environment that takes its store to be out of reach asks it less,
// and a machine that runs fleets, servers and peers at once may take longer.
const storeTimeout = 2 * time.Second

// Open returns an environment's part in the circuit. Of gobreaker it writes to
// the store, as that does.
func Open(ctx context.Context, s Spec, policy recloser.Policy, r *tally.Recorder) (*Circuit, error) {
	switch s.Peer {
	case RecloserDynamoDB:
		return openOnDynamoDB(s, policy, r)
	case RecloserValkey:
		return openOnValkey(s, policy, r)
	case GobreakerValkey:
		return openGobreaker(ctx, s, policy, r)
	}
	return nil, fmt.Errorf("no peer is called %q", s.Peer)
}
