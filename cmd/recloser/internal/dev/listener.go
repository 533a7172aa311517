package dev

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// mostPorts is how many ports are tried in place of one that is taken.
const mostPorts = 50

// listen takes the ports of the server and of the sample upstream.
func (s *Server) listen() (err error) {
	if s.listener, err = listenAt(s.options.Port, s.options.NextPort); err != nil {
		return err
	}
	port, _ := strconv.Atoi(portOf(s.listener))
	beside := 0
	if s.options.Port > 0 && port < 65535 {
		beside = port + 1
	}
	s.upstreamListener, err = listenOn(beside)
	if err != nil && beside > 0 {
		s.upstreamListener, err = listenOn(0)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("listen for the sample upstream: %w", err), s.listener.Close())
	}
	return nil
}

// listenAt listens at a port, or at a later one if it is taken and next is set.
// It leaves every other one for a sample upstream.
func listenAt(port int, next bool) (net.Listener, error) {
	l, err := listenOn(port)
	for later := port + 2; next && errors.Is(err, syscall.EADDRINUSE) && later <= min(port+2*mostPorts, 65535); later += 2 {
		l, err = listenOn(later)
	}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fmt.Errorf("port %d is in use; stop what listens there, or choose another with --port, or any free one with --port 0", port)
	case err != nil:
		return nil, fmt.Errorf("listen on port %d: %w; choose another with --port", port, err)
	}
	return l, nil
}

func listenOn(port int) (net.Listener, error) {
	return net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

// closeListener closes l if nobody has done so.
func closeListener(l net.Listener) error {
	if l == nil {
		return nil
	}
	if err := l.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}
