package dev_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

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
