package httpguard

import (
	"net/http"
	"strings"

	"github.com/recloser-dev/recloser/internal/circuitname"
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
	name = circuitname.Of(host)
	if name != host && strings.ContainsFunc(host, notInHost) {
		return "", ""
	}
	return name, ""
}

// notInHost reports whether a base refuses a host with r in it. What stands before
// an @ could be a password, and must not become a name.
func notInHost(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`/?#@\`, r) }
