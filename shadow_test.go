package recloser_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// In shadow mode nothing a caller sees is other than without a breaker: not the
// results, the number of calls, their contexts nor their time. LAWS.md, B7.
func TestShadowChangesNothing(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			store, h := new(spy), new(history)
			b := newBreaker(t, store.option, h.option, func(o *recloser.Options) { o.Policy.Enforce = 0 })
			plain := script(t, seed, func(ctx context.Context, fn func(context.Context) (int, error)) (int, error) { return fn(ctx) })
			shadow := script(t, seed, func(ctx context.Context, fn func(context.Context) (int, error)) (int, error) {
				return recloser.Call(ctx, b, fn)
			})
			for i := range plain {
				if plain[i] != shadow[i] {
					t.Fatalf("seed %d, call %d: %+v without, %+v in shadow mode", seed, i, plain[i], shadow[i])
				}
			}
			if s := b.Status(); s.Admitted != 3000 || s.Rejected != 0 || s.InFlight != 0 {
				t.Errorf("Status() = %+v", s)
			}
			if len(h.of(recloser.EventOpened, recloser.EventIsolated)) == 0 {
				t.Error("nothing was judged")
			}
		})
	}
}

// result is what a caller sees of a call.
type result struct {
	value    int
	err      error
	panicked any
	took     time.Duration
}

type mark struct{}

// script makes the 3,000 calls of a seed, with two outages among them.
func script(
	t *testing.T, seed uint64, call func(context.Context, func(context.Context) (int, error)) (int, error),
) (results []result) {
	t.Helper()
	coin := rand.New(rand.NewPCG(seed, 9))
	for i := range 3000 {
		ctx, cancel := context.WithValue(context.Background(), mark{}, i), func() {}
		switch coin.IntN(5) {
		case 0:
			ctx, cancel = context.WithTimeout(ctx, time.Duration(coin.IntN(300))*time.Millisecond)
		case 1:
			ctx, cancel = context.WithCancel(ctx)
		}
		_, bounded := ctx.Deadline()
		takes, how := time.Duration(coin.ExpFloat64()*float64(100*time.Millisecond)), coin.IntN(4)
		broken := i > 500 && i < 2500 && i%1000 > 300
		if broken && how == 3 {
			takes = 4 * time.Second
		}
		var r result
		began := time.Now()
		func() {
			defer func() { r.panicked = recover() }()
			r.value, r.err = call(ctx, func(got context.Context) (int, error) {
				if _, limited := got.Deadline(); limited != bounded || got.Value(mark{}) != i {
					t.Errorf("call %d has another context", i)
				}
				if how == 0 {
					cancel()
				}
				select {
				case <-time.After(takes):
				case <-got.Done():
					return i, context.Cause(got)
				}
				if broken && how == 2 {
					panic(i)
				}
				if broken {
					return i, errDown
				}
				return i, nil
			})
		}()
		cancel()
		r.took = time.Since(began)
		results = append(results, r)
		time.Sleep(time.Duration(coin.IntN(50)) * time.Millisecond)
	}
	return results
}

func TestShadowPermitHasNoDeadline(t *testing.T) {
	b := newBreaker(t, func(o *recloser.Options) { o.Policy.Enforce = 0 })
	if p := allow(t, b); !p.Deadline().IsZero() {
		t.Errorf("Deadline() = %v", p.Deadline())
	}
}

// Half enforced, half of the rejections are carried out.
func TestEnforceIsAShare(t *testing.T) {
	for _, share := range []recloser.Share{0.1, 0.5, 0.9} {
		clock := newHands()
		b := newBreaker(t, clock.option, func(o *recloser.Options) { o.Policy.Enforce = share })
		for b.Status().State == recloser.StateClosed {
			_ = call(b, errDown)
		}
		const calls = 10_000
		rejected := 0
		for range calls {
			if errors.Is(call(b, errDown), recloser.ErrOpen) {
				rejected++
			}
		}
		if got := float64(rejected) / calls; got < float64(share)-0.03 || got > float64(share)+0.03 {
			t.Errorf("enforced to %v, %.3f of the calls were rejected", share, got)
		}
	}
}
