package dev

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/locallambda"
)

// invoker makes a call by invoking a function, by its URL or with an event of its
// own, and counts what came of it.
type invoker struct {
	function *locallambda.Function
	circuit  *circuit
	event    []byte
}

// RoundTrip implements [http.RoundTripper].
func (i *invoker) RoundTrip(r *http.Request) (*http.Response, error) {
	a := &answer{header: make(http.Header)}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	if i.event == nil {
		i.visit(a, r)
	} else if err := i.invoke(a, r); err != nil {
		return nil, err
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	i.count(a)
	return a.response(r), nil
}

// visit asks the function's URL, under /<circuit>/.
func (i *invoker) visit(a *answer, r *http.Request) {
	prefix := "/" + i.circuit.Name
	path := prefix + "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, prefix), "/")
	request := r.Clone(r.Context())
	request.URL = &url.URL{Path: path, RawQuery: r.URL.RawQuery}
	i.function.URL().ServeHTTP(a, request)
}

// invoke invokes the function with the event.
func (i *invoker) invoke(a *answer, r *http.Request) error {
	result, err := i.function.Invoke(r.Context(), i.event)
	var failure locallambda.FunctionError
	switch {
	case errors.Is(err, locallambda.ErrThrottled):
		a.status = http.StatusTooManyRequests
	case err != nil:
		return err
	case result.FunctionError == "":
		a.status = statusOf(result.Payload)
	case json.Unmarshal(result.Payload, &failure) == nil && failure.Type == "CircuitOpenError":
		a.rejected, a.status = true, http.StatusServiceUnavailable
	default:
		a.status = http.StatusBadGateway
	}
	a.body.Write(result.Payload)
	return nil
}

// statusOf returns the status of what a function returned, if it is a response.
func statusOf(payload []byte) int {
	var response struct {
		StatusCode int `json:"statusCode"`
	}
	if json.Unmarshal(payload, &response) == nil && response.StatusCode > 0 {
		return response.StatusCode
	}
	return http.StatusOK
}

// count adds a call to those of the circuit. One for which there was no
// environment was not made.
func (i *invoker) count(a *answer) {
	now := time.Now()
	switch {
	case a.status == http.StatusTooManyRequests:
	case a.rejected, a.status == http.StatusServiceUnavailable && a.header.Get("Content-Type") == "application/problem+json":
		i.circuit.meter.Add(now, Tally{Rejected: 1})
	case i.circuit.Statuses.Outcome(a.status) == recloser.OutcomeFailure:
		i.circuit.meter.Add(now, Tally{Admitted: 1, Failed: 1})
	default:
		i.circuit.meter.Add(now, Tally{Admitted: 1})
	}
}

// answer is an [http.ResponseWriter] that keeps what is written: a function
// returns no more than a few megabytes.
type answer struct {
	header   http.Header
	body     bytes.Buffer
	status   int
	rejected bool
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

func (a *answer) response(r *http.Request) *http.Response {
	a.WriteHeader(http.StatusOK)
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: a.header, Request: r,
		Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()),
	}
}
