package recloser_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	_ "testing/synctest" // What sleeps here does so in its bubbles.
	"time"

	"github.com/recloser-dev/recloser"
)

// dependency is what a fleet calls. It counts who calls it at the same time.
type dependency struct {
	mu       sync.Mutex
	answers  func() error
	takes    time.Duration
	calls    int
	now, top int
}

func (d *dependency) call(ctx context.Context) error {
	d.mu.Lock()
	d.calls++
	d.now++
	d.top = max(d.top, d.now)
	takes, answers := d.takes, d.answers
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.now--
	}()
	if takes > 0 {
		wait := time.NewTimer(takes)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if answers == nil {
		return nil
	}
	return answers()
}

// become changes what calls come to, and how long they take.
func (d *dependency) become(takes time.Duration, answers func() error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.takes, d.answers = takes, answers
}

// reset returns the number of calls, and of calls at the same time, since it was
// last asked.
func (d *dependency) reset() (calls, top int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls, top = d.calls, d.top
	d.calls, d.top = 0, d.now
	return calls, top
}

func down() error { return errDown }

// newFleet returns n environments of one circuit, each with a history.
func newFleet(tb testing.TB, n int, optFns ...func(*recloser.Options)) ([]*recloser.Breaker, []*history) {
	tb.Helper()
	fleet, told := make([]*recloser.Breaker, n), make([]*history, n)
	for i := range fleet {
		told[i] = new(history)
		fleet[i] = newBreaker(tb, append(optFns, told[i].option)...)
	}
	return fleet, told
}

// drive makes every environment call d once each interval, at moments of its
// own, until d has passed. It must run in a bubble of testing/synctest.
func drive(fleet []*recloser.Breaker, d *dependency, every, span time.Duration) (admitted, rejected int) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	for i, b := range fleet {
		wg.Go(func() {
			coin := rand.New(rand.NewPCG(uint64(i), 7))
			began := time.Now()
			time.Sleep(time.Duration(coin.Int64N(int64(every))))
			for time.Since(began) < span {
				next := time.NewTimer(every)
				err := b.Do(context.Background(), d.call)
				mu.Lock()
				if errors.Is(err, recloser.ErrOpen) {
					rejected++
				} else {
					admitted++
				}
				mu.Unlock()
				<-next.C
			}
		})
	}
	wg.Wait()
	return admitted, rejected
}

// pour is drive for callers that do not wait for one another.
func pour(fleet []*recloser.Breaker, d *dependency, every, span time.Duration) {
	var wg sync.WaitGroup
	for i, b := range fleet {
		wg.Go(func() {
			coin := rand.New(rand.NewPCG(uint64(i), 7))
			time.Sleep(time.Duration(coin.Int64N(int64(every))))
			for began := time.Now(); time.Since(began) < span; time.Sleep(every) {
				wg.Go(func() { _ = b.Do(context.Background(), d.call) })
			}
		})
	}
	wg.Wait()
}
