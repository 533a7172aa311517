package valkeystore

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"
)

// keepAlive is how soon a connection that is out of use is looked at.
const keepAlive = 15 * time.Second

// dialer returns how connections are made. Where none can be made it returns one
// that fails with the reason. Told of the failure itself, the client would write
// to standard error each time, and after a few would not try again before a
// goroutine of its own had: one that is frozen with its environment.
func dialer(config *tls.Config) func(ctx context.Context, network, address string) (net.Conn, error) {
	plain := &net.Dialer{KeepAlive: keepAlive}
	dial := plain.DialContext
	if config != nil {
		dial = (&tls.Dialer{NetDialer: plain, Config: config}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return unmade{reason: fmt.Errorf("valkeystore: %w", &dialError{err})}, nil //nolint:nilerr // The connection tells it, below a layer that the client takes off.
		}
		return conn, nil
	}
}

// unmade is a connection that could not be made.
type unmade struct{ reason error }

var _ net.Conn = unmade{}

func (u unmade) Read([]byte) (int, error)       { return 0, u.reason }
func (u unmade) Write([]byte) (int, error)      { return 0, u.reason }
func (unmade) Close() error                     { return nil }
func (unmade) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (unmade) RemoteAddr() net.Addr             { return &net.TCPAddr{} }
func (unmade) SetDeadline(time.Time) error      { return nil }
func (unmade) SetReadDeadline(time.Time) error  { return nil }
func (unmade) SetWriteDeadline(time.Time) error { return nil }

// dialError is why a connection could not be made.
type dialError struct{ reason error }

func (e *dialError) Error() string { return e.reason.Error() }

// Unwrap returns the reason.
func (e *dialError) Unwrap() error { return e.reason }
