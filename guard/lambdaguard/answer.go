package lambdaguard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
)

// Answer answers an HTTP request by a response, as the package documentation
// describes, and any other event by a [*CircuitOpenError]. The response is an
// [events.APIGatewayProxyResponse], [events.APIGatewayV2HTTPResponse],
// [events.LambdaFunctionURLResponse] or [events.ALBTargetGroupResponse]. Its body
// names no circuit: it goes to whoever sent the request.
func Answer(_ context.Context, r Rejection) (any, error) {
	k, _ := read(r.Event)
	if response := unavailable(k, r.Open); response != nil {
		return response, nil
	}
	return nil, &CircuitOpenError{Open: r.Open, Err: r.Err}
}

// Skip is [Answer], but an event that is no HTTP request is done with: the
// function returns null, and Lambda neither tries again nor tells a failure
// destination. A batch that is skipped is deleted from its queue.
func Skip(ctx context.Context, r Rejection) (any, error) {
	answer, err := Answer(ctx, r)
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // It is what was asked for.
	}
	return answer, nil
}

// PartialBatch is [Answer], but a batch of SQS is answered by the messages in it,
// all of which have failed: an [events.SQSEventResponse]. They return to the
// queue without an error of the function. The event source mapping must have
// ReportBatchItemFailures among its FunctionResponseTypes; without it Lambda
// takes the answer for a success and deletes the messages.
func PartialBatch(ctx context.Context, r Rejection) (any, error) {
	k, s := read(r.Event)
	if k != kindQueue {
		return Answer(ctx, r)
	}
	var response events.SQSEventResponse
	for _, record := range s.Records {
		response.BatchItemFailures = append(response.BatchItemFailures,
			events.SQSBatchItemFailure{ItemIdentifier: record.MessageID})
	}
	return response, nil
}

// CircuitOpenError is the error of an invocation that was turned away. In the
// response of the function, in the record of a failure destination and in the
// ErrorEquals of a state machine its errorType is CircuitOpenError.
type CircuitOpenError struct {
	// Open says which circuit, why, and when to try again. It must not be
	// changed.
	Open *recloser.OpenError
	// Err is the error of the handler, or Open itself.
	Err error
}

// Error returns the text of Err.
func (e *CircuitOpenError) Error() string { return e.Err.Error() }

// Unwrap returns Err, so that the error matches [recloser.ErrOpen].
func (e *CircuitOpenError) Unwrap() error { return e.Err }

func isFunctionURL(domain string) bool { return strings.Contains(domain, ".lambda-url.") }

// unavailable returns the response to an HTTP request, or nil if k is none.
func unavailable(k kind, open *recloser.OpenError) any {
	seconds := strconv.FormatInt(max(int64((open.RetryAfter+time.Second-1)/time.Second), 1), 10)
	headers := map[string]string{
		"Content-Type":  "application/problem+json",
		"Cache-Control": "no-store",
		"Retry-After":   seconds,
	}
	body := problem(seconds)
	const status = http.StatusServiceUnavailable
	description := fmt.Sprintf("%d %s", status, http.StatusText(status))
	switch k {
	case kindGatewayV1:
		return events.APIGatewayProxyResponse{StatusCode: status, Headers: headers, Body: body}
	case kindGatewayV2:
		return events.APIGatewayV2HTTPResponse{StatusCode: status, Headers: headers, Body: body}
	case kindFunctionURL:
		return events.LambdaFunctionURLResponse{StatusCode: status, Headers: headers, Body: body}
	case kindBalancer:
		return events.ALBTargetGroupResponse{StatusCode: status, StatusDescription: description, Headers: headers, Body: body}
	case kindBalancerMulti:
		multi := make(map[string][]string, len(headers))
		for name, value := range headers {
			multi[name] = []string{value}
		}
		return events.ALBTargetGroupResponse{StatusCode: status, StatusDescription: description, MultiValueHeaders: multi, Body: body}
	case kindOther, kindQueue:
	}
	return nil
}

// problem returns the body of a response by RFC 9457.
func problem(seconds string) string {
	text, err := json.Marshal(struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
	}{
		Type:   "about:blank",
		Title:  http.StatusText(http.StatusServiceUnavailable),
		Status: http.StatusServiceUnavailable,
		Detail: "A service that this one needs is not available at the moment; try again in " + seconds + " s.",
	})
	if err != nil {
		panic(err) // Of nothing but texts and a number it cannot be.
	}
	return string(text)
}

// streamed returns an answer in the form of a handler whose responses, of type
// like, are streams with a status: its integration would take anything else for
// the body of a success.
func streamed(answer any, like reflect.Type) any {
	var status int
	var headers map[string]string
	var body string
	switch a := answer.(type) {
	case events.APIGatewayProxyResponse:
		status, headers, body = a.StatusCode, a.Headers, a.Body
	case events.APIGatewayV2HTTPResponse:
		status, headers, body = a.StatusCode, a.Headers, a.Body
	case events.LambdaFunctionURLResponse:
		status, headers, body = a.StatusCode, a.Headers, a.Body
	default:
		return answer
	}
	switch like {
	case reflect.TypeFor[*events.LambdaFunctionURLStreamingResponse]():
		return &events.LambdaFunctionURLStreamingResponse{StatusCode: status, Headers: headers, Body: strings.NewReader(body)}
	case reflect.TypeFor[*events.APIGatewayProxyStreamingResponse]():
		return &events.APIGatewayProxyStreamingResponse{StatusCode: status, Headers: headers, Body: strings.NewReader(body)}
	}
	return answer
}
