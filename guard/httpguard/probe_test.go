package httpguard_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
)

// A probe is judged as every call is: a body that breaks off opens the circuit
// again, and responses that nobody reads to their end close it (law L1). What
// the caller gives up returns its slot (law S7).
func TestProbes(t *testing.T) {
	for name, row := range map[string]struct {
		path  string
		probe func(context.Context, *testing.T, guarded, string)
		want  recloser.State
	}{
		"read": {"/", func(_ context.Context, t *testing.T, g guarded, address string) {
			if err := exchange(t, g, address); err != nil {
				t.Error(err)
			}
		}, recloser.StateClosed},
		"closed early": {"/", func(ctx context.Context, t *testing.T, g guarded, address string) {
			response, err := g.get(ctx, t, address)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
		}, recloser.StateClosed},
		"broken off": {"/broken", func(_ context.Context, t *testing.T, g guarded, address string) {
			if err := exchange(t, g, address); err == nil {
				t.Error("the body is whole")
			}
		}, recloser.StateOpen},
		"canceled": {"/hangs", func(ctx context.Context, t *testing.T, g guarded, address string) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(time.Second, cancel)
			if _, err := g.get(ctx, t, address); !errors.Is(err, context.Canceled) { //nolint:bodyclose // There is none.
				t.Errorf("the error is %v", err)
			}
		}, recloser.StateHalfOpen},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				address, transport := servePipe(t, func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/hangs" {
						<-r.Context().Done()
						return
					}
					fmt.Fprint(w, "first")
					w.(http.Flusher).Flush()
					if r.URL.Path == "/broken" {
						panic(http.ErrAbortHandler)
					}
				})
				g := guard(t, quick(), over(transport))
				open(t, g, "pipe.example")
				time.Sleep(15 * time.Second)
				b := g.panel.Breakers()[0]
				for range 3 {
					row.probe(t.Context(), t, g, address+row.path)
					s := b.Status()
					if s.InFlight != 0 || s.Probes != 0 {
						t.Fatalf("%d calls are in flight, %d of them probes", s.InFlight, s.Probes)
					}
					if s.State == recloser.StateOpen {
						break
					}
				}
				if s := b.Status(); s.State != row.want {
					t.Errorf("the circuit is %v, want %v", s.State, row.want)
				}
			})
		})
	}
}
