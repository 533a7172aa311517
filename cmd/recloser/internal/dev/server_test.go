package dev_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

var statuses = httpguard.Statuses{Failures: httpguard.MustParseStatusSet("5xx", "429")}

// quick is a policy whose circuit opens and closes within seconds.
func quick() recloser.Policy {
	p := recloser.DefaultPolicy()
	p.Call.Timeout = time.Second // A busy machine must not make calls fail.
	p.Call.Reserve = 10 * time.Millisecond
	p.OpenWhen.SlowRate = 0
	p.OpenWhen.Window = 5 * time.Second
	p.OpenFor.Cooldown = 1100 * time.Millisecond
	p.OpenFor.MaxCooldown = 2 * time.Second
	p.HalfOpen.Margin = 20 * time.Millisecond
	p.Ramp.Over = 500 * time.Millisecond
	return p
}

// start runs a server until the test ends, and sees that it stops.
func start(t *testing.T, options dev.Options) *dev.Server {
	t.Helper()
	server, err := dev.New(options)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("run: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
	})
	return server
}

// await waits for an event of one circuit.
func await(t *testing.T, s *dev.Server, circuit, kind string) admin.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	after := uint64(0)
	for ctx.Err() == nil {
		for _, e := range s.Journal().After(ctx, after, admin.MaxEvents, time.Second) {
			after = e.Sequence
			if e.Circuit == circuit && e.Kind == kind {
				return e
			}
		}
	}
	t.Fatalf("%s: no event %s; there were %+v", circuit, kind, s.Journal().After(t.Context(), 0, admin.MaxEvents, 0))
	return admin.Event{}
}

func get(t *testing.T, address string) (status int, header http.Header, body string) {
	t.Helper()
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, string(text)
}

func parse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestOutagePlaysFromHealthyToHealthy(t *testing.T) {
	server := start(t, dev.Options{
		Circuits:     []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}, {Name: "search", Policy: quick(), Statuses: statuses}},
		Environments: 5, Rate: 100,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	report := server.Script(ctx, "payments")
	if !report.Passed() {
		t.Errorf("the script did not pass: %+v", report)
	}
	found := make(map[string]bool)
	for _, f := range report.Findings {
		found[f.What] = f.OK
	}
	for _, what := range []string{"opened", "probed", "closed", "ramped", "search untouched", "well again"} {
		if !found[what] {
			t.Errorf("%s: not found in %+v", what, report.Findings)
		}
	}
}

func TestScriptFailsWhenNothingOpens(t *testing.T) {
	shadow := quick()
	shadow.OpenWhen.MinCalls = 1_000_000 // It never opens.
	shadow.OpenWhen.Consecutive = 0
	server := start(t, dev.Options{
		Circuits: []dev.Circuit{{Name: "payments", Policy: shadow, Statuses: statuses}}, Environments: 3, Rate: 100,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if report := server.Script(ctx, "payments"); report.Passed() {
		t.Errorf("a circuit that never opens passed: %+v", report)
	}
}

func TestProxyThroughAnOpenCircuit(t *testing.T) {
	calls := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("X-Seen", r.URL.RequestURI()+r.Header.Get(admin.TokenHeader))
		io.Copy(w, r.Body)
	}))
	defer upstream.Close()
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses, Upstream: parse(t, upstream.URL+"/base")}}})
	base := "http://" + server.Address() + "/proxy/payments"

	request, err := http.NewRequest(http.MethodPost, base+"/a%2Fb?x=1", strings.NewReader("hello"))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set(admin.TokenHeader, "secret")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	echo, _ := io.ReadAll(response.Body)
	response.Body.Close()
	if got := response.Header.Get("X-Seen"); got != "/base/a%2Fb?x=1" || string(echo) != "hello" {
		t.Errorf("the upstream saw %q and echoed %q", got, echo)
	}

	override := recloser.Override{
		Mode: recloser.OverrideOpen, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here", Reason: "drill",
	}
	if _, err := server.Override(t.Context(), "payments", override); err != nil {
		t.Fatal(err)
	}
	before := calls
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil { // The proxy follows within one refresh.
		before = calls
		if status, _, _ := get(t, base+"/"); status == http.StatusServiceUnavailable {
			break
		}
	}
	status, header, body := get(t, base+"/")
	if status != http.StatusServiceUnavailable || calls != before {
		t.Errorf("an open circuit answered %d after %d calls, want 503 after %d", status, calls, before)
	}
	if seconds, err := strconv.Atoi(header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("Retry-After is %q", header.Get("Retry-After"))
	}
	var problem struct {
		Status          int
		Detail, Circuit string
		Reason          recloser.Reason
	}
	if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Circuit != "payments" || problem.Reason != recloser.ReasonForcedOpen {
		t.Errorf("the body is %s (%v)", body, err)
	}
	if kind := header.Get("Content-Type"); kind != "application/problem+json" {
		t.Errorf("the content type is %s", kind)
	}
}

func TestProxySaysWhatIsWrong(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := listener.Addr().String()
	listener.Close()
	server := start(t, dev.Options{Circuits: []dev.Circuit{
		{Name: "lost", Policy: quick(), Statuses: statuses, Upstream: parse(t, "http://no-such-host.invalid")},
		{Name: "down", Policy: quick(), Statuses: statuses, Upstream: parse(t, "http://"+refused)},
		{Name: "late", Policy: quick(), Statuses: statuses},
	}})
	if err := server.SetFault("late", dev.Fault{Hang: true}); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path   string
		status int
		text   string
	}{
		{"/proxy/lost/", 502, "the host no-such-host.invalid does not resolve; check circuits.lost.upstream"},
		{"/proxy/down/", 502, "cannot call http://" + refused},
		{"/proxy/late/", 504, "did not answer within call.timeout"},
		{"/proxy/lots/", 404, "did you mean lost?"},
		{"/proxy/", 404, "no circuit"},
	} {
		status, _, body := get(t, "http://"+server.Address()+row.path)
		if status != row.status || !strings.Contains(body, row.text) || strings.Count(strings.TrimSpace(body), "\n") > 0 {
			t.Errorf("%s: %d %s, want %d with %q on one line", row.path, status, body, row.status, row.text)
		}
	}
}

func TestFaultsAreSwitchedByOneRequest(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}, {Name: "search", Policy: quick(), Statuses: statuses}}})
	address := "http://" + server.UpstreamAddress()
	post := func(body, kind string) (int, string) {
		response, err := http.Post(address+"/faults", kind, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode, string(text)
	}
	if status, text := post(`{"circuit":"payments","retry_after":"7s"}`, "application/json"); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	status, header, _ := get(t, address+"/payments/x")
	if status != http.StatusTooManyRequests || header.Get("Retry-After") != "7" {
		t.Errorf("after retry_after: %d, Retry-After %q", status, header.Get("Retry-After"))
	}
	if status, _, _ := get(t, address+"/search/x"); status != http.StatusOK {
		t.Errorf("the other circuit's upstream: %d", status)
	}
	if status, _ := post(`{"errors":"100%"}`, "application/json"); status != 200 {
		t.Errorf("errors for all: %d", status)
	}
	for _, path := range []string{"/payments/x", "/search/x"} {
		if status, _, _ := get(t, address+path); status != http.StatusInternalServerError {
			t.Errorf("%s with errors 100%%: %d", path, status)
		}
	}
	for body, want := range map[string]int{
		`{"errors":"101%"}`: 400, `{"errors":0.5}`: 400, `{"delay":"-1s"}`: 400, `{"delay":"2h"}`: 400,
		`{"circut":"payments"}`: 400, `{"circuit":"paymnts"}`: 404, `x`: 400,
	} {
		if status, text := post(body, "application/json"); status != want {
			t.Errorf("%s: %d %s, want %d", body, status, text, want)
		}
	}
	if status, _ := post(`{}`, "text/plain"); status != http.StatusUnsupportedMediaType {
		t.Errorf("a body that a web page can send: %d, want 415", status)
	}
	if got := await(t, server, "search", dev.KindFault).Text; !strings.Contains(got, "errors 100%") {
		t.Errorf("the journal says %q", got)
	}
}

func TestOperatorsWordIsToldOnceAndTakenBack(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}, Environments: 5, Rate: 60})
	override := recloser.Override{
		Mode: recloser.OverrideOpen, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here", Reason: "drill",
	}
	c, err := server.Override(t.Context(), "payments", override)
	if err != nil || c.Override == nil || c.AdmittedShare != 0 {
		t.Fatalf("override: %+v, %v", c, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil { // Every environment has followed: nothing is admitted any more.
		all, err := server.Circuits(ctx)
		if err == nil && all[0].Calls.Rate > 0 && all[0].Calls.AdmittedRate == 0 {
			break
		}
		server.Journal().After(ctx, 1<<40, 1, 100*time.Millisecond)
	}
	if c, err = server.Reset(t.Context(), "payments", "me@here", ""); err != nil || c.Override != nil || c.Cause.Rule != recloser.RuleReset {
		t.Fatalf("reset: %+v, %v", c, err)
	}
	told := 0
	for _, e := range server.Journal().After(t.Context(), 0, admin.MaxEvents, 0) {
		if e.Kind == string(recloser.EventOverridden) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the override was told %d times, want once", told)
	}
	if _, err := server.Reset(t.Context(), "paymnts", "me@here", ""); !errors.Is(err, admin.ErrNotFound) || !strings.Contains(err.Error(), "did you mean payments?") {
		t.Errorf("an unknown circuit: %v", err)
	}
	if _, err := server.Describe(t.Context(), strings.Repeat("x", 10<<20)); !errors.Is(err, recloser.ErrKey) || len(err.Error()) > 300 {
		t.Errorf("a name of 10 MB: %.400v", err)
	}
}

func TestServersThatCannotBe(t *testing.T) {
	circuits := []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}
	first := start(t, dev.Options{Circuits: circuits})
	_, port, err := net.SplitHostPort(first.Address())
	if err != nil {
		t.Fatal(err)
	}
	taken, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	broken := quick()
	broken.OpenFor.Cooldown = 1
	for want, options := range map[string]dev.Options{
		"port " + port + " is in use":      {Circuits: circuits, Port: taken},
		"two circuits are called payments": {Circuits: append(circuits, circuits...)},
		"open_for.cooldown":                {Circuits: []dev.Circuit{{Name: "payments", Policy: broken, Statuses: statuses}}},
		"invalid circuit name":             {Circuits: []dev.Circuit{{Name: "pay ments", Policy: quick(), Statuses: statuses}}},
	} {
		if _, err := dev.New(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// LAWS.md, X4: headers within 1 s; who is slower is cut off.
func TestSlowHeadersAreCutOff(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}})
	for _, address := range []string{server.Address(), server.UpstreamAddress()} {
		connection, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer connection.Close()
		if _, err := connection.Write([]byte("GET /health HTTP/1.1\r\nHost:")); err != nil {
			t.Fatal(err)
		}
		if err := connection.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = bufio.NewReader(connection).ReadString('\n')
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() {
			t.Errorf("%s: still connected after %v", address, time.Since(began))
		}
	}
}

// LAWS.md, Security: nobody reaches the proxy or the API under another name, as
// a web page would by DNS rebinding.
func TestOtherHostsAreRefused(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}})
	for _, address := range []string{
		"http://" + server.Address() + "/health", "http://" + server.Address() + "/proxy/payments/", "http://" + server.UpstreamAddress() + "/faults",
	} {
		request, err := http.NewRequest(http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "evil.example"
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s under another host: %d, want 403", address, response.StatusCode)
		}
	}
}

// An operator's write names a generation, and is made anew under the one that a
// transition has made meanwhile: LAWS.md, S5 and S9.
func TestOperatorsDoNotLoseAgainstTransitions(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}})
	override := recloser.Override{Mode: recloser.OverrideClosed, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here"}
	tries := 0
	err := server.Change(t.Context(), "payments", func(r recloser.Record) recloser.Write {
		if tries++; tries <= 3 {
			if _, err := server.Reset(t.Context(), "payments", "other@there", ""); err != nil {
				t.Error(err)
			}
		}
		return recloser.SetOverride{Generation: r.Generation, Override: override}
	})
	c, describeErr := server.Describe(t.Context(), "payments")
	if err != nil || describeErr != nil || c.Override == nil || c.Generation != 3 || tries != 4 {
		t.Errorf("after %d tries: %v, %v, %+v", tries, err, describeErr, c)
	}

	err = server.Change(t.Context(), "payments", func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation + 1}
	})
	if err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("a write that always loses: %v", err)
	}
}
