package lambdaguard_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/recloser-dev/recloser/guard/lambdaguard"
)

// BenchmarkWrap shows what the guard adds to what aws-lambda-go does anyway.
func BenchmarkWrap(b *testing.B) {
	handle := func(_ context.Context, e events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return events.APIGatewayV2HTTPResponse{StatusCode: 200, Body: e.RawPath}, nil
	}
	request := `{"version":"2.0","rawPath":"/p","requestContext":{"apiId":"a","http":{"method":"GET"}},"body":"` + strings.Repeat("x", 1500) + `"}`
	for _, row := range []struct {
		name    string
		handler any
	}{
		{"bare", handle},
		{"guarded", lambdaguard.Wrap(newBreaker(b), handle)},
		{"translated", lambdaguard.Translate(handle)},
		{"rejected", lambdaguard.Wrap(open(b), handle)},
	} {
		b.Run(row.name, func(b *testing.B) {
			function := lambda.NewHandler(row.handler)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := function.Invoke(b.Context(), []byte(request)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
