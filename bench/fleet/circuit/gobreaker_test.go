package circuit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/recloser-dev/recloser/internal/testserver"

	"github.com/recloser-dev/recloser/bench/fleet/circuit"
)

// The lock is one for all environments, and is held over the call: a second call
// waits until the first has ended, however little it has to do with it.
func TestLockIsHeldOverTheCall(t *testing.T) {
	s := circuit.Spec{Peer: circuit.GobreakerValkey, URL: testserver.Emptied(t, valkey.URL(t))}
	a, b := join(t, s), join(t, s)
	begun, end := make(chan struct{}), make(chan struct{})
	var both sync.WaitGroup
	both.Go(func() {
		err := a.Do(context.Background(), func(context.Context) error {
			close(begun)
			<-end
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-begun
	made := make(chan struct{})
	both.Go(func() {
		err := b.Do(context.Background(), func(context.Context) error {
			close(made)
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	select {
	case <-made:
		t.Error("two calls were made at once")
	case <-time.After(700 * time.Millisecond): // It tries every half second.
	}
	close(end)
	both.Wait()
	if done := b.End(); done.Asked.Conflicts == 0 || done.Asked.Kinds["lock"] != done.Asked.Conflicts+1 {
		t.Errorf("%+v; want the lock tried until it was free", done.Asked)
	}
}
