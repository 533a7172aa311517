package httpguard_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

func TestErrorsOfTheBase(t *testing.T) {
	for name, row := range map[string]struct {
		err  error
		want recloser.Counts
	}{
		"reset":                {&net.OpError{Op: "read", Err: syscall.ECONNRESET}, failure},
		"refused":              {&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, failure},
		"no name":              {&net.DNSError{Err: "no such host", Name: "a.example", IsNotFound: true}, failure},
		"certificate":          {x509.HostnameError{Certificate: new(x509.Certificate), Host: "a.example"}, failure},
		"eof":                  {io.EOF, failure},
		"canceled by the base": {context.Canceled, failure},
		"timeout of the base":  {context.DeadlineExceeded, failure},
		"inner rejection":      {&url.Error{Op: "Get", Err: &recloser.OpenError{Circuit: "inner"}}, nothing},
		"inner lack of time":   {recloser.ErrNoTime, nothing},
		"impossible port":      {&net.OpError{Op: "dial", Err: &net.AddrError{Err: "invalid port", Addr: "99999"}}, nothing},
	} {
		for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
			t.Run(name, func(t *testing.T) {
				g := guard(t, policy, over(base(func(*http.Request) (*http.Response, error) { return nil, row.err })))
				if _, err := g.get(t.Context(), t, "http://a.example"); !errors.Is(err, row.err) { //nolint:bodyclose // There is none.
					t.Errorf("the error is %v", err)
				}
				g.holds(t, row.want)
			})
		}
	}
}

// What is refused before anything is sent says nothing of the dependency.
func TestRequestsNobodyCouldSend(t *testing.T) {
	address, transport := serve(t, func(_ http.ResponseWriter, r *http.Request) { _, _ = io.ReadAll(r.Body) })
	for name, spoil := range map[string]func(*http.Request){
		"method":      func(r *http.Request) { r.Method = "BAD METHOD" },
		"header":      func(r *http.Request) { r.Header["X Y"] = []string{"v"} },
		"empty name":  func(r *http.Request) { r.Header[""] = []string{"v"} },
		"value":       func(r *http.Request) { r.Header.Set("X", "a\nb") },
		"delete":      func(r *http.Request) { r.Header.Set("X", "a\x7fb") },
		"no header":   func(r *http.Request) { r.Header = nil },
		"trailer":     func(r *http.Request) { r.Trailer = http.Header{"X Y": nil} },
		"no body":     func(r *http.Request) { r.Body, r.ContentLength = nil, 3 },
		"port":        func(r *http.Request) { r.URL.Host = "127.0.0.1:99999" },
		"short body":  func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader("ab")), 3 },
		"broken body": func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(brokenReader{}), -1 },
		"broken half": func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("ab"), brokenReader{})), 9
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := guard(t, recloser.DefaultPolicy(), over(transport))
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, http.NoBody)
			spoil(r)
			if _, err := g.RoundTrip(r); err == nil { //nolint:bodyclose // There is none.
				t.Fatal("the request was sent")
			}
			g.holds(t, nothing)
		})
	}
}

// Whether a body is as long as announced is known when it has been read.
func TestLengthOfUpload(t *testing.T) {
	for length, want := range map[int64]recloser.Counts{-1: failure, 0: failure, 3: nothing, 4: failure, 5: nothing} {
		g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
			_, _ = io.ReadAll(r.Body)
			r.Body.Close()
			return nil, errReset
		})))
		r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.example", io.NopCloser(strings.NewReader("body")))
		r.ContentLength = length
		if _, err := g.RoundTrip(r); !errors.Is(err, errReset) { //nolint:bodyclose // There is none.
			t.Errorf("the error is %v", err)
		}
		g.holds(t, want)
	}
}

var errDisk = errors.New("disk on fire")

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errDisk }

// Without a host or with a scheme that is not HTTP there is nothing to guard,
// and the base says what is wrong.
func TestRequestsToNowhere(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(http.DefaultTransport))
	for _, u := range []*url.URL{
		nil,
		{},
		{Scheme: "http"},
		{Scheme: "gopher", Host: "a.example"},
		{Scheme: "http", Host: "u:pa55@a.example"},
		{Scheme: "http", Host: "a b"},
	} {
		body := newCloseSpy()
		_, err := g.RoundTrip(&http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}, Body: body}) //nolint:bodyclose // There is none.
		if err == nil || body.closed == 0 {
			t.Errorf("%v: the error is %v, and the body was closed %d times", u, err, body.closed)
		}
	}
	if n := len(g.panel.Breakers()); n != 0 {
		t.Errorf("there are %d circuits", n)
	}
}

func TestUploads(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	})
	for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
		for name, body := range map[string]io.Reader{
			"in memory": strings.NewReader("hello"), "streamed": io.NopCloser(strings.NewReader("hello")), "none": http.NoBody,
		} {
			g := guard(t, policy, over(transport))
			r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
			response, err := g.RoundTrip(r)
			if text := drain(t, response, err); text != "hello" && body != http.NoBody {
				t.Errorf("%s: the echo is %q", name, text)
			}
			g.holds(t, success)
		}
	}
}

// A connection that the dependency resets while a body is sent is its failure,
// though the body is closed under the caller's hands then.
func TestResetDuringUpload(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 1))
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	})
	g := guard(t, recloser.DefaultPolicy(), over(transport))
	body, w := io.Pipe()
	written := make(chan struct{})
	go func() {
		defer close(written)
		for {
			if _, err := w.Write([]byte("body")); err != nil {
				return // The transport has closed it.
			}
		}
	}()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, address, body)
	if _, err := g.RoundTrip(r); err == nil { //nolint:bodyclose // There is none.
		t.Fatal("the request succeeded")
	}
	<-written
	g.holds(t, failure)
}

// What a base closes, it may still be reading; that it cannot is not the caller's
// doing. The caller's body is closed once.
func TestUploadClosedByTheBase(t *testing.T) {
	body, w := io.Pipe()
	defer w.Close()
	spy := &closeSpy{Reader: body}
	g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
		r.Body.Close()
		r.Body.Close()
		body.Close()
		if _, err := r.Body.Read(make([]byte, 1)); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the body was read with %v", err)
		}
		return nil, errReset
	})))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.example", spy)
	if _, err := g.RoundTrip(r); !errors.Is(err, errReset) { //nolint:bodyclose // There is none.
		t.Errorf("the error is %v", err)
	}
	if spy.closed != 1 {
		t.Errorf("the body was closed %d times", spy.closed)
	}
	g.holds(t, failure)
}

// A base gets a body that is in memory as it is: it may know better ways to send it.
func TestUploadInMemory(t *testing.T) {
	var got io.ReadCloser
	g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
		got = r.Body
		return nil, errReset
	})))
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://a.example", strings.NewReader("body"))
	_, _ = g.RoundTrip(r) //nolint:bodyclose // There is none.
	if got != r.Body {
		t.Errorf("the base got a %T for a %T", got, r.Body)
	}
}

// The request that a caller hands over is never changed, not even its body.
func TestRequestIsNotMutated(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(base(func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200, Body: r.Body, Request: r}, nil
	})))
	body := newCloseSpy()
	r := httptest.NewRequest(http.MethodPost, "http://A.example:80/p", body)
	r.Body = body
	before := *r
	response, err := g.RoundTrip(r)
	drain(t, response, err)
	if r.Body != before.Body || r.Context() != before.Context() || r.URL.Host != "A.example:80" || len(r.Header) != 0 {
		t.Errorf("the request became %+v", r)
	}
	if response.Request != r {
		t.Error("the response is of another request")
	}
}

// Law S8: a panic settles the permit and reaches the caller.
func TestPanicOfTheBase(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) { panic(errReset) })))
	func() {
		defer func() {
			if p := recover(); p != any(errReset) {
				t.Errorf("the caller saw the panic %v", p)
			}
		}()
		_, _ = g.get(t.Context(), t, "http://a.example") //nolint:bodyclose // There is none.
	}()
	g.holds(t, failure)
}

func TestBaseWithoutAnswer(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) { return nil, nil }))) //nolint:nilnil // It is what is tested.
	if response, err := g.get(t.Context(), t, "http://a.example"); response != nil || err != nil {                       //nolint:bodyclose // There is none.
		t.Errorf("got %v, %v", response, err)
	}
	g.holds(t, failure)
}

func TestResponseWithoutBody(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: 200}, nil
	})))
	response, err := g.get(t.Context(), t, "http://a.example") //nolint:bodyclose // There is none.
	if err != nil || response.Body != nil {
		t.Errorf("got %+v, %v", response, err)
	}
	g.holds(t, success)
}

// Law B8: a panic of a predicate changes nothing else.
func TestPanicOfTimeBody(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })
	g := guard(t, recloser.DefaultPolicy(), over(transport), func(o *httpguard.Options) {
		o.TimeBody = func(*http.Response) bool { panic("predicate") }
	})
	response, err := g.get(t.Context(), t, address)
	if text := drain(t, response, err); text != "hello" {
		t.Errorf("the body is %q", text)
	}
	g.holds(t, success)
}
