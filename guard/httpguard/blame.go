package httpguard

import (
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/recloser-dev/recloser"
)

// callersDoing reports whether the error of a call is none of the dependency's.
func (c *call) callersDoing(err error) bool {
	var address *net.AddrError // A port, or a host, that cannot be.
	return errors.Is(err, recloser.ErrOpen) || errors.Is(err, recloser.ErrNoTime) ||
		c.gaveUp() || c.upload != nil && c.upload.broken.Load() ||
		errors.As(err, &address) || !sendable(c.original)
}

// gaveUp reports whether the caller has ended the call. In shadow mode the call has
// the caller's own deadline, and one that outlasts it failed, as it would have in
// time if it had been cut off.
func (c *call) gaveUp() bool {
	if deadline, ok := c.original.Context().Deadline(); ok && c.cancel == nil && !now().Before(deadline) {
		return false
	}
	select {
	case <-c.original.Cancel: //nolint:staticcheck // An http.Client with a Timeout closes it, and that may be before its context ends.
		return true
	default:
		return c.original.Context().Err() != nil
	}
}

// sendable reports whether r is a request that net/http can write.
func sendable(r *http.Request) bool {
	return r.Header != nil && (r.Method == "" || token(r.Method)) && sound(r.Header) && sound(r.Trailer) &&
		(r.ContentLength == 0 || r.Body != nil)
}

func sound(h http.Header) bool {
	for name, values := range h {
		if !token(name) {
			return false
		}
		for _, value := range values {
			if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
				return false
			}
		}
	}
	return true
}

// token reports whether s is a token by RFC 9110, section 5.6.2.
func token(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		return !letter && !('0' <= r && r <= '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", r)
	})
}
