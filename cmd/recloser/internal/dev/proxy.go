package dev

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
)

// proxyPrefix is the path under which circuits can be called.
const proxyPrefix = "/proxy/"

// proxy sends /proxy/<circuit>/… to the circuit's upstream, through the circuit.
type proxy struct {
	circuits map[string]http.Handler
	names    []string
}

// ServeHTTP implements [http.Handler].
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, found := strings.Cut(strings.TrimPrefix(r.URL.Path, proxyPrefix), "/")
	handler, known := p.circuits[name]
	switch {
	case !known:
		admin.WriteProblem(w, http.StatusNotFound,
			fmt.Sprintf("no circuit %.80q; %s", name, admin.Suggest(name, p.names)))
	case !found:
		// Relative links of the upstream need the slash.
		http.Redirect(w, r, r.URL.Path+"/", http.StatusTemporaryRedirect)
	default:
		handler.ServeHTTP(w, r)
	}
}

// newCircuitProxy returns the handler of one circuit, whose calls go to
// upstream by transport.
func newCircuitProxy(circuit string, upstream *url.URL, transport http.RoundTripper) http.Handler {
	return &httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			prefix := proxyPrefix + circuit
			r.Out.URL.Path = strings.TrimPrefix(r.Out.URL.Path, prefix)
			r.Out.URL.RawPath = strings.TrimPrefix(r.Out.URL.RawPath, prefix)
			r.SetURL(upstream)
			r.SetXForwarded()
			// The token is for this server alone.
			r.Out.Header.Del(admin.TokenHeader)
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			writeProxyError(w, r, circuit, upstream, err)
		},
		// What goes wrong is answered; it is nothing for the terminal.
		ErrorLog: log.New(io.Discard, "", 0),
	}
}

// rejection is the JSON body of a call that the circuit turned away.
type rejection struct {
	admin.Problem
	Circuit      string          `json:"circuit"`
	Reason       recloser.Reason `json:"reason"`
	RetryAfterMS int64           `json:"retry_after_ms"`
	Cause        admin.Cause     `json:"cause"`
}

func writeProxyError(w http.ResponseWriter, r *http.Request, circuit string, upstream *url.URL, err error) {
	var open *recloser.OpenError
	var dns *net.DNSError
	switch {
	case errors.As(err, &open):
		writeRejection(w, open)
	case r.Context().Err() != nil:
		// The client has gone.
	case errors.Is(err, recloser.ErrNoTime), errors.Is(err, context.DeadlineExceeded):
		admin.WriteProblem(w, http.StatusGatewayTimeout,
			fmt.Sprintf("%s: %s did not answer within call.timeout", circuit, upstream.Redacted()))
	case errors.As(err, &dns):
		admin.WriteProblem(w, http.StatusBadGateway,
			fmt.Sprintf("%s: the host %s does not resolve; check circuits.%s.upstream in recloser.yaml", circuit, upstream.Hostname(), circuit))
	default:
		admin.WriteProblem(w, http.StatusBadGateway,
			fmt.Sprintf("%s: cannot call %s: %v", circuit, upstream.Redacted(), err))
	}
}

func writeRejection(w http.ResponseWriter, open *recloser.OpenError) {
	const status = http.StatusServiceUnavailable
	header := w.Header()
	header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(open.RetryAfter.Seconds())))))
	header.Set("Content-Type", "application/problem+json")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// The client is gone if this fails.
	_ = json.NewEncoder(w).Encode(rejection{
		Problem: admin.Problem{
			Title:  "Circuit open",
			Status: status,
			Detail: strings.TrimPrefix(open.Error(), "recloser: "),
		},
		Circuit:      open.Circuit,
		Reason:       open.Reason,
		RetryAfterMS: open.RetryAfter.Milliseconds(),
		Cause:        admin.CauseOf(open.Cause),
	})
}
