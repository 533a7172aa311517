package httpguard_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

// A server that is down asks to be left alone, and is.
func ExampleNew() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer server.Close()

	panel := recloser.NewPanel()
	defer panel.Close()
	client := &http.Client{Transport: httpguard.New(panel)}

	for calls := 1; ; calls++ {
		response, err := client.Get(server.URL)
		if rejected, ok := errors.AsType[*recloser.OpenError](err); ok {
			fmt.Println("rejected:", rejected.Reason)
			fmt.Println("retry after:", rejected.RetryAfter.Round(10*time.Second))
			fmt.Println("a handful of calls were enough:", calls <= 15)
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
	}

	// Output:
	// rejected: open
	// retry after: 1m0s
	// a handful of calls were enough: true
}

// A few hosts are one dependency, which has a circuit for each of its regions;
// everything else goes by its host.
func ExampleOptions_circuit() {
	circuit := func(r *http.Request) (name, partition string) {
		switch r.URL.Host {
		case "pay-eu.example", "pay-us.example":
			return "payments", r.Header.Get("X-Region")
		case "localhost:4566":
			return "", "" // Not guarded.
		}
		return httpguard.Host(r)
	}
	panel := recloser.NewPanel()
	defer panel.Close()
	client := &http.Client{Transport: httpguard.New(panel, func(o *httpguard.Options) {
		o.Circuit = circuit
		o.Base = answer(http.StatusOK, nil)
	})}
	for _, address := range []string{"https://pay-eu.example/charge", "https://search.example:8443/?q=shoes", "http://localhost:4566"} {
		r, _ := http.NewRequest(http.MethodGet, address, http.NoBody)
		r.Header.Set("X-Region", "eu")
		response, err := client.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		response.Body.Close()
	}
	for _, b := range panel.Breakers() {
		fmt.Println(b.Key())
	}

	// Output:
	// payments/eu
	// search.example:8443
}

// Answers with a length are small here, so they belong to the call; whatever
// streams does not.
func ExampleOptions_timeBody() {
	withLength := func(response *http.Response) bool { return response.ContentLength >= 0 }

	// Its headers are quick, and its body never ends.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Policy.Call.Timeout, o.Policy.OpenWhen.SlowAfter = 50*time.Millisecond, 50*time.Millisecond
	})
	defer panel.Close()
	client := &http.Client{Transport: httpguard.New(panel, func(o *httpguard.Options) { o.TimeBody = withLength })}

	response, err := client.Get(server.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	_, err = io.ReadAll(response.Body)
	fmt.Println(err)

	// Output:
	// recloser: the call ran out of its time
}

// A proxy tells its clients when to come back.
func ExampleUnavailable() {
	upstream, _ := url.Parse("http://upstream.example")
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Policy.OpenWhen.MinCalls, o.Policy.OpenWhen.Confidence = 1, 0
	})
	defer panel.Close()
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(upstream) },
		Transport: httpguard.New(panel, func(o *httpguard.Options) {
			o.Base = answer(http.StatusTooManyRequests, http.Header{"Retry-After": {"30"}})
			o.Reject = httpguard.Unavailable
		}),
	}
	for range 2 {
		w := httptest.NewRecorder()
		proxy.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
		fmt.Println(w.Code, w.Header().Get("Retry-After"), w.Body.Len() > 0)
	}

	// Output:
	// 429 30 false
	// 503 30 true
}

// The statuses that count are data.
func ExampleParseStatusSet() {
	set, err := httpguard.ParseStatusSet("429", "5xx")
	fmt.Println(set.Contains(429), set.Contains(404), set.Contains(503), err)
	_, err = httpguard.ParseStatusSet("5xx", "teapot")
	fmt.Println(err)

	// Output:
	// true false true <nil>
	// httpguard: invalid status "teapot": write a code from 100 to 599, such as 429, or a class from 1xx to 5xx
}
