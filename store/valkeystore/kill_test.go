package valkeystore_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

// What a test tells the process that it kills.
const (
	variableProber  = "VALKEYSTORE_PROBER"  // The URL of the server.
	variableCircuit = "VALKEYSTORE_CIRCUIT" // The circuit that it probes.
)

// probing is a policy whose slots are free soon.
func probing(o *recloser.Options) {
	p := recloser.DefaultPolicy()
	p.Call.Timeout, p.Call.Reserve, p.OpenWhen.SlowAfter = 300*time.Millisecond, 50*time.Millisecond, 200*time.Millisecond
	p.HalfOpen.Margin, p.OpenFor.Cooldown = 200*time.Millisecond, time.Second
	o.Policy, o.StoreTimeout = p, 5*time.Second
}

// prober probes a circuit and stands still in its call, until it is killed.
func prober(url, circuit string) error {
	store, err := valkeystore.Open(url, func(o *valkeystore.OpenOptions) { o.Timeout = 5 * time.Second })
	if err != nil {
		return err
	}
	b, err := recloser.New(circuit, probing, func(o *recloser.Options) { o.Store = store })
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		if p, err := b.Allow(context.Background()); err == nil && p.Probe() {
			fmt.Println("probing")
			select {}
		}
	}
}

// A process that is killed, before its claim, in the middle of it or in its call,
// holds its slot no longer than its lease and the margin: then another probes, and not
// before. LAWS.md, S8.
func TestKilledProbersFreeTheirSlots(t *testing.T) {
	kills := map[string]int{"soak": 1_000, "release": 1_000}[os.Getenv("RECLOSER_BUDGET")]
	if kills == 0 {
		kills = 100
	}
	if evidence.Race {
		kills = 10
	}
	url := valkey.URL(t)
	var all sync.WaitGroup
	var mu sync.Mutex
	latest, held := time.Duration(0), 0
	next := make(chan int)
	for range 8 {
		all.Go(func() {
			for n := range next {
				late, owned := killProber(t, url, n)
				mu.Lock()
				latest = max(latest, late)
				if owned {
					held++
				}
				mu.Unlock()
			}
		})
	}
	for n := range kills {
		next <- n
	}
	close(next)
	all.Wait()
	t.Logf("%d processes killed, %d of them with a slot; the last was taken %v after it was free", kills, held, latest)
	if held < kills/2 {
		t.Errorf("%d of %d held a slot", held, kills)
	}
	evidence.Record(t, evidence.Entry{
		Law: "S8", Seeds: kills, Faults: map[string]int{"kill -9": kills}, Promise: "100 kills: slots free after lease + margin, not before",
		Worst: fmt.Sprintf("taken %v after it was free, on a busy machine; none before", latest.Round(time.Millisecond)), Met: kills >= 100, Note: "the race detector makes processes slow: ten are killed under it",
		How: fmt.Sprintf("real processes on a real Valkey, killed before, in and after their claim: %d held a slot", held),
	})
}

// killProber kills a process that probes a circuit, and returns how long after its slot
// was free somebody else probed, and whether it held one.
func killProber(t *testing.T, url string, n int) (late time.Duration, owned bool) {
	t.Helper()
	circuit := fmt.Sprintf("killed-%d-%d", os.Getpid(), n)
	store := open(t, url)
	now := recloser.InstantOf(time.Now())
	if _, err := store.Apply(t.Context(), circuit, recloser.Transition{To: recloser.StateOpen, Since: now.Add(-time.Minute), OpenUntil: now.Add(-time.Second)}); err != nil {
		t.Error(err)
		return 0, false
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), variableProber+"="+url, variableCircuit+"="+circuit)
	out, err := cmd.StdoutPipe()
	if err != nil || cmd.Start() != nil {
		t.Errorf("the process does not start: %v", err)
		return 0, false
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "ready" {
	}
	if n%2 == 0 {
		lines.Scan() // It is in its call.
	} else {
		<-time.After(time.Duration(rand.Int64N(int64(5 * time.Millisecond))))
	}
	killed := time.Now()
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait() // It was killed.
	record, err := store.Load(t.Context(), circuit)
	if err != nil {
		t.Error(err)
		return 0, false
	}
	free := killed
	if owned = record.Probes[0].Token != ""; owned {
		free = record.Probes[0].End.Time().Add(200 * time.Millisecond)
	}
	taken := takeOver(t, store, circuit)
	if taken.Before(free.Add(-time.Millisecond)) { // What is written is whole milliseconds.
		t.Errorf("prober %d: its slot was taken %v before it was free", n, free.Sub(taken))
	}
	if late = taken.Sub(free); late > 3*time.Second {
		t.Errorf("prober %d: its slot was taken %v after it was free", n, late)
	}
	return late, owned
}

// takeOver asks for leave until it probes the circuit, and returns when that was.
func takeOver(t *testing.T, store recloser.Store, circuit string) time.Time {
	t.Helper()
	b, err := recloser.New(circuit, probing, func(o *recloser.Options) { o.Store = store })
	if err != nil {
		t.Error(err)
		return time.Time{}
	}
	for began := time.Now(); time.Since(began) < time.Minute; <-time.After(5 * time.Millisecond) {
		at := time.Now()
		if p, err := b.Allow(t.Context()); err == nil {
			p.Ignore()
			return at
		}
	}
	t.Errorf("nobody may probe %s", circuit)
	return time.Time{}
}
