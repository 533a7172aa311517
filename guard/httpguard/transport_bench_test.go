package httpguard_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// BenchmarkTransport shows what a guard adds to a base that does nothing, and to
// one that speaks to a server on this machine.
func BenchmarkTransport(b *testing.B) {
	text := strings.Repeat("x", 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) }))
	defer server.Close()
	wire := new(http.Transport)
	defer wire.CloseIdleConnections()
	idle := base(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: io.NopCloser(strings.NewReader(text))}, nil
	})
	for _, under := range []struct {
		name string
		base http.RoundTripper
	}{{"nothing", idle}, {"server", wire}} {
		panel := func(p recloser.Policy) http.RoundTripper {
			panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy = p })
			b.Cleanup(panel.Close)
			return httpguard.New(panel, over(under.base))
		}
		for _, row := range []struct {
			name      string
			transport http.RoundTripper
		}{
			{"bare", under.base},
			{"guarded", panel(recloser.DefaultPolicy())},
			{"shadow", panel(shadow(recloser.DefaultPolicy()))},
		} {
			b.Run(under.name+"/"+row.name, func(b *testing.B) {
				r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, server.URL, http.NoBody)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				for b.Loop() {
					response, err := row.transport.RoundTrip(r)
					if err != nil {
						b.Fatal(err)
					}
					if _, err := io.Copy(io.Discard, response.Body); err != nil {
						b.Fatal(err)
					}
					response.Body.Close()
				}
			})
		}
	}
}

// BenchmarkRejected is a call that an open circuit turns away.
func BenchmarkRejected(b *testing.B) {
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Policy.OpenWhen.MinCalls, o.Policy.OpenWhen.Confidence = 1, 0
	})
	defer panel.Close()
	transport := httpguard.New(panel, over(answer(http.StatusServiceUnavailable, http.Header{"Retry-After": {"300"}})))
	r := httptest.NewRequest(http.MethodGet, "http://a.example", http.NoBody)
	_, _ = transport.RoundTrip(r) //nolint:bodyclose // It is empty.
	b.ReportAllocs()
	for b.Loop() {
		if _, err := transport.RoundTrip(r); err == nil { //nolint:bodyclose // There is none.
			b.Fatal("it was not rejected")
		}
	}
}
