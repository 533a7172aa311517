package valkeystore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"
)

const (
	// scanPage is how many keys a server looks at before others are served.
	scanPage = 1000
	// scanPages is how many pages of one server are read: ten million keys.
	scanPages = 10_000
)

// Keys implements [recloser.Lister]. A server has no order of its keys, so every
// call walks over all keys of the database, other people's included, and of
// every primary of a cluster: it is for operators, not for environments. A
// circuit that is written for the first time meanwhile may be missing. It fails
// on a server of more than ten million keys.
func (s *Store) Keys(ctx context.Context, after string, limit int) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("valkeystore: %w", err)
	}
	if limit <= 0 {
		return nil, nil
	}
	p := &page{after: after, limit: limit}
	err := s.each(ctx, func(ctx context.Context, c redis.Cmdable) error {
		return s.scan(ctx, c, "{*}", func(_ context.Context, keys []string) error {
			for _, key := range keys {
				if circuit, ok := s.circuitOf(key); ok {
					p.add(circuit)
				}
			}
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return p.first(), nil
}

// scan calls fn for the keys of one server that are the prefix and match a pattern
// after it, a page at a time.
func (s *Store) scan(ctx context.Context, c redis.Cmdable, pattern string, fn func(context.Context, []string) error) error {
	pattern = strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`, "]", `\]`).Replace(s.options.Prefix) + pattern
	var cursor uint64
	for range scanPages {
		next, err := s.scanPage(ctx, c, cursor, pattern, fn)
		if err != nil || next == 0 {
			return err
		}
		cursor = next
	}
	return fmt.Errorf("valkeystore: there are more than %d keys to look through; give the circuits a database of their own", scanPage*scanPages)
}

func (s *Store) scanPage(ctx context.Context, c redis.Cmdable, cursor uint64, pattern string, fn func(context.Context, []string) error) (uint64, error) {
	ctx, cancel, err := s.begin(ctx)
	if err != nil {
		return 0, err
	}
	defer cancel()
	keys, next, err := c.Scan(ctx, cursor, pattern, scanPage).Result()
	if err != nil {
		return 0, s.failed("scan", "", err, ended(ctx, err))
	}
	return next, fn(ctx, keys)
}

// page is the first keys after one.
type page struct {
	after string
	limit int

	mu   sync.Mutex
	keys []string
}

func (p *page) add(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if key <= p.after {
		return
	}
	p.keys = append(p.keys, key)
	if len(p.keys)/2 >= max(p.limit, scanPage) {
		p.trim()
	}
}

// first returns them in order, each once.
func (p *page) first() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trim()
	return p.keys
}

func (p *page) trim() {
	slices.Sort(p.keys)
	p.keys = slices.Compact(p.keys)
	p.keys = p.keys[:min(p.limit, len(p.keys))]
}
