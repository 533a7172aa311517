package httpguard

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// Unavailable answers a rejected request in place of the dependency: 503 Service
// Unavailable, with a Retry-After in whole seconds. It is meant for the
// [Options.Reject] of a proxy. A breaker that sees this answer takes it for the
// dependency's, so it belongs on the outermost guard.
func Unavailable(r *http.Request, rejected *recloser.OpenError) (*http.Response, error) {
	text := "circuit " + rejected.Circuit + " is open (" + string(rejected.Reason) + ")\n"
	seconds := max(int64((rejected.RetryAfter+time.Second-1)/time.Second), 1)
	response := &http.Response{
		Status:     "503 Service Unavailable",
		StatusCode: http.StatusServiceUnavailable,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header: http.Header{
			"Content-Type":           {"text/plain; charset=utf-8"},
			"Content-Length":         {strconv.Itoa(len(text))},
			"X-Content-Type-Options": {"nosniff"},
			"Retry-After":            {strconv.FormatInt(seconds, 10)},
		},
		ContentLength: int64(len(text)),
		Body:          http.NoBody,
		Request:       r,
	}
	if r.Method != http.MethodHead {
		response.Body = io.NopCloser(strings.NewReader(text))
	}
	return response, nil
}
