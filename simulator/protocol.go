package simulator

import "context"

// The protocols of others, named for what they do. Each is a model of what its own
// page says it stands for, read in source and not run here, and where there was
// doubt it was modelled to its advantage: [Protocol.Describe] says how. Times are
// those of the policy for all of them; counts are each one's own defaults.
const (
	// ProtocolNotShared is this module's breaker without a store: each
	// environment is for itself.
	ProtocolNotShared Protocol = "not_shared"
	// ProtocolElectedProber counts consecutive failures in each environment, and
	// elects one of them to probe.
	ProtocolElectedProber Protocol = "elected_prober"
	// ProtocolLastWriterWins reads the whole state before each call and writes
	// all of it after, without a condition.
	ProtocolLastWriterWins Protocol = "last_writer_wins"
	// ProtocolLockedCall holds a lock of the fleet during each call.
	ProtocolLockedCall Protocol = "locked_call"
	// ProtocolSharedCounter counts failures in a number that all share, and that
	// any success sets to zero.
	ProtocolSharedCounter Protocol = "shared_counter"
)

// Description is what a protocol does, and how it is modelled.
type Description struct {
	// Title is what it does, in a few words, and Like what it stands for.
	Title, Like string
	// How says how it is modelled, and Without what was left out, to its
	// advantage.
	How, Without string
}

// Describe returns what a protocol does, and how it is modelled.
func (p Protocol) Describe() Description {
	switch p {
	case ProtocolRecloser:
		return Description{
			Title: "Recloser", Like: "this module",
			How: "The real breaker, over a model of its store.",
		}
	case ProtocolNone:
		return Description{
			Title: "no breaker", Like: "calls with nothing but a timeout",
			How: "Every call is made.",
		}
	case ProtocolNotShared:
		return describeNotShared()
	case ProtocolElectedProber:
		return describeElectedProber()
	case ProtocolLastWriterWins:
		return describeLastWriterWins()
	case ProtocolLockedCall:
		return describeLockedCall()
	case ProtocolSharedCounter:
		return describeSharedCounter()
	case ProtocolRetryAlways:
		return Description{Title: "three retries", How: "A call that fails is made again, three times at most."}
	case ProtocolRetryTokens:
		return Description{Title: "a token bucket for each client", How: "A retry takes one of five tokens; a success adds a tenth."}
	case ProtocolRetryBreaker:
		return Description{Title: "a breaker for each client", How: "No retries where more calls have failed than the policy's failure rate."}
	case ProtocolRetryShared:
		return Description{Title: "a breaker that all share", How: "No retries while the circuit of the fleet, this module's, is not closed."}
	}
	return Description{Title: string(p)}
}

// newPeer returns what stands before the calls of an environment in a protocol that
// is not this module's.
func (w *world) newPeer(e *environment, partition int) guard {
	switch w.s.Protocol {
	case ProtocolNotShared:
		return newNotShared(e, partition)
	case ProtocolElectedProber:
		return newElectedProber(e, partition)
	case ProtocolLastWriterWins:
		return newLastWriterWins(e, partition)
	case ProtocolLockedCall:
		return newLockedCall(e, partition)
	case ProtocolSharedCounter:
		return newSharedCounter(e, partition)
	case ProtocolRetryAlways:
		return newRetryAlways(e)
	case ProtocolRetryTokens:
		return newRetryTokens(e)
	case ProtocolRetryBreaker:
		return newRetryBreaker(e)
	case ProtocolRetryShared:
		return newRetryShared(e, partition)
	case ProtocolRecloser:
		return newBreaker(e, partition)
	case ProtocolNone:
	}
	return open{e}
}

// open is no breaker: every call is made, and has its timeout.
type open struct{ env *environment }

func (o open) do(ctx context.Context, call func(context.Context) error) error {
	return o.env.bound(ctx, call)
}
