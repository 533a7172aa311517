package httpguard_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// wholeBody makes every body part of its call.
func wholeBody(o *httpguard.Options) { o.TimeBody = func(*http.Response) bool { return true } }

// bodies are the ways in which a body may be judged.
var bodies = map[string][]func(*httpguard.Options){"headers": nil, "whole": {wholeBody}}

func policies() map[string]recloser.Policy {
	return map[string]recloser.Policy{"enforced": recloser.DefaultPolicy(), "shadow": shadow(recloser.DefaultPolicy())}
}

// eachBody runs test for every way to judge a body.
func eachBody(t *testing.T, transport http.RoundTripper, test func(t *testing.T, g guarded)) {
	t.Helper()
	for name, options := range bodies {
		for mode, policy := range policies() {
			t.Run(name+"/"+mode, func(t *testing.T) { test(t, guard(t, policy, append(options, over(transport))...)) })
		}
	}
}

func TestBodyToItsEnd(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 100_000)) })
	eachBody(t, transport, func(t *testing.T, g guarded) {
		response, err := g.get(t.Context(), t, address)
		if n := len(drain(t, response, err)); n != 100_000 {
			t.Errorf("the body has %d bytes", n)
		}
		g.holds(t, success)
	})
}

func TestBodyBrokenOff(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{
		"length": func(w http.ResponseWriter, _ *http.Request) {
			conn, out, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
			out.Flush()
			conn.Close()
		},
		"chunked": func(w http.ResponseWriter, _ *http.Request) {
			conn, out, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
			out.Flush()
			conn.Close()
		},
		"aborted": func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "half")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"bad chunk": func(w http.ResponseWriter, _ *http.Request) {
			conn, out, _ := w.(http.Hijacker).Hijack()
			fmt.Fprint(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n")
			out.Flush()
			conn.Close()
		},
	} {
		address, transport := serve(t, handler)
		t.Run(name, func(t *testing.T) {
			eachBody(t, transport, func(t *testing.T, g guarded) {
				response, err := g.get(t.Context(), t, address)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if text, err := io.ReadAll(response.Body); err == nil || string(text) != "half" {
					t.Errorf("the body is %q, with %v", text, err)
				}
				g.holds(t, failure)
			})
		})
	}
}

func TestBodyClosedEarly(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	for name, cancels := range map[string]bool{"closed": false, "canceled, not read, and closed": true} {
		t.Run(name, func(t *testing.T) {
			eachBody(t, transport, func(t *testing.T, g guarded) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				response, err := g.get(ctx, t, address)
				if err != nil {
					t.Fatal(err)
				}
				if cancels {
					cancel()
				}
				response.Body.Close()
				if _, err := response.Body.Read(make([]byte, 1)); err == nil {
					t.Error("a closed body was read")
				}
				response.Body.Close()
				g.holds(t, success)
			})
		})
	}
}

// Law S7: the caller's own cancellation counts as nothing.
func TestCanceledDuringBody(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "first")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	eachBody(t, transport, func(t *testing.T, g guarded) {
		ctx, cancel := context.WithCancelCause(t.Context())
		response, err := g.get(ctx, t, address)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if _, err := io.ReadFull(response.Body, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		why := errors.New("had enough")
		cancel(why)
		if _, err := io.ReadAll(response.Body); !errors.Is(err, why) && !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		g.holds(t, nothing)
	})
}

func TestCanceledDuringHeaders(t *testing.T) {
	arrived := make(chan struct{}, 1)
	address, transport := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	eachBody(t, transport, func(t *testing.T, g guarded) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		if _, err := g.get(ctx, t, address); !errors.Is(err, context.Canceled) { //nolint:bodyclose // There is none.
			t.Errorf("the error is %v", err)
		}
		g.holds(t, nothing)
	})
}

func TestCanceledBefore(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) {
		t.Error("the call was made")
		return nil, errReset
	})))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errReset)
	body := newCloseSpy()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "http://a.example", body)
	r.Body = body
	if _, err := g.RoundTrip(r); !errors.Is(err, errReset) || body.closed == 0 { //nolint:bodyclose // There is none.
		t.Errorf("the error is %v, and the body was closed %d times", err, body.closed)
	}
	g.holds(t, nothing)
}

// An http.Client with a Timeout cancels by a channel what it cancels by a context.
func TestCanceledByClient(t *testing.T) {
	g := guard(t, shadow(recloser.DefaultPolicy()), over(base(func(*http.Request) (*http.Response, error) { return nil, errReset })))
	gone := make(chan struct{})
	close(gone)
	r := httptest.NewRequest(http.MethodGet, "http://a.example", http.NoBody)
	r.Cancel = gone                                          //nolint:staticcheck // It is what is tested.
	if _, err := g.RoundTrip(r); !errors.Is(err, errReset) { //nolint:bodyclose // There is none.
		t.Errorf("the error is %v", err)
	}
	g.holds(t, nothing)
}

// A response that switches protocols stays a connection, for as long as its ends
// want it: through a proxy, and longer than any call may take.
func TestUpgrade(t *testing.T) {
	for mode, policy := range policies() {
		t.Run(mode, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address, transport := servePipe(t, echoUpgraded)
				g := guard(t, policy, over(transport), wholeBody)
				target, _ := url.Parse(address)
				proxied, front := servePipe(t, (&httputil.ReverseProxy{
					Rewrite:   func(p *httputil.ProxyRequest) { p.SetURL(target) },
					Transport: g,
				}).ServeHTTP)
				r, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, proxied, http.NoBody)
				r.Header.Set("Connection", "Upgrade")
				r.Header.Set("Upgrade", "echo")
				response, err := front.RoundTrip(r)
				if err != nil || response.StatusCode != http.StatusSwitchingProtocols {
					t.Fatalf("got %+v, %v", response, err)
				}
				defer response.Body.Close()
				conn := response.Body.(io.ReadWriteCloser)
				for _, word := range []string{"one", "two"} {
					if _, err := io.WriteString(conn, word); err != nil {
						t.Fatal(err)
					}
					got := make([]byte, len(word))
					if _, err := io.ReadFull(conn, got); err != nil || string(got) != word {
						t.Fatalf("the echo is %q, %v", got, err)
					}
					if word == "one" {
						g.holds(t, success)
						time.Sleep(time.Hour)
					}
				}
				g.holds(t, nothing) // It has slid out of the window.
			})
		})
	}
}

func echoUpgraded(w http.ResponseWriter, _ *http.Request) {
	conn, out, _ := w.(http.Hijacker).Hijack()
	defer conn.Close()
	fmt.Fprint(out, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	out.Flush()
	_, _ = io.Copy(conn, out)
}

// Trailers of HTTP/2 arrive where they are looked for.
func TestTrailers(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Checksum")
		fmt.Fprint(w, "hello")
		w.Header().Set("Checksum", "42")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	eachBody(t, server.Client().Transport, func(t *testing.T, g guarded) {
		response, err := g.get(t.Context(), t, server.URL)
		if text := drain(t, response, err); text != "hello" || response.ProtoMajor != 2 {
			t.Errorf("the body is %q by %s", text, response.Proto)
		}
		if got := response.Trailer.Get("Checksum"); got != "42" {
			t.Errorf("the trailer is %q", got)
		}
		g.holds(t, success)
	})
}

// What net/http sends again, because an idle connection was dead, is one call.
func TestRetryOfTheTransport(t *testing.T) {
	requests := 0
	address, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if requests++; requests == 2 {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
			return
		}
		fmt.Fprint(w, "hello")
	})
	g := guard(t, recloser.DefaultPolicy(), over(transport))
	for range 2 {
		response, err := g.get(t.Context(), t, address)
		drain(t, response, err)
	}
	if requests != 3 {
		t.Errorf("the server saw %d requests, want 3", requests)
	}
	g.holds(t, recloser.Counts{Calls: 2})
}

func TestConnectionsAreReused(t *testing.T) {
	conns := 0
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			conns++
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	transport := new(http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	g := guard(t, recloser.DefaultPolicy(), over(transport))
	for range 50 {
		response, err := g.get(t.Context(), t, server.URL)
		drain(t, response, err)
	}
	if conns != 1 {
		t.Errorf("%d connections were made, want 1", conns)
	}
}
