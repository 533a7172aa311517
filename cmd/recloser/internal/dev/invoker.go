package dev

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/locallambda"
)

// largestRequest is how much of a body becomes part of an event.
const largestRequest = 4 << 20

// invoker makes a call by invoking a function, as its URL does or with an event of
// its own, and counts what came of it.
type invoker struct {
	function *locallambda.Function
	circuit  *circuit
	event    []byte
}

// RoundTrip implements [http.RoundTripper].
func (i *invoker) RoundTrip(r *http.Request) (*http.Response, error) {
	event := i.event
	if event == nil {
		var err error
		if event, err = i.request(r); err != nil {
			return nil, err
		}
	} else if r.Body != nil {
		r.Body.Close()
	}
	result, err := i.function.Invoke(r.Context(), event)
	var a events.LambdaFunctionURLResponse
	switch {
	case errors.Is(err, locallambda.ErrThrottled):
		a = events.LambdaFunctionURLResponse{StatusCode: http.StatusTooManyRequests, Body: "all environments are busy\n"}
	case err != nil:
		return nil, err
	case result.FunctionError != "":
		a = events.LambdaFunctionURLResponse{StatusCode: http.StatusBadGateway, Headers: jsonType(), Body: string(result.Payload)}
	default:
		a = answerOf(result.Payload)
	}
	i.count(a, result)
	return responseOf(r, a)
}

// count adds a call to those of the circuit. One for which there was no
// environment was not made.
func (i *invoker) count(a events.LambdaFunctionURLResponse, result locallambda.Result) {
	_, again := a.Headers["Retry-After"]
	var failure locallambda.FunctionError
	refused := result.FunctionError != "" && json.Unmarshal(result.Payload, &failure) == nil && failure.Type == "CircuitOpenError"
	switch {
	case a.StatusCode == http.StatusTooManyRequests && result.RequestID == "":
	case refused, a.StatusCode == http.StatusServiceUnavailable && again && a.Headers["Content-Type"] == "application/problem+json":
		i.circuit.meter.Add(time.Now(), Tally{Rejected: 1})
	case i.circuit.Statuses.Outcome(a.StatusCode) == recloser.OutcomeFailure:
		i.circuit.meter.Add(time.Now(), Tally{Admitted: 1, Failed: 1})
	default:
		i.circuit.meter.Add(time.Now(), Tally{Admitted: 1})
	}
}

func jsonType() map[string]string { return map[string]string{"Content-Type": "application/json"} }

// request returns a request as the event of a function URL.
func (i *invoker) request(r *http.Request) ([]byte, error) {
	event := events.LambdaFunctionURLRequest{
		Version: "2.0", RawPath: "/" + i.circuit.Name + "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/"+i.circuit.Name), "/"),
		RawQueryString: r.URL.RawQuery, Headers: make(map[string]string),
		RequestContext: events.LambdaFunctionURLRequestContext{
			APIID: functionName, DomainName: functionName + ".lambda-url.local.on.aws",
			HTTP: events.LambdaFunctionURLRequestContextHTTPDescription{Method: r.Method, Path: r.URL.Path},
		},
	}
	for name := range r.Header {
		event.Headers[strings.ToLower(name)] = r.Header.Get(name)
	}
	if r.Body != nil {
		defer r.Body.Close()
		body, err := io.ReadAll(io.LimitReader(r.Body, largestRequest+1))
		if err != nil {
			return nil, err
		}
		if len(body) > largestRequest {
			return nil, fmt.Errorf("the body has more than %d bytes, which no event holds", largestRequest)
		}
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
	}
	return json.Marshal(event)
}

// answerOf reads what a function returned, as its URL does: what is no response
// is the body of one.
func answerOf(payload []byte) events.LambdaFunctionURLResponse {
	var a events.LambdaFunctionURLResponse
	if json.Unmarshal(payload, &a) == nil && a.StatusCode != 0 {
		return a
	}
	return events.LambdaFunctionURLResponse{
		StatusCode: http.StatusOK, Headers: jsonType(), Body: string(payload),
	}
}

// responseOf returns a's HTTP form.
func responseOf(r *http.Request, a events.LambdaFunctionURLResponse) (*http.Response, error) {
	header := make(http.Header)
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	body := a.Body
	if a.IsBase64Encoded {
		text, err := base64.StdEncoding.DecodeString(body)
		if err != nil {
			return nil, fmt.Errorf("the function's body is not the base64 it says it is: %w", err)
		}
		body = string(text)
	}
	return &http.Response{
		Status: strconv.Itoa(a.StatusCode) + " " + http.StatusText(a.StatusCode), StatusCode: a.StatusCode,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: header, Request: r,
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}, nil
}
