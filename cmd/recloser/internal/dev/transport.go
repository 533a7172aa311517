package dev

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// newBase returns the connections that all environments share.
func newBase() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		MaxIdleConns:          1024,
		MaxIdleConnsPerHost:   512,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ForceAttemptHTTP2:     true,
		ResponseHeaderTimeout: 0, // The policy bounds every call.
	}
}

// guarded returns what makes the calls of one circuit in the environment of
// panel, and counts them.
func guarded(panel *recloser.Panel, c *circuit, base http.RoundTripper) http.RoundTripper {
	return metered(&c.meter, c.Statuses, httpguard.New(panel, func(o *httpguard.Options) {
		o.Base = base
		o.Circuit = func(*http.Request) (name, partition string) { return c.Name, "" }
		o.Statuses = c.Statuses
	}))
}

// metered counts at m what the caller of next sees.
func metered(m *Meter, statuses httpguard.Statuses, next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(r)
		now := time.Now()
		switch {
		case errors.Is(err, recloser.ErrOpen):
			m.Add(now, Tally{Rejected: 1})
		case errors.Is(err, recloser.ErrNoTime), errors.Is(r.Context().Err(), context.Canceled):
		case err != nil, statuses.Outcome(response.StatusCode) == recloser.OutcomeFailure:
			m.Add(now, Tally{Admitted: 1, Failed: 1})
		default:
			m.Add(now, Tally{Admitted: 1})
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
