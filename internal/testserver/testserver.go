// Package testserver brings up the real servers that tests talk to: each is
// fetched once by the package manager it is published through, into a folder
// that git ignores, listens on the loopback interface alone, and ends with the
// test that started it, however that ends.
package testserver

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	startLimit = time.Minute
	stopLimit  = 5 * time.Second
)

// Shared is a server that the tests of one package share. It is started by the
// first test that asks for it, and closed after the last; see [Shared.With].
type Shared struct {
	// Start starts it.
	Start func(context.Context) (*Server, error)

	once   sync.Once
	server *Server
	err    error
}

// URL returns where the server listens. If it cannot be had, the test is
// skipped, and says why; where $CI is set, or $RECLOSER_TEST_REQUIRE is "all",
// it fails.
func (s *Shared) URL(tb testing.TB) string {
	tb.Helper()
	s.once.Do(func() { s.server, s.err = s.Start(context.WithoutCancel(tb.Context())) })
	return Need(tb, s.server, s.err).URL
}

// run runs the tests of a package, then closes the server.
func (s *Shared) run(m interface{ Run() int }) int {
	code := m.Run()
	if s.server == nil {
		return code
	}
	if err := s.server.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// With returns the tests of a package with the server closed after them:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(server.With(m)) }
func (s *Shared) With(m interface{ Run() int }) Tests { return Tests{s, m} }

// Tests are the tests of a package and the server they share.
type Tests struct {
	server *Shared
	tests  interface{ Run() int }
}

// Run runs them, as testing.M does.
func (t Tests) Run() int { return t.server.run(t.tests) }

// Server is a server that runs.
type Server struct {
	// URL is where it listens.
	URL string

	stdin  io.Closer
	exited chan struct{}
	err    error
	kill   func()
}

// Close ends the server, and waits until it has ended.
func (s *Server) Close() error {
	_ = s.stdin.Close()
	limit, cancel := context.WithTimeout(context.Background(), stopLimit)
	defer cancel()
	select {
	case <-s.exited:
	case <-limit.Done():
		s.kill()
		<-s.exited
	}
	return s.err
}

// start runs a server that says "listening on <host:port>" when it is ready, and
// ends with its standard input.
func start(ctx context.Context, name string, args ...string) (*Server, error) {
	alive, kill := context.WithCancel(context.WithoutCancel(ctx))
	cmd := exec.CommandContext(alive, name, args...)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	stdin, err := cmd.StdinPipe()
	if err != nil {
		kill()
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		kill()
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		kill()
		return nil, fmt.Errorf("testserver: %w", err)
	}
	s := &Server{stdin: stdin, exited: make(chan struct{}), kill: kill}
	ready := make(chan string, 1)
	go func() {
		defer kill()
		defer close(s.exited)
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if address, found := strings.CutPrefix(lines.Text(), "listening on "); found {
				ready <- address
			}
		}
		s.err = cmd.Wait()
	}()
	limit, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	select {
	case address := <-ready:
		s.URL = "http://" + address
		return s, nil
	case <-s.exited:
		return nil, fmt.Errorf("testserver: %s ended before it was ready: %w: %.500s", filepath.Base(name), s.err, problems.String())
	case <-limit.Done():
		_ = s.Close()
		return nil, fmt.Errorf("testserver: %s was not ready in %v: %.500s", filepath.Base(name), startLimit, problems.String())
	}
}
