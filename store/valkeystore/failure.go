package valkeystore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// What can be wrong with an operation. An [*Error] matches at most one of them.
var (
	// ErrUnreachable is matched where no answer came.
	ErrUnreachable = errors.New("the server is out of reach")
	// ErrCredentials is matched by a user or password that is missing or wrong,
	// or that its provider could not get.
	ErrCredentials = errors.New("the credentials are not good")
	// ErrDenied is matched by a user who may not do it.
	ErrDenied = errors.New("the user may not do it")
	// ErrReadOnly is matched where the server is a replica, which takes no
	// writes.
	ErrReadOnly = errors.New("the server is a read-only replica")
	// ErrMemory is matched where the server is full.
	ErrMemory = errors.New("the server is out of memory")
	// ErrCluster is matched where another server of a cluster should have been
	// asked, or the cluster does not serve the record now, or there is none.
	ErrCluster = errors.New("the cluster does not serve it here")
	// ErrWrongType is matched where the key holds something that is no hash.
	ErrWrongType = errors.New("the key holds something else")
	// ErrEviction is matched where a server that is full may evict circuits that
	// are in use.
	ErrEviction = errors.New("the server may evict circuits that are in use")
	// ErrUnavailable is matched where the server is in trouble.
	ErrUnavailable = errors.New("the server is in trouble")

	// errBroken is matched besides by a connection that broke, so that a read may
	// be tried on another one.
	errBroken         = errors.New("the connection broke")
	errUnknownCommand = errors.New("the server does not know the command")
	errProvider       = errors.New("OpenOptions.Credentials returned an error")
	errAnswer         = fmt.Errorf("valkeystore: %w: its answer cannot be read; look at what stands between", ErrUnavailable)
)

// Error is an operation that failed. Its text is one line, without anything that
// was asked or answered: a server's own words may hold it. The client's error
// can be read by [errors.As].
type Error struct {
	// Operation is what was done, such as "load" or "claim".
	Operation string
	// Circuit is the key of the circuit; empty if it was none.
	Circuit string
	// Server is the host and port that was asked, if it is known.
	Server string
	// Kind is one of this package's Err values, or nil.
	Kind error
	// Code is the server's name of the fault, such as "READONLY", if there was an
	// answer.
	Code string

	advice string
	cause  error
	more   error
	ended  error
}

// Error says what failed where, why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "valkeystore: %s", e.Operation)
	if e.Circuit != "" {
		fmt.Fprintf(&b, " of circuit %.160q", e.Circuit)
	}
	if e.Server != "" {
		fmt.Fprintf(&b, " at %.260s", e.Server)
	}
	if e.Kind != nil {
		fmt.Fprintf(&b, ": %v", e.Kind)
	}
	if e.advice != "" {
		fmt.Fprintf(&b, ": %s", e.advice)
	}
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	return b.String()
}

// Unwrap returns the kind, the client's error, and that of a context that ended.
func (e *Error) Unwrap() []error {
	all := []error{e.cause}
	for _, err := range []error{e.Kind, e.more, e.ended} {
		if err != nil {
			all = append(all, err)
		}
	}
	return all
}

// failed says what is wrong with an operation; ended is the error of its
// context, if it has ended.
func (s *Store) failed(operation, circuit string, err, ended error) error {
	e := &Error{Operation: operation, Circuit: circuit, Server: s.server(), cause: err, ended: ended}
	if words, ok := errors.AsType[redis.Error](err); ok {
		e.Code, e.advice, e.Kind = refused(words.Error())
		if strings.HasPrefix(words.Error(), "ERR unknown command") {
			e.more = errUnknownCommand
		}
		return e
	}
	e.advice, e.Kind = unanswered(err)
	if errors.Is(e.Kind, errBroken) {
		e.Kind, e.more = ErrUnreachable, errBroken
	}
	return e
}

// server returns what the client was told to ask.
func (s *Store) server() string {
	switch c := s.client.(type) {
	case *redis.Client:
		return c.Options().Addr
	case *redis.ClusterClient:
		return strings.Join(c.Options().Addrs, ",")
	}
	return ""
}
