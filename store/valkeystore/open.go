package valkeystore

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// idleAfter is how long, by the wall clock, a connection may have been out of
// use. A freeze counts: what is at the other end may be gone without a word.
const idleAfter = time.Minute

// OpenOptions are the options of [Open].
type OpenOptions struct {
	Options
	// Cluster says that the server is one of a cluster, whose others are asked
	// where it sends us. Defaults to false.
	Cluster bool
	// TLS is how the connection is secured. Defaults to the system's roots and
	// the name in the URL if its scheme is rediss or valkeys, else to none.
	TLS *tls.Config
	// Credentials returns the user and the password, or the token in place of
	// one, for each new connection: for those that expire. It must honour the
	// context's deadline. Defaults to what the URL has.
	Credentials func(context.Context) (user, password string, err error)
	// Connections is how many connections are open at most. Defaults to 16.
	Connections int
}

// Open returns a store on the server at a URL:
//
//	valkey://host:6379
//	valkeys://user:password@host:6379/2
//
// The scheme is valkey or redis; valkeys or rediss for TLS. The port defaults to
// 6379. The path is the number of the database; a cluster has only 0. Characters
// of a user or password that mean something in a URL are percent-encoded.
//
// It does no I/O: the first operation connects. No error shows the password.
// [Store.Close] closes the connections.
func Open(rawURL string, optFns ...func(*OpenOptions)) (*Store, error) {
	server, err := parse(rawURL)
	if err != nil {
		return nil, err
	}
	o := OpenOptions{Options: defaults(), TLS: server.tls, Connections: 16}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Cluster && server.database != 0 {
		return nil, fmt.Errorf("valkeystore: a cluster has no database %d; leave the path out", server.database)
	}
	if o.Credentials == nil && (server.user != "" || server.password != "") {
		o.Credentials = func(context.Context) (string, string, error) { return server.user, server.password, nil }
	}
	client := o.client(server)
	store, err := New(client, func(own *Options) { *own = o.Options })
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return store, nil
}

// client returns a client that tries once, and no longer than it may.
func (o OpenOptions) client(s server) redis.UniversalClient {
	common := redis.UniversalOptions{
		Addrs:                      []string{s.address},
		DB:                         s.database,
		Protocol:                   2, // Version 3 brings nothing that is used, and costs more to set up.
		CredentialsProviderContext: o.provider(),
		TLSConfig:                  o.TLS,
		Dialer:                     dialer(o.TLS),
		MaxRetries:                 -1,
		DialerRetries:              1,
		DialTimeout:                o.Timeout,
		ReadTimeout:                o.Timeout,
		WriteTimeout:               o.Timeout,
		PoolTimeout:                o.Timeout,
		ContextTimeoutEnabled:      true,
		PoolSize:                   o.Connections,
		MaxActiveConns:             o.Connections,
		PipelinePoolSize:           -1,
		ConnMaxIdleTime:            idleAfter,
		ReadBufferSize:             8 << 10,
		WriteBufferSize:            8 << 10,
		DisableIdentity:            true,
		MaintNotificationsConfig:   &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if !o.Cluster {
		return redis.NewClient(common.Simple())
	}
	cluster := common.Cluster()
	cluster.MaxRedirects = 3
	cluster.DisableRoutingPolicies = true // They would ask the server for a list of all its commands.
	return redis.NewClusterClient(cluster)
}

// provider marks the errors of Credentials, and lets its panic be one: it runs
// among the client's goroutines.
func (o OpenOptions) provider() func(context.Context) (string, string, error) {
	if o.Credentials == nil {
		return nil
	}
	return func(ctx context.Context) (user, password string, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%w: it panicked", errProvider)
			}
		}()
		if user, password, err = o.Credentials(ctx); err != nil {
			return "", "", fmt.Errorf("%w: %w", errProvider, err)
		}
		return user, password, nil
	}
}

// server is what a URL says.
type server struct {
	address        string
	user, password string
	database       int
	tls            *tls.Config
}

// parse reads a URL. Its errors name parts of it that can hold no secret, and no
// others.
func parse(rawURL string) (server, error) {
	const form = "write it as valkey://user:password@host:port/database, and percent-encode what is special in the password"
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return server{}, errors.New("valkeystore: the store's URL cannot be read; " + form) // What url.Parse says repeats it.
	}
	s := server{address: net.JoinHostPort(u.Hostname(), "6379"), user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "valkey", "redis":
	case "valkeys", "rediss":
		s.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: u.Hostname()}
	default:
		return server{}, fmt.Errorf("valkeystore: the store's URL begins with %.20q, not with valkey, valkeys, redis or rediss; %s", u.Scheme, form)
	}
	if u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return server{}, errors.New("valkeystore: the store's URL has something after its path; what else there is to say is said in OpenOptions; " + form)
	}
	if u.Port() != "" {
		s.address = net.JoinHostPort(u.Hostname(), u.Port())
	}
	if path := strings.TrimPrefix(u.Path, "/"); path != "" {
		if s.database, err = strconv.Atoi(path); err != nil || s.database < 0 {
			return server{}, errors.New("valkeystore: the path of the store's URL is no number of a database; " + form)
		}
	}
	return s, nil
}
