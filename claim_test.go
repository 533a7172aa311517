package recloser_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// claims makes f befall claims alone; then is called before.
func claims(store *spy, f fault, then func()) {
	store.befall(func(w recloser.Write) fault {
		if _, claim := w.(recloser.Claim); !claim {
			return fault{}
		}
		if then != nil {
			then()
		}
		return f
	})
}

// A claim of which the store does not say whether it was made is owned only
// after a read has shown its token. LAWS.md, S3.
func TestUnknownClaim(t *testing.T) {
	for _, row := range []struct {
		name      string
		claim     fault
		blind     bool // whether the read after it fails too
		want      bool
		remaining bool // whether the slot is taken in the end
	}{
		{"made", fault{}, false, true, true},
		{"made, but not acknowledged", fault{err: errGone}, false, true, true},
		{"not made", fault{lost: true, err: errGone}, false, false, false},
		{"made, and nothing more is heard", fault{err: errGone}, true, false, true},
		{"not made, and nothing more is heard", fault{lost: true, err: errGone}, true, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock, store := newHands(), new(spy)
			b := newBreaker(t, clock.option, store.option, plain)
			open(t, store, clock)
			_ = rejected(t, b)
			clock.advance(11 * time.Second)
			claims(store, row.claim, func() {
				if row.blind {
					store.mu.Lock() // From the next operation on.
					claimed := store.befalls
					store.befalls = func(w recloser.Write) fault {
						if f := claimed(w); f != (fault{}) {
							return f
						}
						return fault{lost: true, err: errGone}
					}
					store.mu.Unlock()
				}
			})
			p, err := b.Allow(context.Background())
			if owned := err == nil; owned != row.want || (owned && !p.Probe()) {
				t.Errorf("Allow() = %v, %v", p.Probe(), err)
			}
			if taken := store.record(t).Probes[0].Token != ""; taken != row.remaining {
				t.Errorf("the slot is taken: %v", taken)
			}
		})
	}
}

// A claim that is made but unknown is no slot lost: its lease ends by itself.
// LAWS.md, S8.
func TestUnknownClaimEndsByItself(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	open(t, store, clock)
	_ = rejected(t, b)
	clock.advance(11 * time.Second)
	var out error
	store.befall(func(w recloser.Write) fault {
		if _, claim := w.(recloser.Claim); claim {
			out = errGone
			return fault{err: out}
		}
		return fault{lost: out != nil, err: out}
	})
	if r := rejected(t, b); r.Reason != recloser.ReasonProbing || out == nil {
		t.Fatalf("rejected by %v, claimed %v", r, out != nil)
	}
	other := newBreaker(t, clock.option, (&shared{store}).option, plain)
	p := b.Policy()
	for at := time.Duration(0); at < p.Lease()+p.HalfOpen.Margin; at += time.Second {
		if r := rejected(t, other); r.Reason != recloser.ReasonProbing {
			t.Errorf("%v after the claim: %v", at, r)
		}
		clock.advance(time.Second)
	}
	if !allow(t, other).Probe() {
		t.Error("the slot is not to be had again")
	}
}

// shared is a store without its faults.
type shared struct{ of *spy }

func (s *shared) option(o *recloser.Options) { o.Store = &s.of.MemoryStore }

// The settlement of a probe says what became of it. LAWS.md, S2.
func TestProbeSettlement(t *testing.T) {
	for _, row := range []struct {
		name   string
		settle fault
		taken  bool // whether another holds the slot by then
		want   recloser.Settlement
		ok     int
	}{
		{"counted", fault{}, false, recloser.SettlementCounted, 1},
		{"counted, but not acknowledged", fault{err: errGone}, false, recloser.SettlementUnknown, 1},
		{"not counted", fault{lost: true, err: errGone}, false, recloser.SettlementUnknown, 0},
		{"taken over", fault{}, true, recloser.SettlementStale, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			clock, store := newHands(), new(spy)
			b := newBreaker(t, clock.option, store.option, plain)
			open(t, store, clock)
			clock.advance(11 * time.Second)
			p := allow(t, b)
			if row.taken {
				r := store.record(t)
				now := recloser.InstantOf(clock.now())
				w := b.Policy().Claim(r.At(now), 0, "another")
				if _, err := store.MemoryStore.Apply(context.Background(), "payments", w); err != nil {
					t.Fatal(err)
				}
			}
			store.befall(func(recloser.Write) fault { return row.settle })
			if got := p.Success(); got != row.want {
				t.Errorf("Success() = %v, want %v", got, row.want)
			}
			if got := p.Success(); got != recloser.SettlementAlready {
				t.Errorf("Success() again = %v", got)
			}
			if r := store.record(t); r.ProbeOK != row.ok {
				t.Errorf("%d successes in the record", r.ProbeOK)
			}
		})
	}
}

// A process that dies between settling and closing leaves nothing stuck: whoever
// sees a transition due makes it. DESIGN.md, §4.
func TestWhoeverSeesItClosesIt(t *testing.T) {
	clock, store := newHands(), new(spy)
	b := newBreaker(t, clock.option, store.option, plain)
	open(t, store, clock)
	clock.advance(11 * time.Second)
	store.befall(func(w recloser.Write) fault {
		if tr, ok := w.(recloser.Transition); ok && tr.To == recloser.StateClosed {
			return fault{lost: true, err: errGone}
		}
		return fault{}
	})
	for range 3 {
		allow(t, b).Success()
	}
	if r := store.record(t); r.State != recloser.StateHalfOpen || r.ProbeOK != 3 {
		t.Fatalf("the record is %+v", r)
	}
	other := newBreaker(t, clock.option, (&shared{store}).option, plain)
	if _, err := other.Allow(context.Background()); err != nil && !errors.Is(err, recloser.ErrOpen) {
		t.Fatal(err)
	}
	if r := store.record(t); r.State != recloser.StateClosed {
		t.Errorf("the record is %+v", r)
	}
}

// A token is made for each attempt when it is made, and never twice, by no process:
// they may be clones of one another, down to what they draw at random and to their
// clocks. LAWS.md, S4.
func TestTokensAreMadePerAttempt(t *testing.T) {
	clones, attempts := 1_000, 1_000
	if evidence.Race {
		clones, attempts = 50, 200
	}
	seen := make(map[string]bool, clones*attempts)
	all := make([]*recloser.Breaker, clones)
	for i := range all {
		clock, coin := newHands(), rand.New(rand.NewPCG(1, 2))
		all[i] = newBreaker(t, clock.option, plain, func(o *recloser.Options) {
			o.Rand = coin.Float64
			o.Store = vacant(func(token string) {
				if seen[token] || len(token) < 20 || len(token) > 64 {
					t.Fatalf("token %q after %d others", token, len(seen))
				}
				seen[token] = true
			})
		})
		if _, err := all[i].Refresh(t.Context()); err != nil { // All have been at work before they are cloned.
			t.Fatal(err)
		}
	}
	for range attempts {
		for _, b := range all {
			allow(t, b).Ignore()
		}
	}
	if len(seen) != clones*attempts {
		t.Errorf("%d claims were made, want %d", len(seen), clones*attempts)
	}
	evidence.Record(t, evidence.Entry{
		Law: "S4", Seeds: clones, Promise: "1,000 clones, 1,000,000 claims, 0 equal", Worst: evidence.Thousands(len(seen)) + " claims, 0 equal",
		Met: len(seen) >= 1_000_000, Fewer: true, Note: "fewer under the race detector",
		How: "breakers that are alike down to their clocks and what they draw at random",
	})
}

// vacant is a store of a circuit that is half-open and whose slots are always free. It
// shows somebody each token.
type vacant func(token string)

func (v vacant) Load(context.Context, string) (recloser.Record, error) {
	return recloser.Record{Generation: 1, State: recloser.StateHalfOpen, Cause: recloser.Cause{Rule: recloser.RuleCooledDown}}, nil
}

func (v vacant) Apply(ctx context.Context, key string, w recloser.Write) (recloser.Record, error) {
	r, err := v.Load(ctx, key)
	if claim, is := w.(recloser.Claim); is {
		v(claim.Lease.Token)
		r, _ = r.Apply(w)
	}
	return r, err
}

// Of many that claim a slot at once one gets it. LAWS.md, S1.
func TestClaimRaceHasOneWinner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &spy{befalls: func(recloser.Write) fault { return fault{wait: 5 * time.Millisecond} }}
		fleet, _ := newFleet(t, 50, store.option, plain, func(o *recloser.Options) { o.Rand = func() float64 { return 0 } })
		now := newHands()
		now.step(time.Since(now.now()))
		open(t, store, now)
		time.Sleep(10 * time.Second)
		won := make(chan bool)
		for _, b := range fleet {
			go func() {
				_, err := b.Allow(context.Background())
				won <- err == nil
			}()
		}
		winners := 0
		for range fleet {
			if <-won {
				winners++
			}
		}
		if winners != 1 {
			t.Errorf("%d of 50 won the only slot", winners)
		}
	})
}

// Of the calls that an environment makes at once, one asks for the probe: the others
// could only lose to it. LAWS.md, R3.
func TestOneClaimOfAnEnvironment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock, store := newHands(), new(spy)
		b := newBreaker(t, clock.option, store.option, plain)
		open(t, store, clock)
		_ = rejected(t, b)
		clock.advance(11 * time.Second)
		store.befall(func(recloser.Write) fault { return fault{wait: 10 * time.Millisecond} })
		reads, writes := store.operations()
		probes := make(chan recloser.Permit, 25)
		var all sync.WaitGroup
		for range cap(probes) {
			all.Go(func() {
				p, err := b.Allow(t.Context())
				open, turnedAway := errors.AsType[*recloser.OpenError](err)
				switch {
				case err == nil:
					probes <- p
				case !turnedAway || open.Reason != recloser.ReasonProbing || open.RetryAfter > recloser.DefaultStoreTimeout:
					t.Errorf("turned away by %v, to come back after %v", open.Reason, open.RetryAfter)
				}
			})
		}
		all.Wait()
		afterReads, afterWrites := store.operations()
		if reads, writes = afterReads-reads, afterWrites-writes; len(probes) != 1 || reads != 1 || writes != 1 {
			t.Fatalf("%d probes, by %d reads and %d writes; want one of each", len(probes), reads, writes)
		}
		p := <-probes
		if r := rejected(t, b); r.RetryAfter < b.Policy().Lease() {
			t.Errorf("a call after the claim is to come back after %v, before the lease ends", r.RetryAfter)
		}
		p.Success()
	})
}
