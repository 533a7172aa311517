package httpguard_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/recloser-dev/recloser"
)

// When a body is over, nothing of the call is left.
func TestNothingIsLeft(t *testing.T) {
	for name, end := range map[string]func(io.ReadCloser){
		"read":   func(b io.ReadCloser) { _, _ = io.ReadAll(b) },
		"closed": func(b io.ReadCloser) { b.Close() },
	} {
		for kind, status := range map[string]int{"success": 200, "failure": 500} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				var ctx context.Context
				g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
					ctx = r.Context() //nolint:fatcontext // It is looked at below.
					return &http.Response{StatusCode: status, Body: newCloseSpy()}, nil
				})))
				response, err := g.get(t.Context(), t, "http://a.example")
				if err != nil || ctx.Err() != nil {
					t.Fatalf("got %v, and the context has ended: %v", err, ctx.Err())
				}
				end(response.Body)
				if ctx.Err() == nil {
					t.Error("the context goes on")
				}
				if n := g.panel.Breakers()[0].Status().InFlight; n != 0 {
					t.Errorf("%d calls are in flight", n)
				}
				response.Body.Close()
			})
		}
	}
}

// So it is when there is no body, or when the body is a connection.
func TestNothingIsLeftOfOtherBodies(t *testing.T) {
	client, server := net.Pipe()
	defer server.Close()
	for name, body := range map[string]io.ReadCloser{"none": nil, "empty": http.NoBody, "connection": client} {
		var ctx context.Context
		g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
			ctx = r.Context() //nolint:fatcontext // It is looked at below.
			return &http.Response{StatusCode: http.StatusSwitchingProtocols, Body: body}, nil
		})))
		response, err := g.get(t.Context(), t, "http://a.example")
		if err != nil {
			t.Fatal(err)
		}
		if name == "connection" {
			if ctx.Err() != nil {
				t.Errorf("%s: the context has ended", name)
			}
			response.Body.Close()
		}
		if ctx.Err() == nil {
			t.Errorf("%s: the context goes on", name)
		}
		g.holds(t, success)
	}
}
