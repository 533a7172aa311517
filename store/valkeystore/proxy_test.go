package valkeystore_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// proxy stands between a client and a server, and does to their connections
// what networks do.
type proxy struct {
	t   *testing.T
	tox *toxiproxy.Proxy
}

func newProxy(t *testing.T, to string) *proxy {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	s := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &proxy{t, toxiproxy.NewProxy(s, t.Name(), "127.0.0.1:0", u.Host)}
	if err := p.tox.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.heal()
		p.tox.Stop()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.tox.Listen }

// poison adds toxics, in the words of Toxiproxy.
func (p *proxy) poison(toxics ...string) {
	p.t.Helper()
	for _, toxic := range toxics {
		if _, err := p.tox.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			p.t.Fatalf("%s: %v", toxic, err)
		}
	}
}

// heal takes all toxics away.
func (p *proxy) heal() { p.tox.Toxics.ResetToxics(context.Background()) }

// What a network does to the answer, and to the question. A connection is made
// before; what it takes is not counted.
const (
	losesAnswer   = `{"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`
	losesQuestion = `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`
	cutsAnswer    = `{"type": "limit_data", "stream": "downstream", "attributes": {"bytes": 7}}`
	cutsQuestion  = `{"type": "limit_data", "stream": "upstream", "attributes": {"bytes": 90}}`
	resets        = `{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`
	delaysAnswer  = `{"type": "latency", "stream": "downstream", "attributes": {"latency": 500}}`
	wears         = `{"type": "limit_data", "stream": "downstream", "name": "a", "attributes": {"bytes": 20000}}`
	tears         = `{"type": "limit_data", "stream": "upstream", "name": "b", "attributes": {"bytes": 6000}}`
)
