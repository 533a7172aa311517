package recloser_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

func breakerOf(tb testing.TB, p *recloser.Panel, name, partition string) *recloser.Breaker {
	tb.Helper()
	b, err := p.Breaker(name, partition)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestPanelGivesTheSameBreaker(t *testing.T) {
	strict := recloser.DefaultPolicy()
	strict.OpenWhen.MinCalls = 77
	store := new(spy)
	p := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Store = store
		o.Partition = "not looked at"
		o.Policies = map[string]recloser.Policy{"payments": strict}
	})
	defer p.Close()
	var wg sync.WaitGroup
	got := make([]*recloser.Breaker, 32)
	for i := range got {
		wg.Go(func() { got[i] = breakerOf(t, p, "payments", fmt.Sprint(i%4)) })
	}
	wg.Wait()
	for i, b := range got {
		if b != got[i%4] || b != breakerOf(t, p, "payments", fmt.Sprint(i%4)) {
			t.Errorf("another breaker for payments/%d", i%4)
		}
	}
	if b := got[0]; b.Key() != "payments/0" || b.Policy() != strict {
		t.Errorf("%s has %+v", b.Key(), b.Policy())
	}
	if b := breakerOf(t, p, "search", ""); b.Key() != "search" || b.Policy() != recloser.DefaultPolicy() {
		t.Errorf("%s has %+v", b.Key(), b.Policy())
	}
	// A name and a partition are a pair, not a text with a slash.
	if breakerOf(t, p, "a", "b/c") == breakerOf(t, p, "a", "b") {
		t.Error("two partitions have one breaker")
	}
	var keys []string
	for _, b := range p.Breakers() {
		keys = append(keys, b.Key())
	}
	if want := "a/b a/b/c payments/0 payments/1 payments/2 payments/3 search"; strings.Join(keys, " ") != want {
		t.Errorf("Breakers() = %v", keys)
	}
	if reads, writes := store.operations(); reads+writes > 0 {
		t.Error("a panel does I/O")
	}
}

func TestPanelRefuses(t *testing.T) {
	p := recloser.NewPanel(func(o *recloser.PanelOptions) {
		o.Limit = 1
		o.Policies = map[string]recloser.Policy{"unsound": {}}
	})
	if b, err := p.Breaker("unsound", ""); !errors.Is(err, recloser.ErrPolicy) || b != nil {
		t.Errorf("Breaker() = %v, %v", b.Key(), err)
	}
	for range 2 { // Room or not.
		if b, err := p.Breaker("two words", ""); !errors.Is(err, recloser.ErrKey) || b != nil {
			t.Errorf("Breaker() = %v, %v", b.Key(), err)
		}
		breakerOf(t, p, "payments", "")
	}
	if n := len(p.Breakers()); n != 1 {
		t.Errorf("%d breakers", n)
	}
}

// Names may come from requests: a panel is bounded, and the circuit of the rest
// rejects nothing. LAWS.md, B6.
func TestPanelIsBounded(t *testing.T) {
	names := 1_000_000
	if testing.Short() || evidence.Race {
		names = 50_000
	}
	store := new(spy)
	p := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Store = store })
	defer p.Close()
	coin := rand.New(rand.NewPCG(1, 1))
	for i := range recloser.MaxBreakers {
		breakerOf(t, p, "payments", fmt.Sprint(i))
	}
	overflow := breakerOf(t, p, "one-too-many", "x")
	before := heap()
	for range names {
		b := breakerOf(t, p, fmt.Sprintf("random-%x", coin.Uint64()), "")
		if b != overflow {
			t.Fatalf("a breaker of its own: %s", b.Key())
		}
	}
	if grown := int64(heap()) - int64(before); grown > 1<<20 {
		t.Errorf("grew by %d bytes", grown)
	} else {
		evidence.Record(t, evidence.Entry{
			Law: "B6", Seeds: names, Promise: "1,000,000 random names grow memory by < 1 MB", Worst: fmt.Sprintf("%d kB", max(grown, 0)/1024),
			Met: names >= 1_000_000, Note: "fewer with -short or the race detector",
			How: "a panel that is full; the heap before and after, since resident memory is the runtime's affair",
		})
	}
	if n := len(p.Breakers()); n != recloser.MaxBreakers+1 {
		t.Errorf("%d breakers", n)
	}
	if overflow.Key() != recloser.OverflowCircuit || overflow.Policy().Enforce != 0 {
		t.Errorf("%s enforces %v", overflow.Key(), overflow.Policy().Enforce)
	}
	for range 1000 {
		if err := call(overflow, errDown); !errors.Is(err, errDown) {
			t.Fatalf("circuits that have nothing to do with each other rejected %v", err)
		}
	}
	if reads, writes := store.operations(); reads+writes > 0 {
		t.Error("the overflow circuit is shared")
	}
	if breakerOf(t, p, "payments", "7").Key() != "payments/7" {
		t.Error("what was there before is not found")
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestPanelLookupIsFree(t *testing.T) {
	p := recloser.NewPanel()
	defer p.Close()
	breakerOf(t, p, "payments", "eu")
	if n := testing.AllocsPerRun(1000, func() { breakerOf(t, p, "payments", "eu") }); n > 0 {
		t.Errorf("a lookup allocates %v times", n)
	}
}

func TestPanelIsSafeForConcurrentUse(t *testing.T) {
	p := recloser.NewPanel(func(o *recloser.PanelOptions) { o.Limit = 20 })
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			coin := rand.New(rand.NewPCG(uint64(i), 1))
			for range 500 {
				b := breakerOf(t, p, fmt.Sprint("c", coin.IntN(40)), "")
				_ = call(b, nil)
				if all := p.Breakers(); !slices.Contains(all, b) {
					t.Errorf("%s is not among the breakers", b.Key())
				}
			}
		})
	}
	wg.Wait()
	calls := uint64(0)
	for _, b := range p.Breakers() {
		calls += b.Status().Admitted
	}
	if n := len(p.Breakers()); n != 21 || calls != 4000 {
		t.Errorf("%d breakers counted %d calls", n, calls)
	}
	p.Close()
	p.Close()
}
