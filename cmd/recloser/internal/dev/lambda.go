package dev

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/sample"
	"github.com/recloser-dev/recloser/internal/locallambda"
)

// Lambda says that calls are made by a Lambda function, in environments that are
// processes: started as calls come in, frozen between them, killed at the timeout.
type Lambda struct {
	// Command is the function's program and its arguments. Defaults to the
	// sample function, which calls the upstreams of the circuits.
	Command []string
	// Env are the function's variables, besides those that Lambda sets.
	Env map[string]string
	// Event is what the fleet invokes the function with. Defaults to a request
	// to its URL, with the path /<circuit>/.
	Event []byte
	// Timeout is the function's. Defaults to that of locallambda.
	Timeout time.Duration
	// StoreURL is what the sample function opens as the store, secrets
	// included.
	StoreURL string
}

// KindLog is a line that a function has written, or that Lambda says of one that
// failed.
const KindLog = "log"

// newFunction makes the function that makes the calls. Its processes start with
// the first of them.
func (s *Server) newFunction() (*locallambda.Function, error) {
	l := s.options.Lambda
	command, env := l.Command, maps.Clone(l.Env)
	if len(command) == 0 {
		program, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("find the sample function: %w", err)
		}
		setup, err := s.sampleSetup().Encode()
		if err != nil {
			return nil, err
		}
		command, env = []string{program}, map[string]string{sample.Variable: setup}
	}
	return locallambda.New(func(o *locallambda.Options) {
		o.Name, o.Command, o.Env = functionName, command, env
		o.MaxEnvironments = max(s.options.Environments, 1)
		if l.Timeout > 0 {
			o.Timeout = l.Timeout
		}
		o.Log = s.heed
	})
}

// functionName is what the function is called.
const functionName = "dev"

func (s *Server) sampleSetup() sample.Setup {
	setup := sample.Setup{Store: s.options.Lambda.StoreURL, StoreTimeout: s.options.StoreTimeout}
	for _, name := range s.names {
		c := s.circuits[name]
		setup.Circuits = append(setup.Circuits, sample.Circuit{Name: name, Policy: c.Policy, Statuses: c.Statuses, Upstream: c.target.String()})
	}
	return setup
}

// heed notes what a function says, and of what Lambda says of it the failures:
// it speaks of every invocation.
func (s *Server) heed(l locallambda.Line) {
	if e, ok := sample.EventOf(l.Text); ok && len(s.options.Lambda.Command) == 0 {
		s.journal.Observer(l.Environment).Observe(e)
		return
	}
	failed := strings.Contains(l.Text, "Task timed out") || strings.Contains(l.Text, "Error Type")
	if text := strings.TrimSpace(l.Text); text != "" && (l.Source != "platform" || failed) {
		s.journal.Add(admin.Event{At: l.Time, Kind: KindLog, Environment: l.Environment, Text: printable(text)})
	}
}

// printable returns the beginning of a line, without what would move a
// terminal's cursor.
func printable(text string) string {
	const most = 400
	text = strings.ToValidUTF8(text[:min(len(text), most)], "")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

// FunctionEnvironments returns how many environments the function has, and how
// many of them are frozen; none if no function makes the calls.
func (s *Server) FunctionEnvironments() (all, frozen int) {
	if s.function == nil {
		return 0, 0
	}
	for _, e := range s.function.Environments() {
		all++
		if e.Frozen {
			frozen++
		}
	}
	return all, frozen
}

// invoked returns what makes the calls of a circuit by invoking the function, and
// counts them. An event is what it is invoked with; if it is nil, the request is.
func (s *Server) invoked(c *circuit, event []byte) http.RoundTripper {
	return &invoker{function: s.function, circuit: c, event: event}
}
