package httpguard

import (
	"net/http"
	"strings"
)

// Host names the circuit of a request by its host: the Host of its URL in lower
// case, without a port that is the scheme's own. A byte that no circuit's name
// may have is written as an underscore and two hexadecimal digits.
//
//	https://API.example.com:443/v1  api.example.com
//	http://10.0.0.7:8080            10.0.0.7:8080
//	http://[::1]:8080               _5b::1_5d:8080
//
// The name is empty, and the request not guarded, if the scheme is neither http
// nor https, or if there is no host that one could call. A name that is too long
// for a circuit is refused by [Transport.RoundTrip].
func Host(r *http.Request) (name, partition string) {
	if r.URL == nil {
		return "", ""
	}
	host := r.URL.Host
	switch r.URL.Scheme {
	case "http":
		host = strings.TrimSuffix(host, ":80")
	case "https":
		host = strings.TrimSuffix(host, ":443")
	default:
		return "", ""
	}
	host = strings.TrimSuffix(host, ":")
	plain := true
	for i := range len(host) {
		switch c := host[i]; {
		case inName(c):
		case c <= ' ', c == 0x7f, strings.IndexByte(`/?#@\`, c) >= 0:
			// A base refuses such a host. What stands before an @ could be
			// a password, and must not become a name.
			return "", ""
		default:
			plain = false
		}
	}
	if plain {
		return host, ""
	}
	return escape(strings.ToLower(host)), ""
}

// escape writes the bytes that no circuit's name may have in hexadecimal.
func escape(host string) string {
	const digits = "0123456789abcdef"
	var name strings.Builder
	for i := range len(host) {
		if c := host[i]; inName(c) {
			name.WriteByte(c)
		} else {
			name.Write([]byte{'_', digits[c>>4], digits[c&15]})
		}
	}
	return name.String()
}

// inName reports whether c stands for itself in a name.
func inName(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.' || c == '-' || c == ':' || c == '_'
}
