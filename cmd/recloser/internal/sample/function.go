// Package sample is the Lambda function that recloser dev --lambda runs if it is
// given none: it calls the upstream of the circuit that its request names, and
// answers with what it is answered.
package sample

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

// largest is how much of an answer is handed on: what a function may return, less
// what JSON and base64 make of it.
const largest = 4 << 20

// Start runs the function that the value of [Variable] describes, under the
// runtime client of Lambda. It returns only if it cannot.
func Start(setup string) error {
	f, err := newFunction(setup)
	if err != nil {
		return err
	}
	lambda.Start(lambdaguard.Translate(f.handle))
	return nil
}

type function struct {
	upstreams map[string]*url.URL
	client    http.RoundTripper
}

// circuitKey is where the context of a request holds the name of its circuit.
type circuitKey struct{}

func circuitOf(r *http.Request) (name, partition string) {
	name, _ = r.Context().Value(circuitKey{}).(string)
	return name, ""
}

// handle makes the call that a request to /<circuit>/… asks for.
func (f *function) handle(ctx context.Context, r events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
	circuit, rest, _ := strings.Cut(strings.TrimPrefix(r.RawPath, "/"), "/")
	upstream, known := f.upstreams[circuit]
	if !known {
		return text(http.StatusNotFound, fmt.Sprintf("no circuit %.80q", circuit)), nil
	}
	var body io.Reader = strings.NewReader(r.Body)
	if r.IsBase64Encoded {
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	address := upstream.JoinPath("/" + rest) // A slash at the end stays one.
	address.RawQuery = r.RawQueryString
	request, err := http.NewRequestWithContext(context.WithValue(ctx, circuitKey{}, circuit), r.RequestContext.HTTP.Method, address.String(), body)
	if err != nil {
		return text(http.StatusBadRequest, "the request cannot be sent on"), nil
	}
	for name, value := range r.Headers {
		request.Header.Set(name, value)
	}
	response, err := f.client.RoundTrip(request)
	switch {
	case errors.Is(err, recloser.ErrOpen):
		return events.LambdaFunctionURLResponse{}, err
	case err != nil:
		return text(http.StatusBadGateway, circuit+" did not answer"), nil
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, largest))
	if err != nil {
		return text(http.StatusBadGateway, circuit+" broke off its answer"), nil
	}
	return events.LambdaFunctionURLResponse{
		StatusCode: response.StatusCode, Headers: headers(response.Header),
		Body: base64.StdEncoding.EncodeToString(answer), IsBase64Encoded: true,
	}, nil
}

// headers returns those of a response that say something of its body.
func headers(h http.Header) map[string]string {
	kept := make(map[string]string)
	for _, name := range []string{"Content-Type", "Retry-After", "Cache-Control", "Location"} {
		if value := h.Get(name); value != "" {
			kept[name] = value
		}
	}
	return kept
}

func text(status int, line string) events.LambdaFunctionURLResponse {
	return events.LambdaFunctionURLResponse{
		StatusCode: status, Headers: map[string]string{"Content-Type": "text/plain; charset=utf-8"}, Body: line + "\n",
	}
}
