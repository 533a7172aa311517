package httpguard_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

var errReset = errors.New("connection reset by peer")

// Counts by which a test says what one call came to.
var (
	nothing = recloser.Counts{}
	success = recloser.Counts{Calls: 1}
	failure = recloser.Counts{Calls: 1, Failures: 1}
	slow    = recloser.Counts{Calls: 1, Slow: 1}
)

// base is a function as the base of a guard.
type base func(*http.Request) (*http.Response, error)

func (f base) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// guarded is a guard with the panel it asks.
type guarded struct {
	*httpguard.Transport
	panel *recloser.Panel
}

func guard(t *testing.T, policy recloser.Policy, optFns ...func(*httpguard.Options)) guarded {
	t.Helper()
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = policy })
	t.Cleanup(panel.Close)
	return guarded{httpguard.New(panel, optFns...), panel}
}

// over makes b the base of a guard.
func over(b http.RoundTripper) func(*httpguard.Options) {
	return func(o *httpguard.Options) { o.Base = b }
}

func named(name string) func(*httpguard.Options) {
	return func(o *httpguard.Options) {
		o.Circuit = func(*http.Request) (circuit, partition string) { return name, "" }
	}
}

// holds fails the test unless the only circuit has counted want and no call is
// in flight.
func (g guarded) holds(t *testing.T, want recloser.Counts) {
	t.Helper()
	all := g.panel.Breakers()
	if len(all) != 1 {
		t.Fatalf("there are %d circuits, want 1", len(all))
	}
	if s := all[0].Status(); s.Window != want || s.InFlight != 0 {
		t.Errorf("the circuit counted %+v and has %d in flight, want %+v and none", s.Window, s.InFlight, want)
	}
}

// get sends a request through g alone, without what a client adds.
func (g guarded) get(ctx context.Context, t *testing.T, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return g.RoundTrip(r)
}

// drain reads a response to its end.
func drain(t *testing.T, response *http.Response, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// serve runs a server on the network, and returns its URL and connections to it.
func serve(t *testing.T, handler http.HandlerFunc) (url string, transport *http.Transport) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport = new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return server.URL, transport
}

// servePipe is serve without a network, for a bubble of testing/synctest.
func servePipe(t *testing.T, handler http.HandlerFunc) (url string, transport *http.Transport) {
	t.Helper()
	l := pipeListener{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	done := make(chan error)
	go func() { done <- server.Serve(l) }()
	transport = &http.Transport{DialContext: l.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	})
	return "http://pipe.example", transport
}

type pipeListener struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (l pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.accepted <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (l pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accepted:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l pipeListener) Close() error   { close(l.closed); return nil }
func (l pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// answer returns a base whose responses have status and header, and no body.
func answer(status int, header http.Header) base {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: header, Body: http.NoBody, Request: r}, nil
	}
}

// closeSpy is a body that remembers how often it was closed.
type closeSpy struct {
	io.Reader
	closed int
}

func newCloseSpy() *closeSpy { return &closeSpy{Reader: strings.NewReader("body")} }

func (s *closeSpy) Close() error { s.closed++; return nil }

// quick is a policy that opens at the second failure in two calls.
func quick() recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenWhen.MinCalls, p.OpenWhen.Confidence = 2, 0
	return p
}

// shadow returns p with no rejection carried out.
func shadow(p recloser.Policy) recloser.Policy {
	p.Enforce = 0
	return p
}
