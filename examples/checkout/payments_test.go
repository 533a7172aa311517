package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// payments is the dependency, as one may find it.
type payments struct {
	*httptest.Server
	closed chan struct{}

	mu     sync.Mutex
	status int
	takes  time.Duration
	hangs  bool
	calls  []*span
}

// span is when a call arrived and when it was answered; zero if it was not.
type span struct{ begin, end time.Time }

func newPayments(t *testing.T) *payments {
	t.Helper()
	p := &payments{closed: make(chan struct{}), status: http.StatusOK}
	p.Server = httptest.NewServer(p)
	t.Cleanup(func() {
		close(p.closed)
		p.Close()
	})
	return p
}

// become changes how it answers, and forgets the calls it has seen.
func (p *payments) become(status int, takes time.Duration) { p.change(status, takes, false) }

// hang answers no more.
func (p *payments) hang() { p.change(http.StatusOK, 0, true) }

func (p *payments) change(status int, takes time.Duration, hangs bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.takes, p.hangs, p.calls = status, takes, hangs, nil
}

// seen returns the calls that have reached it since it has become what it is.
func (p *payments) seen() []span {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []span
	for _, c := range p.calls {
		all = append(all, *c)
	}
	return all
}

// arrive notes a call, and returns how to answer it and what notes that.
func (p *payments) arrive() (status int, takes time.Duration, hangs bool, answered func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &span{begin: time.Now()}
	p.calls = append(p.calls, c)
	return p.status, p.takes, p.hangs, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		c.end = time.Now()
	}
}

func (p *payments) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status, takes, hangs, answered := p.arrive()
	answers := time.After(takes)
	if hangs {
		answers = nil
	}
	select {
	case <-answers:
	case <-p.closed:
		return
	case <-r.Context().Done():
		return
	}
	answered()
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"receipt":"r-1"}`)
}
