package locallambda

import (
	"io"
	"sync"
	"time"
)

// The limits of what goes in and out, in bytes.
const (
	maxPayload      = 6 << 20
	maxResponse     = 6 << 20
	maxEventPayload = 1 << 20 // Of an asynchronous invocation.
)

// Result is how an invocation ended.
type Result struct {
	// RequestID is the invocation's identity.
	RequestID string
	// Payload is what the function returned, or its error.
	Payload []byte
	// FunctionError is empty if the function returned. Lambda says "Unhandled"
	// of every error, also of those that the runtime has handled.
	FunctionError string
	// ExecutedVersion is the function's version.
	ExecutedVersion string
	// ContentType is what the runtime called its response.
	ContentType string
	// LogTail is the end of the invocation's log, at most 4 KiB.
	LogTail []byte
	// Environment is the name of the environment that ran it.
	Environment string
	// InitDuration is how long the environment's init phase took, if it was the
	// first invocation of it.
	InitDuration time.Duration
	// Duration is how long the runtime took.
	Duration time.Duration
}

const unhandled = "Unhandled"

// Request is an invocation in full.
type Request struct {
	// Payload is the event. Defaults to {}.
	Payload []byte
	// ClientContext is JSON that the function sees as the client's context.
	ClientContext string
	// TraceID is the trace header. Defaults to one that is not sampled.
	TraceID string
}

// invocation is one event on its way through an environment.
type invocation struct {
	Request
	id       string
	received time.Time
	deadline time.Time // Set when the environment is ready for it.
	log      tail
	stream   *io.PipeWriter // For a streamed response, if somebody reads it as it comes.

	once     sync.Once
	response answer
	answered chan struct{} // Closed when response is set.
	done     chan struct{} // Closed when the result is set.
	result   Result
	err      error
	finish   sync.Once
}

// answer is what a runtime or the platform said of an invocation.
type answer struct {
	payload     []byte
	contentType string
	err         string // The type of the error, or empty.
	produced    int    // Bytes of a response, not of an error.
	// When it began to come, and when all had come. Zero if the platform says it.
	began, ended time.Time
}

func newInvocation(r Request, id string, at time.Time) *invocation {
	if len(r.Payload) == 0 {
		r.Payload = []byte("{}")
	}
	if r.TraceID == "" {
		r.TraceID = newTrace(at)
	}
	return &invocation{Request: r, id: id, received: at, answered: make(chan struct{}), done: make(chan struct{})}
}

// answer sets the response, the first time.
func (i *invocation) answer(a answer) {
	i.once.Do(func() {
		i.response = a
		close(i.answered)
	})
}

func (i *invocation) isAnswered() bool {
	select {
	case <-i.answered:
		return true
	default:
		return false
	}
}

// complete hands the result to the caller, the first time.
func (i *invocation) complete(r Result, err error) {
	i.finish.Do(func() {
		i.result, i.err = r, err
		close(i.done)
	})
}
