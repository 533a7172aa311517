package recloser

import (
	"context"
	"errors"
)

// ErrConflict is matched by the error of a write whose condition did not hold.
var ErrConflict = errors.New("recloser: the record has changed")

// Store keeps one record per circuit for a whole fleet. The suite that defines
// a store is store/storetest.
//
// A store must be safe for concurrent use, and linearizable per key. It must
// not retry a write whose outcome it does not know: a claim that was applied
// would look like one lost to somebody else. It must honour the context's
// deadline, and must not do anything when it is constructed.
type Store interface {
	// Load returns the record of key as it is, or the zero Record if nobody
	// has written it. A record of a newer schema is an error that matches
	// [ErrSchema].
	Load(ctx context.Context, key string) (Record, error)

	// Apply makes the write if its condition holds, as defined by
	// [Record.Apply], and returns the record after it. If the condition does
	// not hold, it returns the record that stands, and an error that matches
	// [ErrConflict]: the loser of a race learns the winner's state from the
	// same call. After any other error the outcome is unknown, and the write
	// may still be applied later.
	Apply(ctx context.Context, key string, w Write) (Record, error)
}

// Lister is a [Store] that can name its circuits, for operators.
type Lister interface {
	// Keys returns up to limit keys that sort after the given one, in order. One
	// that was written for the first time a moment ago may be missing.
	Keys(ctx context.Context, after string, limit int) ([]string, error)
}
