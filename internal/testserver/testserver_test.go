package testserver_test

import (
	"net"
	"net/http"
	"net/url"
	"testing"

	"go.uber.org/goleak"

	"github.com/recloser-dev/recloser/internal/testserver"
)

var dynamo = testserver.Shared{Start: testserver.DynamoDB}

func TestMain(m *testing.M) { goleak.VerifyTestMain(dynamo.With(m)) }

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
