package peer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/bench/peer"
)

// A figure means something only if the peer was in the state it stands for.
func TestEveryPeerIsInTheStateOfItsCase(t *testing.T) {
	const calls = 10 * peer.ErrorEvery
	for _, p := range peer.All() {
		for _, c := range peer.Cases {
			if !p.Has(c) {
				continue
			}
			t.Run(p.Name+":"+string(c), func(t *testing.T) {
				target, err := p.Start(c)
				if err != nil {
					t.Fatal(err)
				}
				defer target.Close()
				rejected := target.Calls(calls, c.FailEvery())
				if c == peer.Open && rejected < calls*99/100 {
					t.Errorf("open, and rejected only %d of %d calls", rejected, calls)
				}
				if c != peer.Open && rejected > 0 {
					t.Errorf("closed, and rejected %d of %d calls", rejected, calls)
				}
			})
		}
	}
}

// A peer whose failures were not counted would look cheap and stay closed: each
// that can be open must get there from closed, by failures alone.
func TestFailuresOpenWhatSuccessesKeepClosed(t *testing.T) {
	for _, p := range peer.All() {
		if !p.Has(peer.Open) {
			continue
		}
		t.Run(p.Name, func(t *testing.T) {
			target, err := p.Start(peer.Closed)
			if err != nil {
				t.Fatal(err)
			}
			defer target.Close()
			if rejected := target.Calls(100, 0); rejected > 0 {
				t.Fatalf("rejected %d calls before any failed", rejected)
			}
			limit := time.Now().Add(8 * time.Second)
			for rejected := 0; rejected < 10; rejected = target.Calls(10, 1) {
				if time.Now().After(limit) {
					t.Fatal("still admits calls of which all have failed for 8 s")
				}
			}
		})
	}
}

func TestNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, p := range peer.All() {
		if seen[p.Name] {
			t.Errorf("two peers are called %s", p.Name)
		}
		seen[p.Name] = true
		if strings.Contains(p.Name, ":") {
			t.Errorf("%s has a colon, which ends a name on the command line", p.Name)
		}
		if found, err := peer.Named(p.Name); err != nil || found.Name != p.Name {
			t.Errorf("Named(%q) = %q, %v", p.Name, found.Name, err)
		}
	}
	for _, name := range []string{peer.RawCall, peer.TimeSince, peer.TimeSinceTwo, peer.TimeNow, peer.GobreakerRolling, peer.RecloserPermit, peer.RecloserNoSlow} {
		if !seen[name] {
			t.Errorf("the report needs %s, and no peer is called so", name)
		}
	}
	if _, err := peer.Named("nobody"); err == nil || !strings.Contains(err.Error(), peer.RawCall) {
		t.Errorf("Named of nobody = %v, want an error that lists the names", err)
	}
	if p, _ := peer.Named(peer.TimeNow); p.Has(peer.Open) {
		t.Error("a clock read cannot be open")
	} else if _, err := p.Start(peer.Open); err == nil {
		t.Error("started a clock read in the open case")
	}
}
