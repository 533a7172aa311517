package recloser

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// MaxBreakers is how many breakers a [Panel] holds unless it is told otherwise.
const MaxBreakers = 1024

// OverflowCircuit is the name of the circuit of all that a full panel has no
// room for.
const OverflowCircuit = "overflow"

// PanelOptions are what a panel is made of.
type PanelOptions struct {
	// Options are those of every breaker. Partition is not looked at.
	Options
	// Policies are the rules of circuits by name; others have Options.Policy.
	Policies map[string]Policy
	// Limit is how many breakers the panel holds. Defaults to [MaxBreakers].
	Limit int
}

// Panel is the breakers of a process, by name and partition. It is bounded:
// names and partitions may come from requests. A Panel is safe for concurrent
// use.
type Panel struct {
	options PanelOptions
	found   atomic.Pointer[map[place]*Breaker]

	mu       sync.Mutex
	overflow *Breaker
}

type place struct{ name, partition string }

// NewPanel returns an empty panel. It does no I/O.
func NewPanel(optFns ...func(*PanelOptions)) *Panel {
	p := &Panel{options: PanelOptions{
		Options: Options{Policy: DefaultPolicy(), StoreTimeout: DefaultStoreTimeout},
		Limit:   MaxBreakers,
	}}
	for _, fn := range optFns {
		fn(&p.options)
	}
	p.found.Store(&map[place]*Breaker{})
	return p
}

// Breaker returns the breaker of a circuit, or of a partition of it: the same
// one for the same name and partition. The error is that of [New].
//
// A panel that is full returns the breaker of [OverflowCircuit] for all others.
// It is in shadow mode and has no store: circuits that have nothing to do with
// each other must not reject each other's calls.
func (p *Panel) Breaker(name, partition string) (*Breaker, error) {
	at := place{name, partition}
	if b := (*p.found.Load())[at]; b != nil {
		return b, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	known := *p.found.Load()
	if b := known[at]; b != nil {
		return b, nil
	}
	if len(known) >= p.options.Limit {
		if _, err := Key(name, partition); err != nil {
			return nil, err
		}
		return p.overflown()
	}
	options := p.options.Options
	options.Partition = partition
	if policy, ok := p.options.Policies[name]; ok {
		options.Policy = policy
	}
	b, err := New(name, func(o *Options) { *o = options })
	if err != nil {
		return nil, err
	}
	next := maps.Clone(known)
	next[place{strings.Clone(name), strings.Clone(partition)}] = b
	p.found.Store(&next)
	return b, nil
}

// overflown returns the breaker of what the panel has no room for.
func (p *Panel) overflown() (*Breaker, error) {
	if p.overflow != nil {
		return p.overflow, nil
	}
	options := p.options.Options
	options.Partition, options.Store = "", nil
	options.Policy.Enforce = 0
	b, err := New(OverflowCircuit, func(o *Options) { *o = options })
	p.overflow = b
	return b, err
}

// Breakers returns the breakers of the panel, by key.
func (p *Panel) Breakers() []*Breaker {
	p.mu.Lock()
	overflow := p.overflow
	p.mu.Unlock()
	all := slices.Collect(maps.Values(*p.found.Load()))
	if overflow != nil {
		all = append(all, overflow)
	}
	slices.SortFunc(all, func(a, b *Breaker) int { return strings.Compare(a.key, b.key) })
	return all
}

// Close closes all breakers of the panel; see [Breaker.Close].
func (p *Panel) Close() {
	for _, b := range p.Breakers() {
		b.Close()
	}
}
