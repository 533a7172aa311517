package valkeystore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/recloser-dev/recloser"
)

// Bounds of [Options].
const (
	// MinExpiry is how long a record is kept at least.
	MinExpiry = 7 * 24 * time.Hour
	// MaxPrefix is the largest length in bytes of a prefix.
	MaxPrefix = 128
)

// Options of a [Store].
type Options struct {
	// Prefix is what the server's keys begin with: the record of payments is
	// kept under recloser:{payments}. It has at most [MaxPrefix] bytes, and
	// none of them is a brace. Defaults to "recloser:".
	Prefix string
	// Expiry is how long after its last write a record is kept; it is deleted
	// no earlier than a week after its open time and its override end. Nothing
	// else depends on it. At least [MinExpiry]. Defaults to 30 days.
	Expiry time.Duration
	// Timeout bounds an operation whose context does not end earlier. Of
	// [Store.Keys] it bounds each page. Defaults to 1s.
	Timeout time.Duration
	// OnForgotten is told of an entry of a circuit's history that could not be
	// kept, and why; the write that it was of stands. It runs before the write
	// returns, so it must be quick, and it may run in many goroutines at once;
	// its panic is caught. Defaults to nil: nobody is told.
	OnForgotten func(key string, e recloser.HistoryEntry, err error)
}

// Store is a [recloser.Store] on Valkey or Redis. It is safe for concurrent use.
type Store struct {
	client  redis.UniversalClient
	options Options
	scripts scripts
	// old is set once the server has shown that it knows no read-only scripts.
	old atomic.Bool
}

var (
	_ recloser.Store     = (*Store)(nil)
	_ recloser.Lister    = (*Store)(nil)
	_ recloser.Historian = (*Store)(nil)
)

// New returns a store of the records that client reaches: a server, a cluster,
// or the primary that sentinels name. It does no I/O. The client stays the caller's to close.
//
// The client's own retries are not used, whatever its options say. Its
// ContextTimeoutEnabled must be set: a client without it waits longer than it
// may. [Open] makes a client that suits.
func New(client redis.UniversalClient, optFns ...func(*Options)) (*Store, error) {
	o := defaults()
	for _, fn := range optFns {
		fn(&o)
	}
	switch {
	case !honoursContext(client):
		return nil, errors.New("valkeystore: the client does not honour the deadline of a context; set ContextTimeoutEnabled in its options")
	case len(o.Prefix) > MaxPrefix || strings.ContainsAny(o.Prefix, "{}"):
		return nil, fmt.Errorf("valkeystore: the prefix %.40q must have at most %d bytes and no brace", o.Prefix, MaxPrefix)
	case o.Expiry < MinExpiry:
		return nil, fmt.Errorf("valkeystore: an expiry of %v is too short; a record must outlive every view of it: %v or longer", o.Expiry, MinExpiry)
	case o.Timeout <= 0:
		return nil, fmt.Errorf("valkeystore: a timeout of %v leaves no time; leave it out for 1s", o.Timeout)
	}
	return &Store{client: client, options: o, scripts: newScripts()}, nil
}

func defaults() Options {
	return Options{Prefix: "recloser:", Expiry: 30 * 24 * time.Hour, Timeout: time.Second}
}

func honoursContext(client redis.UniversalClient) bool {
	switch c := client.(type) {
	case *redis.Client:
		return c.Options().ContextTimeoutEnabled
	case *redis.ClusterClient:
		return c.Options().ContextTimeoutEnabled
	case *redis.Ring:
		return c.Options().ContextTimeoutEnabled
	}
	return true // It is wrapped, and cannot be asked.
}

// Close closes the client and its connections.
func (s *Store) Close() error { return s.client.Close() }

// Load implements [recloser.Store]. A read whose connection turns out to be
// broken is asked once more on another one; it harms nobody.
func (s *Store) Load(ctx context.Context, key string) (recloser.Record, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return recloser.Record{}, err
	}
	defer cancel()
	a, err := s.load(ctx, key)
	if errors.Is(err, errBroken) && ctx.Err() == nil {
		a, err = s.load(ctx, key)
	}
	if err != nil {
		return recloser.Record{}, err
	}
	return a.record(key)
}

// Apply implements [recloser.Store].
func (s *Store) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return recloser.Record{}, err
	}
	defer cancel()
	script, args, err := s.scripts.command(w)
	var a answer
	switch {
	case errors.Is(err, errNever):
		a, err = s.load(ctx, key)
		a.made = false
	case err != nil:
		err = fmt.Errorf("valkeystore: circuit %.160q: %w", key, err)
	default:
		a, err = s.write(ctx, script, key, append([]any{w.Under(), s.options.Expiry.Milliseconds()}, args...)...)
	}
	if err != nil {
		return recloser.Record{}, err
	}
	if a.forgotten != nil {
		s.forget(key, a.forgotten)
	}
	r, err := a.record(key)
	if err == nil && !a.made {
		return r, recloser.ErrConflict
	}
	return r, err
}

// begin bounds one operation.
func (s *Store) begin(ctx context.Context) (context.Context, context.CancelFunc, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("valkeystore: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.options.Timeout)
	return ctx, cancel, nil
}

func (s *Store) load(ctx context.Context, key string) (answer, error) {
	reply, err := s.read(ctx, s.scripts.load, key, s.keyOf(key))
	if err != nil {
		return answer{}, err
	}
	return readAnswer(reply)
}

// read runs a script as one who may not write, which a replica and a narrow role
// allow. Servers before Redis 7 know only scripts that may.
func (s *Store) read(ctx context.Context, sc script, circuit, key string, args ...any) (any, error) {
	args = append([]any{1, key}, args...)
	if !s.old.Load() {
		reply, err := s.run(ctx, sc, "evalsha_ro", "eval_ro", circuit, args...)
		if !errors.Is(err, errUnknownCommand) {
			return reply, err
		}
		s.old.Store(true)
	}
	return s.run(ctx, sc, "evalsha", "eval", circuit, args...)
}

// write runs a script that may change a record, and add to its history.
func (s *Store) write(ctx context.Context, sc script, circuit string, args ...any) (answer, error) {
	keys := []any{1, s.keyOf(circuit)}
	if sc.remembers {
		keys = []any{2, s.keyOf(circuit), s.historyOf(circuit)}
	}
	reply, err := s.run(ctx, sc, "evalsha", "eval", circuit, append(keys, args...)...)
	if err != nil {
		return answer{}, err
	}
	return readAnswer(reply)
}

// run runs a script by its hash, or by its text on a server that does not have
// it yet, and so has done nothing.
func (s *Store) run(ctx context.Context, sc script, bySum, byText, circuit string, args ...any) (any, error) {
	send := func(verb, name string) (any, error) {
		cmd := redis.NewCmd(ctx, append([]any{verb, name}, args...)...)
		if err := s.client.Process(ctx, once{cmd}); err != nil {
			return nil, err
		}
		return cmd.Val(), nil
	}
	reply, err := send(bySum, sc.sum)
	if redis.HasErrorPrefix(err, "NOSCRIPT") {
		reply, err = send(byText, sc.text)
	}
	if err != nil {
		return nil, s.failed(sc.name, circuit, err, ended(ctx, err))
	}
	return reply, nil
}

// ended returns the error of a context whose deadline made err. A connection's
// clock may strike a moment before that of the context.
func ended(ctx context.Context, err error) error {
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		moment, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		defer cancel()
		<-moment.Done()
	}
	return ctx.Err()
}

// once is a command that no client sends twice.
type once struct{ *redis.Cmd }

// NoRetry implements what [redis.Cmder] asks of it.
func (once) NoRetry() bool { return true }

func (s *Store) keyOf(circuit string) string { return s.options.Prefix + "{" + circuit + "}" }

// holds returns the type of what is kept under a key of the server, if it is one
// of ours: a record or a history.
func (s *Store) holds(key string) string {
	if _, ok := s.circuitOf(key); ok {
		return "hash"
	}
	if record, found := strings.CutSuffix(key, historyEnd); found {
		if _, ok := s.circuitOf(record); ok {
			return "list"
		}
	}
	return ""
}

// circuitOf returns whose record is kept under a key of the server, if any is.
func (s *Store) circuitOf(key string) (string, bool) {
	circuit, begins := strings.CutPrefix(key, s.options.Prefix+"{")
	circuit, ends := strings.CutSuffix(circuit, "}")
	if !begins || !ends {
		return "", false
	}
	_, _, err := recloser.SplitKey(circuit)
	return circuit, err == nil
}
