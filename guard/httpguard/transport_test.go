package httpguard_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

func TestStatuses(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		w.WriteHeader(status)
	})
	for _, row := range []struct {
		status int
		want   recloser.Counts
	}{
		{200, success},
		{201, success},
		{204, success},
		{206, success},
		{226, success},
		{299, success},
		{300, success},
		{301, success},
		{304, success},
		{307, success},
		{399, success},
		{400, success},
		{401, success},
		{403, success},
		{404, success},
		{408, success},
		{409, success},
		{422, success},
		{428, success},
		{429, failure},
		{430, success},
		{499, success},
		{500, failure},
		{501, failure},
		{502, failure},
		{503, failure},
		{504, failure},
		{505, failure},
		{511, failure},
		{529, failure},
		{599, failure},
		{600, failure},
		{999, failure},
	} {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodDelete} {
			for _, policy := range []recloser.Policy{recloser.DefaultPolicy(), shadow(recloser.DefaultPolicy())} {
				t.Run(fmt.Sprint(row.status, method, policy.Enforce), func(t *testing.T) {
					g := guard(t, policy, over(transport))
					r := httptest.NewRequest(method, fmt.Sprint(address, "/", row.status), http.NoBody)
					response, err := g.RoundTrip(r)
					drain(t, response, err)
					if response.StatusCode != row.status {
						t.Errorf("the status is %d", response.StatusCode)
					}
					g.holds(t, row.want)
				})
			}
		}
	}
}

func TestStatusesByCircuit(t *testing.T) {
	for _, row := range []struct {
		circuit string
		status  int
		want    recloser.Counts
	}{
		{"search", 404, failure},
		{"search", 500, success},
		{"search", 429, success},
		{"other", 404, success},
		{"other", 500, failure},
		{"other", 418, failure},
		{"other", 429, success},
		{"other", 501, nothing},
		{"other", 204, nothing},
		{"search", 501, success},
		{"search", 204, success},
	} {
		g := guard(t, recloser.DefaultPolicy(), over(answer(row.status, nil)), named(row.circuit), func(o *httpguard.Options) {
			o.Statuses = httpguard.Statuses{
				Failures: httpguard.MustParseStatusSet("418", "5xx"), Ignored: httpguard.MustParseStatusSet("501", "204"),
			}
			o.StatusesOf = map[string]httpguard.Statuses{"search": {Failures: httpguard.MustParseStatusSet("404")}}
		})
		response, err := g.get(t.Context(), t, "http://a.example")
		drain(t, response, err)
		g.holds(t, row.want)
	}
}

// A failing status settles the permit before anybody reads the body.
func TestFailingStatusDoesNotWaitForBody(t *testing.T) {
	address, transport := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprint(w, "bad gateway")
	})
	g := guard(t, recloser.DefaultPolicy(), over(transport))
	response, err := g.get(t.Context(), t, address)
	if err != nil {
		t.Fatal(err)
	}
	g.holds(t, failure)
	if text := drain(t, response, nil); text != "bad gateway" {
		t.Errorf("the body is %q", text)
	}
	g.holds(t, failure)
}

// open makes the circuit of a host open.
func open(t *testing.T, g guarded, host string) {
	t.Helper()
	b, err := g.panel.Breaker(host, "")
	if err != nil {
		t.Fatal(err)
	}
	for b.Status().State != recloser.StateOpen {
		p, err := b.Allow(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p.Failure()
	}
}

func TestRejected(t *testing.T) {
	calls := 0
	g := guard(t, quick(), over(base(func(*http.Request) (*http.Response, error) {
		calls++
		return nil, errReset
	})))
	open(t, g, "a.example")
	body := newCloseSpy()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://user:pa55@A.example:443/?token=s3cret", body)
	_, err := (&http.Client{Transport: g}).Do(r) //nolint:bodyclose // There is none.
	var outer *url.Error
	rejected, ok := errors.AsType[*recloser.OpenError](err)
	switch {
	case !ok, !errors.Is(err, recloser.ErrOpen), !errors.As(err, &outer):
		t.Fatalf("the error is %v", err)
	case rejected.Circuit != "a.example", rejected.Reason != recloser.ReasonOpen, rejected.RetryAfter <= 0:
		t.Errorf("the rejection is %+v", rejected)
	}
	if body.closed == 0 {
		t.Error("the body was not closed")
	}
	if calls != 0 {
		t.Errorf("%d calls were made", calls)
	}
}

// Law S7: what another breaker rejects counts as nothing.
func TestRejectionOfInnerGuard(t *testing.T) {
	inner := guard(t, quick(), over(answer(200, nil)))
	open(t, inner, "a.example")
	outer := guard(t, quick(), over(inner))
	for range 5 {
		if _, err := outer.get(t.Context(), t, "http://a.example"); !errors.Is(err, recloser.ErrOpen) { //nolint:bodyclose // There is none.
			t.Fatalf("the error is %v", err)
		}
	}
	outer.holds(t, nothing)
}

func TestUnavailable(t *testing.T) {
	g := guard(t, quick(), over(answer(200, nil)), func(o *httpguard.Options) { o.Reject = httpguard.Unavailable })
	open(t, g, "a.example")
	for method, want := range map[string]string{
		http.MethodGet: "circuit a.example is open (open)\n", http.MethodHead: "",
	} {
		r := httptest.NewRequest(method, "http://a.example/?token=s3cret", http.NoBody)
		response, err := g.RoundTrip(r)
		if text := drain(t, response, err); text != want {
			t.Errorf("the body is %q", text)
		}
		after, err := strconv.Atoi(response.Header.Get("Retry-After"))
		if err != nil || after < 1 || after > 12 {
			t.Errorf("Retry-After is %d, %v", after, err)
		}
		if response.StatusCode != http.StatusServiceUnavailable || response.Request != r {
			t.Errorf("the response is %+v", response)
		}
	}
	response, err := httpguard.Unavailable(httptest.NewRequest(http.MethodGet, "/", http.NoBody), &recloser.OpenError{})
	drain(t, response, err)
	if after := response.Header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After of now is %q", after)
	}
}

// Each hop of a redirect is a call to its own host.
func TestRedirect(t *testing.T) {
	to, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "here") })
	from, transport := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to+"/landing", http.StatusFound)
	})
	g := guard(t, quick(), over(transport))
	client := &http.Client{Transport: g}
	response, err := client.Get(from)
	if text := drain(t, response, err); text != "here" {
		t.Errorf("the body is %q", text)
	}
	if got := response.Request.URL.String(); got != to+"/landing" {
		t.Errorf("the response is of %s", got)
	}
	var circuits []string
	for _, b := range g.panel.Breakers() {
		circuits = append(circuits, "http://"+b.Key())
		if s := b.Status(); s.Window != success {
			t.Errorf("%s counted %+v", b.Key(), s.Window)
		}
	}
	want := []string{from, to}
	slices.Sort(want)
	if !slices.Equal(circuits, want) {
		t.Errorf("the circuits are %q, want %q", circuits, want)
	}

	open(t, g, strings.TrimPrefix(to, "http://"))
	_, err = client.Get(from) //nolint:bodyclose // There is none.
	if rejected, ok := errors.AsType[*recloser.OpenError](err); !ok || "http://"+rejected.Circuit != to {
		t.Errorf("the error is %v", err)
	}
	b, _ := g.panel.Breaker(strings.TrimPrefix(from, "http://"), "")
	if s := b.Status(); s.Window != (recloser.Counts{Calls: 2}) || s.State != recloser.StateClosed || s.InFlight != 0 {
		t.Errorf("the first hop counted %+v, is %v and has %d in flight", s.Window, s.State, s.InFlight)
	}
}

func TestNamesNoCircuitCanHave(t *testing.T) {
	long := strings.Repeat("a", 60) + "." + strings.Repeat("b", 60) + "." + strings.Repeat("c", 60)
	g := guard(t, recloser.DefaultPolicy(), over(base(func(*http.Request) (*http.Response, error) {
		t.Error("a call was made")
		return nil, errReset
	})))
	body := newCloseSpy()
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://u:pa55@"+long+"/p?q=s3cret", body)
	_, err := g.RoundTrip(r) //nolint:bodyclose // There is none.
	if !errors.Is(err, recloser.ErrKey) || !strings.Contains(err.Error(), "Options.Circuit") {
		t.Errorf("the error is %v", err)
	}
	if strings.Contains(err.Error(), "pa55") || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("the error tells a secret: %v", err)
	}
	if body.closed == 0 {
		t.Error("the body was not closed")
	}
}

// Law B6: hosts are bounded; the rest shares one circuit, which rejects nothing.
func TestManyHosts(t *testing.T) {
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Policy, o.Limit = quick(), 2 })
	t.Cleanup(panel.Close)
	g := guarded{httpguard.New(panel, over(answer(500, nil))), panel}
	for i := range 100 {
		response, err := g.get(t.Context(), t, fmt.Sprintf("http://h%d.example", i))
		drain(t, response, err)
	}
	var keys []string
	for _, b := range panel.Breakers() {
		keys = append(keys, b.Key())
	}
	if want := []string{"h0.example", "h1.example", recloser.OverflowCircuit}; !slices.Equal(keys, want) {
		t.Errorf("the circuits are %q, want %q", keys, want)
	}
}

func TestUnguarded(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(answer(500, nil)), named(""))
	r := httptest.NewRequest(http.MethodGet, "http://a.example", http.NoBody)
	response, err := g.RoundTrip(r)
	if err != nil || response.Request != r || len(g.panel.Breakers()) != 0 {
		t.Errorf("got %v, %v and %d circuits", response, err, len(g.panel.Breakers()))
	}
	drain(t, response, err)
}

func TestPartitions(t *testing.T) {
	g := guard(t, recloser.DefaultPolicy(), over(answer(200, nil)), func(o *httpguard.Options) {
		o.Circuit = func(r *http.Request) (name, partition string) { return "payments", r.Header.Get("X-Region") }
	})
	for _, region := range []string{"eu", "us", "eu", ""} {
		r := httptest.NewRequest(http.MethodGet, "http://a.example", http.NoBody)
		r.Header.Set("X-Region", region)
		response, err := g.RoundTrip(r)
		drain(t, response, err)
	}
	want := map[string]int{"payments": 1, "payments/eu": 2, "payments/us": 1}
	for _, b := range g.panel.Breakers() {
		if got := b.Status().Window.Calls; got != want[b.Key()] {
			t.Errorf("%s counted %d calls, want %d", b.Key(), got, want[b.Key()])
		}
	}
}

// Nothing of a URL but its host is in an event, an error of the guard or a key.
func TestNoSecretsAreTold(t *testing.T) {
	var told strings.Builder
	panel := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Policy = quick()
		o.Observers = []recloser.Observer{recloser.ObserverFunc(func(e recloser.Event) { fmt.Fprintf(&told, "%v %+v\n", e, e) })}
	})
	t.Cleanup(panel.Close)
	g := guarded{httpguard.New(panel, over(answer(500, nil))), panel}
	for range 4 {
		r := httptest.NewRequest(http.MethodGet, "http://user:pa55@a.example/p4th?q=s3cret#fr4gment", http.NoBody)
		r.Header.Set("Authorization", "s3cret")
		response, err := g.RoundTrip(r)
		if err != nil {
			fmt.Fprintln(&told, err)
			continue
		}
		drain(t, response, nil)
	}
	if !strings.Contains(told.String(), "opened") || !strings.Contains(told.String(), "rejected the call") {
		t.Errorf("nothing was told: %s", &told)
	}
	for _, secret := range []string{"user", "pa55", "p4th", "s3cret", "fr4gment"} {
		if strings.Contains(told.String(), secret) {
			t.Errorf("%q was told: %s", secret, &told)
		}
	}
}

func TestCloseIdleConnections(t *testing.T) {
	spy := &idleSpy{base: answer(200, nil)}
	(&http.Client{Transport: guard(t, recloser.DefaultPolicy(), over(spy))}).CloseIdleConnections()
	if !spy.closed {
		t.Error("the base was not told")
	}
	guard(t, recloser.DefaultPolicy(), over(answer(200, nil))).CloseIdleConnections() // It has none.
}

type idleSpy struct {
	base
	closed bool
}

func (s *idleSpy) CloseIdleConnections() { s.closed = true }

func TestNewWithoutPanel(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a guard was made that guards nothing")
		}
	}()
	httpguard.New(nil)
}
