package admin

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// TokenHeader carries the token of a request.
const TokenHeader = "X-Recloser-Token"

// NewToken returns a token that nobody can guess.
func NewToken() string { return rand.Text() }

// Guard lets a request through to next only if it names this machine's loopback
// interface and the given port as its host, and does not come from a web page.
// The first stops DNS rebinding, by which a page would reach this server under
// a name of its own; the second stops pages that know the address.
func Guard(port string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !loopbackHost(r.Host, port):
			WriteProblem(w, http.StatusForbidden, fmt.Sprintf("the host %.80q is not this server; use 127.0.0.1:%s", r.Host, port))
		case r.Header.Get("Origin") != "":
			WriteProblem(w, http.StatusForbidden, "requests from web pages are refused; use a terminal")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

func loopbackHost(host, port string) bool {
	name, p, err := net.SplitHostPort(host)
	if err != nil || p != port {
		return false
	}
	return name == "127.0.0.1" || name == "::1" || strings.EqualFold(name, "localhost")
}

// authenticated lets a request through to next only if it has the token. It
// answers 401 without a body, and says nothing else to who has no token.
func authenticated(token string, next http.Handler) http.Handler {
	// Hashes are of one length, so that the comparison tells nothing of it.
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(strings.Join(r.Header.Values(TokenHeader), ",")))
		if token == "" || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// DecodeBody reads the JSON object of a request into v: of at most [MaxBody]
// bytes, without unknown keys, and with nothing after it.
func DecodeBody(w http.ResponseWriter, r *http.Request, v any) error {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || r.Header.Get("Content-Encoding") != "" {
		return &StatusError{http.StatusUnsupportedMediaType, "the body must be plain JSON with Content-Type: application/json"}
	}
	// A body must not take for ever. A writer without deadlines is a test's.
	if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyTimeout)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set the deadline of the body: %w", err)
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
		return &StatusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the body may have at most %d bytes", MaxBody)}
	}
	if err != nil {
		return &StatusError{http.StatusBadRequest, "the body did not arrive whole"}
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(v); err != nil {
		return badRequest("the body is not what it should be: %.200s", strings.TrimPrefix(err.Error(), "json: "))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return badRequest("the body must be one JSON object, with nothing after it")
	}
	return nil
}

// Printable reports whether s can be shown on a terminal without steering it.
func Printable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
