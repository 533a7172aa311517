// Package dev is a fleet on one machine: environments that share a store, in
// memory or elsewhere, a sample upstream whose faults can be switched, a proxy through which
// anyone can call a circuit, and the API that operates on them.
package dev

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/operator"
	"github.com/recloser-dev/recloser/guard/httpguard"
	"github.com/recloser-dev/recloser/internal/locallambda"
)

const (
	headerTimeout   = time.Second
	largestHeader   = 16 << 10
	idleTimeout     = time.Minute
	shutdownTimeout = 3 * time.Second
	proxyName       = "proxy"
)

// Circuit is a circuit to run.
type Circuit struct {
	// Name is its name, and Policy its rules.
	Name   string
	Policy recloser.Policy
	// Statuses says what the statuses of its answers count as.
	Statuses httpguard.Statuses
	// Settings are the rules as they are shown to users.
	Settings []admin.Setting
	// Upstream is what its calls go to; nil is the sample upstream.
	Upstream *url.URL
}

// Options are what a server is made of.
type Options struct {
	// Circuits are the circuits to run.
	Circuits []Circuit
	// Environments is how many environments make calls, and Rate how many
	// calls a second they make in all.
	Environments int
	Rate         float64
	// Port is where to listen; 0 is any free one. If NextPort is set and
	// something else listens there, it is the next free one.
	Port     int
	NextPort bool
	// Store is what the environments share, and others may share with them.
	// Defaults to one in memory. StoreName is what it is called.
	Store     recloser.Store
	StoreName string
	// StoreTimeout bounds what environments ask of it. Defaults to that of the
	// library, which suits a store that is near.
	StoreTimeout time.Duration
	// Lambda has a Lambda function make the calls. It needs a Store, which its
	// processes share. Defaults to nil: environments are in this process.
	Lambda *Lambda
}

// Server is a running fleet.
type Server struct {
	options  Options
	started  time.Time
	token    string
	memory   recloser.MemoryStore
	board    *board // Of a store that is shared with others; nil of memory.
	operator *operator.Operator
	journal  *Journal
	upstream *Upstream
	circuits map[string]*circuit
	names    []string
	fleet    fleet
	proxy    *environment
	function *locallambda.Function // Nil if calls are made in this process.
	base     *http.Transport

	listener, upstreamListener net.Listener
}

// circuit is what the server holds of one circuit.
type circuit struct {
	Circuit
	target *url.URL
	sample bool
	meter  Meter
	// breakers are those of all environments, the proxy's last.
	breakers []*recloser.Breaker
	isolated isolated
}

// New listens and makes the environments; nothing runs before [Server.Run].
// The caller must call Run, or [Server.Close] instead.
func New(options Options) (*Server, error) {
	s := &Server{
		options:  options,
		started:  time.Now(),
		token:    admin.NewToken(),
		journal:  NewJournal(),
		circuits: make(map[string]*circuit),
		base:     newBase(),
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	if err := s.addCircuits(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if options.Store != nil {
		s.board = newBoard(options.Store, s.names)
	}
	s.operator = s.newOperator()
	if options.Lambda != nil {
		var err error
		if s.function, err = s.newFunction(); err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	if err := s.addEnvironments(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) addCircuits() error {
	var samples []string
	for _, c := range s.options.Circuits {
		if s.circuits[c.Name] != nil {
			return fmt.Errorf("two circuits are called %s; rename one", c.Name)
		}
		held := &circuit{Circuit: c, target: c.Upstream}
		if c.Upstream == nil {
			held.sample = true
			held.target = &url.URL{Scheme: "http", Host: s.UpstreamAddress(), Path: "/" + c.Name}
			samples = append(samples, c.Name)
			s.fleet.targets = append(s.fleet.targets, target{c.Name, held.target.String() + "/"})
		}
		s.circuits[c.Name] = held
		s.names = append(s.names, c.Name)
	}
	s.fleet.rate = s.options.Rate
	s.upstream = NewUpstream(samples, func(circuit string, f Fault) {
		s.journal.Add(admin.Event{Circuit: circuit, Kind: KindFault, Text: "the sample upstream: " + f.String()})
	})
	return nil
}

// Address returns the host and port of the proxy and the API.
func (s *Server) Address() string { return s.listener.Addr().String() }

// UpstreamAddress returns the host and port of the sample upstream.
func (s *Server) UpstreamAddress() string { return s.upstreamListener.Addr().String() }

// Journal returns the events of the server.
func (s *Server) Journal() *Journal { return s.journal }

// Whereabouts returns what another terminal needs to find the server.
func (s *Server) Whereabouts() admin.Whereabouts {
	return admin.Whereabouts{Address: s.Address(), Token: s.token, Process: os.Getpid(), Started: s.started}
}

// Close gives back what New took. Run does so by itself.
func (s *Server) Close() error {
	for _, e := range append(s.fleet.environments, s.proxy) {
		if e != nil && e.panel != nil {
			e.panel.Close()
		}
	}
	var functionErr error
	if s.function != nil {
		functionErr = s.function.Close()
	}
	s.base.CloseIdleConnections()
	return errors.Join(functionErr, closeListener(s.listener), closeListener(s.upstreamListener))
}

// Run makes calls and serves until ctx ends, and returns when everything has
// stopped: nil, or why it could not go on.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	// A request for events that waits must not outlive the server.
	base := func(net.Listener) context.Context { return ctx }
	api := newHTTPServer(s.handler(), base)
	sample := newHTTPServer(admin.Guard(portOf(s.upstreamListener), s.upstream.Handler()), base)

	var work sync.WaitGroup
	for server, listener := range map[*http.Server]net.Listener{api: s.listener, sample: s.upstreamListener} {
		work.Go(func() {
			if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
				cancel(fmt.Errorf("serve on %s: %w", listener.Addr(), err))
			}
		})
	}
	work.Go(func() { s.fleet.run(ctx) })
	work.Go(func() { s.watchRamps(ctx) })
	if s.board != nil {
		work.Go(func() {
			s.board.run(ctx, func(key string, record recloser.Record, asked time.Time) {
				s.journal.Seen(key, record, asked, time.Now())
			})
		})
	}

	<-ctx.Done()
	s.upstream.Stop()
	end, stop := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer stop()
	for _, server := range []*http.Server{api, sample} {
		if server.Shutdown(end) != nil {
			// Whoever does not let go in time is cut off.
			server.Close()
		}
	}
	work.Wait()
	closeErr := s.Close()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return errors.Join(cause, closeErr)
	}
	return closeErr
}

func newHTTPServer(handler http.Handler, base func(net.Listener) context.Context) *http.Server {
	return &http.Server{
		Handler:           handler,
		BaseContext:       base,
		ReadHeaderTimeout: headerTimeout,
		MaxHeaderBytes:    largestHeader,
		IdleTimeout:       idleTimeout,
	}
}

// handler returns the proxy and the API, which only this machine may call.
func (s *Server) handler() http.Handler {
	p := &proxy{circuits: make(map[string]http.Handler), names: s.names}
	for name, c := range s.circuits {
		p.circuits[name] = newCircuitProxy(name, c.target, s.proxy.calls[name])
	}
	mux := http.NewServeMux()
	mux.Handle(proxyPrefix, p)
	mux.Handle("/", admin.NewHandler(s, s.token))
	return admin.Guard(portOf(s.listener), mux)
}
