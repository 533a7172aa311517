package dev

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/recloser-dev/recloser"
)

// environment is one simulated process: it shares nothing with the others but
// the store and, to spare the machine, the connections. The environments of a
// function are behind a single one, which has no panel.
type environment struct {
	name  string
	panel *recloser.Panel
	calls map[string]http.RoundTripper // By circuit.
}

func (s *Server) addEnvironments() error {
	if s.function != nil {
		s.addFunction()
		return nil
	}
	for i := range s.options.Environments {
		e, err := s.newEnvironment(environmentName(i), true)
		if err != nil {
			return err
		}
		s.fleet.environments = append(s.fleet.environments, e)
	}
	e, err := s.newEnvironment(proxyName, false)
	s.proxy = e
	return err
}

// addFunction lets the function make the calls of the fleet and of the proxy.
func (s *Server) addFunction() {
	fleet := &environment{name: functionName, calls: make(map[string]http.RoundTripper)}
	s.proxy = &environment{name: proxyName, calls: make(map[string]http.RoundTripper)}
	for name, c := range s.circuits {
		fleet.calls[name] = s.invoked(c, s.options.Lambda.Event)
		s.proxy.calls[name] = s.invoked(c, nil)
	}
	if s.options.Environments > 0 {
		s.fleet.environments = append(s.fleet.environments, fleet)
	}
}

// newEnvironment returns an environment that calls all circuits, or only those
// with the sample upstream.
func (s *Server) newEnvironment(name string, samples bool) (*environment, error) {
	policies := make(map[string]recloser.Policy)
	for _, c := range s.options.Circuits {
		policies[c.Name] = c.Policy
	}
	e := &environment{name: name, calls: make(map[string]http.RoundTripper)}
	e.panel = recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Store = &s.memory
		if s.board != nil {
			o.Store = noted{s.board}
		}
		if s.options.StoreTimeout > 0 {
			o.StoreTimeout = s.options.StoreTimeout
		}
		o.Policies = policies
		o.Limit = max(o.Limit, len(policies))
		o.Observers = []recloser.Observer{s.journal.Observer(name)}
	})
	for _, c := range s.circuits {
		if samples && !c.sample {
			continue
		}
		breaker, err := e.panel.Breaker(c.Name, "")
		if err != nil {
			return nil, fmt.Errorf("circuit %.80q: %w", c.Name, err)
		}
		c.breakers = append(c.breakers, breaker)
		e.calls[c.Name] = guarded(e.panel, c, s.base)
	}
	return e, nil
}

// call makes one call. What it came to is counted by the transport.
func (e *environment) call(ctx context.Context, t target) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url, http.NoBody)
	if err != nil {
		return
	}
	response, err := e.calls[t.circuit].RoundTrip(request)
	if err != nil {
		return
	}
	// An answer that breaks off was counted by the transport, too.
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, mostAnswer))
	response.Body.Close()
}

func environmentName(i int) string { return fmt.Sprintf("env-%03d", i+1) }
