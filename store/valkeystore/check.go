package valkeystore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

// Check returns what is wrong with the server, or with the servers of a cluster,
// a line each: it is out of reach, a replica, or full; the user may not do what
// an environment does; it may evict circuits that are in use ([ErrEviction]); or
// it is one of a cluster and the client does not know, or the other way round
// ([ErrCluster]).
//
// To find out it runs a script that writes a record and its history under keys
// that no circuit has, and deletes both. It needs the right +info besides those
// of an environment. Options.Timeout bounds each question.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("valkeystore: %w", err)
	}
	var (
		mu       sync.Mutex
		problems []error
		servers  = make(map[string]bool)
	)
	err := s.each(ctx, func(ctx context.Context, c redis.Cmdable) error {
		err, writable := s.inspect(ctx, c)
		mu.Lock()
		defer mu.Unlock()
		problems = append(problems, err)
		if writable {
			servers[s.address(c)] = true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if cluster, ok := s.client.(*redis.ClusterClient); ok {
		problems = append(problems, s.probeAll(ctx, cluster, servers))
	} else if len(servers) > 0 {
		problems = append(problems, s.probe(ctx, probed))
	}
	return errors.Join(problems...)
}

// What a probe is made under. No circuit has such a key.
const (
	probed = "/check"
	// mostProbes is how many keys are tried to find one of each server.
	mostProbes = 1000
)

// probeAll probes each server of a cluster, by the first key that is its.
func (s *Store) probeAll(ctx context.Context, cluster *redis.ClusterClient, servers map[string]bool) error {
	var problems []error
	for i := range mostProbes {
		if len(servers) == 0 {
			break
		}
		key := probed + strconv.Itoa(i)
		c, err := cluster.MasterForKey(ctx, s.keyOf(key))
		if err != nil {
			return errors.Join(append(problems, s.failed("check", "", err, ended(ctx, err)))...)
		}
		if at := c.Options().Addr; servers[at] {
			delete(servers, at)
			problems = append(problems, s.probe(ctx, key))
		}
	}
	return errors.Join(problems...)
}

// probe makes every kind of change, and leaves nothing.
func (s *Store) probe(ctx context.Context, key string) error {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return err
	}
	defer cancel()
	a, err := s.write(ctx, s.scripts.check, key, 0, s.options.Expiry.Milliseconds())
	switch {
	case err != nil:
		return err
	case a.forgotten != nil:
		words, _ := a.forgotten[0].(string)
		return s.failed("check", key, refusalOf(words), nil)
	case !a.made:
		return &Error{Operation: "check", Circuit: key, Server: s.server(), Kind: ErrWrongType, advice: "delete its key, which is for nothing else"}
	}
	return nil
}

// inspect asks a server what it is and how it is set, and returns what is wrong
// with it, and whether it may be written all the same.
func (s *Store) inspect(ctx context.Context, c redis.Cmdable) (problem error, writable bool) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return err, false
	}
	defer cancel()
	text, err := c.Info(ctx).Result()
	if err != nil {
		return s.failed("check", "", err, ended(ctx, err)), false
	}
	wrong := func(kind error, advice string) error {
		return &Error{Operation: "check", Server: s.address(c), Kind: kind, advice: advice}
	}
	var problems []error
	info := readInfo(text)
	_, single := s.client.(*redis.Client)
	if single && info["cluster_enabled"] == "1" {
		problems = append(problems, wrong(ErrCluster, "the server is one of a cluster; set OpenOptions.Cluster"))
	}
	if info["role"] == "slave" {
		problems = append(problems, wrong(ErrReadOnly, "what is written to a replica is lost; name the primary, or use the endpoint that follows it"))
	}
	writable = len(problems) == 0
	if policy := info["maxmemory_policy"]; info["maxmemory"] != "0" && evicts(policy) {
		problems = append(problems, wrong(ErrEviction, fmt.Sprintf("its maxmemory-policy is %s; set noeviction, or volatile-lru where a cache is beside the records", word(policy))))
	}
	return errors.Join(problems...), writable
}

// evicts reports whether a policy of a full server chooses without regard to what
// is in use. Those that evict what was least in use spare a circuit, which every
// environment that calls reads every few seconds.
func evicts(policy string) bool {
	return strings.HasSuffix(policy, "-random") || policy == "volatile-ttl"
}

// readInfo reads lines of a name and a value.
func readInfo(text string) map[string]string {
	info := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			info[name] = value
		}
	}
	return info
}
