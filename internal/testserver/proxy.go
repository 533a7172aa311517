package testserver

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"go.uber.org/goleak"
)

// Proxy stands between a client and a server, and does to their connections what
// networks do. It is safe for concurrent use.
type Proxy struct {
	tb     testing.TB
	scheme string
	tox    *toxiproxy.Proxy
}

// NewProxy returns a proxy before the server at a URL, which ends with the test.
func NewProxy(tb testing.TB, to string) *Proxy {
	tb.Helper()
	u, err := url.Parse(to)
	if err != nil {
		tb.Fatal(err)
	}
	s := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := &Proxy{tb, u.Scheme, toxiproxy.NewProxy(s, tb.Name(), "127.0.0.1:0", u.Host)}
	if err := p.tox.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		p.Heal()
		p.tox.Stop()
	})
	return p
}

// URL returns where the proxy listens.
func (p *Proxy) URL() string { return p.scheme + "://" + p.tox.Listen }

// Poison adds toxics, in the words of Toxiproxy.
func (p *Proxy) Poison(toxics ...string) {
	p.tb.Helper()
	for _, toxic := range toxics {
		if _, err := p.tox.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			p.tb.Fatalf("%s: %v", toxic, err)
		}
	}
}

// Heal takes all toxics away.
func (p *Proxy) Heal() { p.tox.Toxics.ResetToxics(context.Background()) }

// What a network does to the answer, and to the question.
const (
	LosesAnswer   = `{"type": "timeout", "stream": "downstream", "attributes": {"timeout": 0}}`
	LosesQuestion = `{"type": "timeout", "stream": "upstream", "attributes": {"timeout": 0}}`
	Resets        = `{"type": "reset_peer", "stream": "downstream", "attributes": {"timeout": 0}}`
)

// CutsAnswer cuts the connection after so many bytes of answers.
func CutsAnswer(after int) string { return cuts("downstream", after) }

// CutsQuestion cuts the connection after so many bytes of questions.
func CutsQuestion(after int) string { return cuts("upstream", after) }

func cuts(stream string, after int) string {
	return fmt.Sprintf(`{"type": "limit_data", "stream": %q, "name": "cuts %[1]s", "attributes": {"bytes": %d}}`, stream, after)
}

// DelaysAnswer makes every answer take longer, give or take a jitter.
func DelaysAnswer(by, jitter time.Duration) string {
	return fmt.Sprintf(`{"type": "latency", "stream": "downstream", "attributes": {"latency": %d, "jitter": %d}}`, by.Milliseconds(), jitter.Milliseconds())
}

// Sometimes returns a toxic that a share of all connections suffers.
func Sometimes(toxic string, share float64) string {
	return fmt.Sprintf(`%s, "toxicity": %g}`, strings.TrimSuffix(toxic, "}"), share)
}

// Leaks are the goroutines that proxies leave behind: Toxiproxy forgets what waits
// on a connection that it has cut.
func Leaks() []goleak.Option {
	return []goleak.Option{
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).write"),
		goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
	}
}
