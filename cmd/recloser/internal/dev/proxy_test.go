package dev_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

func TestProxyThroughAnOpenCircuit(t *testing.T) {
	calls := 0
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("X-Seen", r.URL.RequestURI()+r.Header.Get(admin.TokenHeader))
		_, _ = io.Copy(w, r.Body)
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
