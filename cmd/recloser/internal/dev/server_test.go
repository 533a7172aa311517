package dev_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
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

func portOf(t *testing.T, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestServersThatCannotBe(t *testing.T) {
	circuits := []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}
	first := start(t, dev.Options{Circuits: circuits})
	taken := portOf(t, first.Address())
	broken := quick()
	broken.OpenFor.Cooldown = 1
	for want, options := range map[string]dev.Options{
		fmt.Sprintf("port %d is in use", taken): {Circuits: circuits, Port: taken},
		"two circuits are called payments":      {Circuits: append(circuits, circuits...)},
		"open_for.cooldown":                     {Circuits: []dev.Circuit{{Name: "payments", Policy: broken, Statuses: statuses}}},
		"invalid circuit name":                  {Circuits: []dev.Circuit{{Name: "pay ments", Policy: quick(), Statuses: statuses}}},
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
