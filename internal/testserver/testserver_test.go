package testserver_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
)

var dynamo = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(m), testserver.Leaks()...) }

// TestDynamoDBIsLoopbackOnly: what a test starts is nobody else's to reach.
func TestDynamoDBIsLoopbackOnly(t *testing.T) {
	u, err := url.Parse(dynamo.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(u.String())
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	others, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range others {
		ip, ok := a.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		conn, err := net.Dial("tcp", net.JoinHostPort(ip.IP.String(), u.Port()))
		if err == nil {
			conn.Close()
			t.Errorf("it listens on %v, too", ip.IP)
		}
	}
}

// TestDynamoDBEnds: it does not outlive who started it.
func TestDynamoDBEnds(t *testing.T) {
	dynamo.URL(t) // It can be had.
	s, err := testserver.DynamoDB(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if resp, err := http.Get(s.URL); err == nil {
		resp.Body.Close()
		t.Error("it goes on after Close")
	}
}

// TestProxy: a proxy does to a connection what it is told, and nothing else.
func TestProxy(t *testing.T) {
	var asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { asked.Add(1) }))
	defer s.Close()
	p := testserver.NewProxy(t, s.URL)
	c := &http.Client{Timeout: 500 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	get := func() error {
		resp, err := c.Get(p.URL())
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	for _, row := range []struct {
		toxic          string
		answers, comes bool
	}{
		{testserver.LosesAnswer, false, true},
		{testserver.CutsAnswer(10), false, true},
		{testserver.Resets, false, true},
		{testserver.DelaysAnswer(time.Minute, 0), false, true},
		{testserver.LosesQuestion, false, false},
		{testserver.CutsQuestion(10), false, false},
		{testserver.CutsAnswer(10_000), true, true},
		{testserver.DelaysAnswer(time.Millisecond, time.Millisecond), true, true},
		{testserver.Sometimes(testserver.LosesAnswer, 0), true, true},
		{testserver.Sometimes(testserver.LosesAnswer, 1), false, true},
	} {
		asked.Store(0)
		p.Poison(row.toxic)
		if err := get(); (err == nil) != row.answers || (asked.Load() == 1) != row.comes {
			t.Errorf("%s: error %v, asked %d times", row.toxic, err, asked.Load())
		}
		p.Heal()
		if err := get(); err != nil {
			t.Errorf("%s: not healed: %v", row.toxic, err)
		}
	}
}
