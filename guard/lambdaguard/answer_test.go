package lambdaguard_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

const (
	body    = `{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"A service that this one needs is not available at the moment; try again in 10 s."}`
	headers = `"headers":{"Cache-Control":"no-store","Content-Type":"application/problem+json","Retry-After":"10"}`
	multi   = `"multiValueHeaders":{"Cache-Control":["no-store"],"Content-Type":["application/problem+json"],"Retry-After":["10"]}`
)

// answers are the responses to those of aws-lambda-go's events that are HTTP
// requests. Every other event is answered by an error.
func answers() map[string]string {
	text, _ := json.Marshal(body)
	v1 := fmt.Sprintf(`{"statusCode":503,%s,"multiValueHeaders":null,"body":%s}`, headers, text)
	v2 := fmt.Sprintf(`{"statusCode":503,%s,"multiValueHeaders":null,"body":%s,"cookies":null}`, headers, text)
	return map[string]string{
		"apigw-request.json":                      v1,
		"apigw-restapi-openapi-request.json":      v1,
		"apigw-v2-request-iam.json":               v2,
		"apigw-v2-request-jwt-authorizer.json":    v2,
		"apigw-v2-request-lambda-authorizer.json": v2,
		"apigw-v2-request-no-authorizer.json":     v2,
		"lambda-urls-request.json":                fmt.Sprintf(`{"statusCode":503,%s,"body":%s,"isBase64Encoded":false,"cookies":null}`, headers, text),
		"alb-lambda-target-request-headers-only.json": fmt.Sprintf(
			`{"statusCode":503,"statusDescription":"503 Service Unavailable",%s,"multiValueHeaders":null,"body":%s,"isBase64Encoded":false}`, headers, text),
		"alb-lambda-target-request-multivalue-headers.json": fmt.Sprintf(
			`{"statusCode":503,"statusDescription":"503 Service Unavailable","headers":null,%s,"body":%s,"isBase64Encoded":false}`, multi, text),
	}
}

// goldens are the events by which aws-lambda-go tests its own types.
func goldens(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "events", "testdata", "*.json"))
	if err != nil || len(names) < 80 {
		t.Fatalf("there are %d events, %v", len(names), err)
	}
	all := make(map[string]string)
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if json.Valid(text) { // One is malformed on purpose; no handler sees such an event.
			all[filepath.Base(name)] = string(text)
		}
	}
	return all
}

// Each kind of HTTP request gets a response in its own format, and nothing else
// gets one.
func TestAnswers(t *testing.T) {
	all, want := goldens(t), answers()
	synctest.Test(t, func(t *testing.T) {
		handler := lambdaguard.Wrap(open(t), func() { t.Error("the function ran") })
		for name, event := range all {
			response, err := invoke(t.Context(), handler, event)
			failed, isError := errors.AsType[*lambdaguard.CircuitOpenError](err)
			switch answer := want[name]; {
			case answer != "" && (err != nil || response != answer):
				t.Errorf("%s is answered by\n%s, %v, want\n%s", name, response, err, answer)
			case answer == "" && (!isError || !errors.Is(failed, recloser.ErrOpen) || response != ""):
				t.Errorf("%s is answered by %s, %v, want an error", name, response, err)
			}
			delete(want, name)
		}
		if len(want) > 0 {
			t.Errorf("there are no events %v", want)
		}
	})
}

// What only looks like a request is not taken for one.
func TestNoRequests(t *testing.T) {
	handler := lambdaguard.Wrap(open(t), func() { t.Error("the function ran") })
	for name, event := range map[string]string{
		"null":                 `null`,
		"a text":               `"httpMethod"`,
		"a list":               `[{"version":"2.0"}]`,
		"version of number":    `{"version":2.0,"requestContext":{"apiId":"a","http":{"method":"GET"}}}`,
		"version 2.0 alone":    `{"version":"2.0"}`,
		"no context":           `{"httpMethod":"GET","path":"/","headers":{}}`,
		"context of a text":    `{"version":"2.0","requestContext":"x"}`,
		"empty context":        `{"version":"2.0","requestContext":{}}`,
		"version 3.0":          `{"version":"3.0","requestContext":{"apiId":"a","http":{"method":"GET"}}}`,
		"REST authorizer":      `{"type":"REQUEST","methodArn":"a","httpMethod":"GET","requestContext":{"apiId":"a","httpMethod":"GET"}}`,
		"HTTP authorizer":      `{"version":"2.0","type":"REQUEST","routeArn":"a","requestContext":{"apiId":"a","http":{"method":"GET"}}}`,
		"authorizer, no ARN":   `{"version":"2.0","type":"REQUEST","requestContext":{"apiId":"a","http":{"method":"GET"}}}`,
		"authorizer, no type":  `{"version":"2.0","routeArn":"a","requestContext":{"apiId":"a","http":{"method":"GET"}}}`,
		"balancer, no method":  `{"requestContext":{"elb":{"targetGroupArn":"a"}}}`,
		"health of a balancer": `{"requestContext":{"elb":{}},"httpMethod":"GET"}`,
		"WebSocket":            `{"requestContext":{"apiId":"a","connectionId":"c","eventType":"CONNECT"}}`,
		"empty batch":          `{"Records":[]}`,
		"EventBridge":          `{"version":"0","detail-type":"x","detail":{"httpMethod":"GET"}}`,
		"deep":                 strings.Repeat("[", 500) + strings.Repeat("]", 500),
	} {
		if response, err := invoke(t.Context(), handler, event); !errors.Is(err, recloser.ErrOpen) || response != "" {
			t.Errorf("%s is answered by %s, %v", name, response, err)
		}
	}
}

// Retry-After is rounded up, and never zero.
func TestRetryAfter(t *testing.T) {
	request := goldens(t)["apigw-request.json"]
	for nanoseconds, want := range map[int64]string{0: "1", 1: "1", 1e9: "1", 1e9 + 1: "2", 59.2e9: "60", 300e9: "300"} {
		answer, err := lambdaguard.Answer(t.Context(), lambdaguard.Rejection{
			Event: json.RawMessage(request), Open: &recloser.OpenError{RetryAfter: time.Duration(nanoseconds)},
		})
		if response, ok := answer.(events.APIGatewayProxyResponse); !ok || err != nil || response.Headers["Retry-After"] != want {
			t.Errorf("%d ns: the answer is %+v, %v", nanoseconds, answer, err)
		}
	}
}

// A rejection inside of a handler is told as the function's own is, and not
// counted as its failure.
func TestRejectionInside(t *testing.T) {
	all := goldens(t)
	inner := open(t)
	handler := func(ctx context.Context) error {
		if err := inner.Do(ctx, func(context.Context) error { return nil }); err != nil {
			return fmt.Errorf("charge: %w", err)
		}
		return nil
	}
	outer := newBreaker(t)
	for _, w := range []wrapped{lambdaguard.Wrap(outer, handler), lambdaguard.Translate(handler)} {
		response, err := invoke(t.Context(), w, all["apigw-request.json"])
		if err != nil || !strings.Contains(response, `"statusCode":503`) {
			t.Errorf("the answer is %s, %v", response, err)
		}
		_, err = invoke(t.Context(), w, all["sns-event.json"])
		failed, ok := errors.AsType[*lambdaguard.CircuitOpenError](err)
		if !ok || !strings.HasPrefix(failed.Error(), "charge: recloser: circuit payments") || failed.Open.Circuit != "payments" {
			t.Errorf("the error is %v", err)
		}
	}
	holds(t, outer, nothing)
}

func TestSkip(t *testing.T) {
	all := goldens(t)
	handler := lambdaguard.Wrap(open(t), func() error { return nil }, func(o *lambdaguard.Options) { o.Reject = lambdaguard.Skip })
	for name, event := range all {
		response, err := invoke(t.Context(), handler, event)
		if _, request := answers()[name]; err != nil || request != strings.Contains(response, "503") || !request && response != "null" {
			t.Errorf("%s is answered by %s, %v", name, response, err)
		}
	}
}

func TestPartialBatch(t *testing.T) {
	all := goldens(t)
	handler := lambdaguard.Wrap(open(t), func() error { return nil }, func(o *lambdaguard.Options) { o.Reject = lambdaguard.PartialBatch })
	batch := `{"Records":[{"messageId":"a","eventSource":"aws:sqs","body":"1"},{"messageId":"b","eventSource":"aws:sqs"}]}`
	want := `{"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}`
	if response, err := invoke(t.Context(), handler, batch); err != nil || response != want {
		t.Errorf("the answer is %s, %v, want %s", response, err, want)
	}
	want = `{"batchItemFailures":[{"itemIdentifier":"MessageID_1"}]}`
	if response, err := invoke(t.Context(), handler, all["sqs-event.json"]); err != nil || response != want {
		t.Errorf("the answer is %s, %v, want %s", response, err, want)
	}
	all["mixed"] = `{"Records":[{"messageId":"a","eventSource":"aws:sqs"},{"messageId":"b","eventSource":"aws:mq"}]}`
	all["anonymous"] = `{"Records":[{"eventSource":"aws:sqs"}]}`
	for name, event := range all {
		response, err := invoke(t.Context(), handler, event)
		_, request := answers()[name]
		if name != "sqs-event.json" && (request != (err == nil) || strings.Contains(response, "batchItemFailures")) {
			t.Errorf("%s is answered by %s, %v", name, response, err)
		}
	}
}
