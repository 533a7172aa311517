package httpguard

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/recloser-dev/recloser"
)

// Options are what a [Transport] is made of. [New] fills them with the defaults
// before it hands them to the functions it was given.
type Options struct {
	// Base makes the calls. It must be safe for concurrent use. Defaults to
	// [http.DefaultTransport].
	Base http.RoundTripper
	// Circuit names the circuit of a request, and the partition of it, if any.
	// A request without a name is not guarded. What names a circuit ends up in
	// the store and in events, so it must hold no secret. It must be safe for
	// concurrent use; a panic in it reaches the caller. Defaults to [Host].
	Circuit func(r *http.Request) (name, partition string)
	// Statuses says what the status of a response counts as. Defaults to
	// failures at 429 and 5xx.
	Statuses Statuses
	// StatusesOf says so for circuits by name; others have Statuses. It must not
	// be changed after New. Defaults to none.
	StatusesOf map[string]Statuses
	// TimeBody says of which responses the body belongs to the call:
	// call.timeout then cuts it off, as a failure, unless it has been read to
	// its end or closed, and slow_after is compared with the time until then.
	// It is asked about responses that have a body and would be a success, and
	// must not read it. It must be safe for concurrent use; a panic in it is
	// taken for false. Defaults to none.
	TimeBody func(response *http.Response) bool
	// Reject makes the answer to a request that was turned away. Defaults to
	// the error itself; [Unavailable] is a response for proxies. It must be safe
	// for concurrent use; a panic in it reaches the caller.
	Reject func(r *http.Request, rejected *recloser.OpenError) (*http.Response, error)
}

// Transport is an [http.RoundTripper] that asks a breaker before each request.
// It is safe for concurrent use.
type Transport struct {
	panel   *recloser.Panel
	options Options
}

var _ http.RoundTripper = (*Transport)(nil)

// New returns a transport that asks the breakers of panel, whose clock must be
// the machine's. It panics if panel is nil. It does no I/O.
func New(panel *recloser.Panel, optFns ...func(*Options)) *Transport {
	if panel == nil {
		panic("httpguard: no panel; make one with recloser.NewPanel")
	}
	options := Options{
		Base:     http.DefaultTransport,
		Circuit:  Host,
		Statuses: Statuses{Failures: MustParseStatusSet("429", "5xx")},
		Reject:   func(_ *http.Request, rejected *recloser.OpenError) (*http.Response, error) { return nil, rejected },
	}
	for _, fn := range optFns {
		fn(&options)
	}
	return &Transport{panel: panel, options: options}
}

// RoundTrip implements [http.RoundTripper]. Besides the errors of Options.Base
// it returns an [*recloser.OpenError] if the circuit does not allow the call,
// [recloser.ErrNoTime] if the caller has no time left for it,
// [recloser.ErrCallTimeout] if it took too long, and an error that matches
// [recloser.ErrKey] if no circuit can have the name of the request's.
func (t *Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	name, partition := t.options.Circuit(r)
	if name == "" {
		return t.options.Base.RoundTrip(r)
	}
	breaker, err := t.panel.Breaker(name, partition)
	if err != nil {
		closeBody(r)
		return nil, fmt.Errorf("httpguard: no breaker for the request; name its circuit with Options.Circuit: %w", err)
	}
	permit, err := breaker.Allow(r.Context())
	if err != nil {
		closeBody(r)
		if rejected, ok := errors.AsType[*recloser.OpenError](err); ok {
			return t.options.Reject(r, rejected)
		}
		return nil, err
	}
	c := &call{transport: t, permit: permit, circuit: name, original: r, began: now()}
	policy := breaker.Policy()
	c.limits, c.slow = policy.Call, slowAfter(policy)
	return c.make()
}

// CloseIdleConnections closes those of Options.Base, if it has any.
func (t *Transport) CloseIdleConnections() {
	if base, ok := t.options.Base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
}

// slowAfter returns the time from which a call is slow.
func slowAfter(p recloser.Policy) time.Duration {
	if p.OpenWhen.SlowRate <= 0 {
		return p.Call.Timeout
	}
	return p.OpenWhen.SlowAfter
}

// outcome returns what a status counts as in a circuit.
func (t *Transport) outcome(circuit string, status int) recloser.Outcome {
	if s, ok := t.options.StatusesOf[circuit]; ok {
		return s.Outcome(status)
	}
	return t.options.Statuses.Outcome(status)
}

// timesBody reports whether the body of response belongs to the call.
func (t *Transport) timesBody(response *http.Response) (times bool) {
	if t.options.TimeBody == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			times = false
		}
	}()
	return t.options.TimeBody(response)
}

// closeBody does what a RoundTripper owes to a request that it does not send.
func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
