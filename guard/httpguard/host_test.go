package httpguard_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/guard/httpguard"
)

func TestHost(t *testing.T) {
	for address, want := range map[string]string{
		"https://api.example.com":                 "api.example.com",
		"https://API.Example.COM:443/v1?q=1#f":    "api.example.com",
		"http://api.example.com:80":               "api.example.com",
		"http://api.example.com:443":              "api.example.com:443",
		"https://api.example.com:80":              "api.example.com:80",
		"https://api.example.com:8443":            "api.example.com:8443",
		"https://api.example.com:":                "api.example.com",
		"HTTPS://api.example.com":                 "api.example.com",
		"http://user:pa55@api.example.com":        "api.example.com",
		"http://10.0.0.7:8080":                    "10.0.0.7:8080",
		"http://my_service":                       "my_service",
		"http://[::1]":                            "_5b::1_5d",
		"http://[::1]:80":                         "_5b::1_5d",
		"http://[2001:DB8::1]:8080":               "_5b2001:db8::1_5d:8080",
		"http://[fe80::1%25eth0]":                 "_5bfe80::1_25eth0_5d",
		"https://bücher.example":                  "b_c3_bccher.example",
		"https://BÜCHER.example":                  "b_c3_bccher.example",
		"https://xn--bcher-kva.example":           "xn--bcher-kva.example",
		"ftp://api.example.com":                   "",
		"mailto:a@example.com":                    "",
		"/path":                                   "",
		"http:///path":                            "",
		"https://:443":                            "",
		"http://169.254.169.254/latest/meta-data": "169.254.169.254",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got, partition := httpguard.Host(&http.Request{URL: u}); got != want || partition != "" {
			t.Errorf("the circuit of %s is %q/%q, want %q", address, got, partition, want)
		}
	}
	for _, host := range []string{"user:pa55@a.example", "a.example/p", "a.example?q", "a.example#f", `a\b`, "a b", "a\nb", "a\x7fb"} {
		if got, _ := httpguard.Host(&http.Request{URL: &url.URL{Scheme: "http", Host: host}}); got != "" {
			t.Errorf("the circuit of %q is %q, want none", host, got)
		}
	}
	if got, _ := httpguard.Host(new(http.Request)); got != "" {
		t.Errorf("the circuit of no URL is %q", got)
	}
}

// Whatever names a host names a circuit, unless it is too long; and hosts that
// differ in more than their case have circuits that differ.
func TestHostNamesCircuits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hosts := rapid.SliceOfN(rapid.OneOf(
			rapid.StringMatching(`[a-zA-Z0-9.:\[\]%-]{1,40}`), rapid.StringN(1, 12, 40),
		), 2, 2).Draw(t, "hosts")
		var names []string
		for _, host := range hosts {
			name, _ := httpguard.Host(&http.Request{URL: &url.URL{Scheme: "https", Host: host}})
			names = append(names, name)
			if name == "" {
				continue
			}
			if _, err := recloser.Key(name, ""); err != nil && len(name) <= recloser.MaxName {
				t.Fatalf("%q is named %q: %v", host, name, err)
			}
		}
		same := func(host string) string {
			return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(host, ":443"), ":"))
		}
		if names[0] == names[1] && names[0] != "" && !strings.Contains(hosts[0]+hosts[1], "_") && same(hosts[0]) != same(hosts[1]) {
			t.Fatalf("%q and %q are both named %q", hosts[0], hosts[1], names[0])
		}
	})
}
