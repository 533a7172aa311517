package awsguard_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/awsguard"
)

// BenchmarkGuard shows what a guard adds to an operation that goes to no network.
func BenchmarkGuard(b *testing.B) {
	panel := recloser.NewPanel()
	defer panel.Close()
	opened := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = quick() })
	defer opened.Close()
	wire := func(status int) client {
		return func(*http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: http.Header{"Retry-After": {"300"}}, Body: io.NopCloser(strings.NewReader(`{}`))}, nil
		}
	}
	for _, row := range []struct {
		name   string
		api    []func(*middleware.Stack) error
		status int
	}{
		{"bare", nil, 200},
		{"guarded", []func(*middleware.Stack) error{awsguard.Guard(panel)}, 200},
		{"attempts", []func(*middleware.Stack) error{awsguard.Guard(panel, each)}, 200},
		{"rejected", []func(*middleware.Stack) error{awsguard.Guard(opened)}, 503},
	} {
		b.Run(row.name, func(b *testing.B) {
			cfg := config("http://localhost", nil, row.api...)
			cfg.HTTPClient = wire(row.status)
			c := dynamodb.NewFromConfig(cfg)
			_, _ = c.ListTables(b.Context(), nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.ListTables(b.Context(), nil); (err != nil) != (row.status != 200) {
					b.Fatal(err)
				}
			}
		})
	}
}
