package valkeystore_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/testserver"
	"github.com/recloser-dev/recloser/store/valkeystore"
)

func hasty(o *valkeystore.OpenOptions) { o.Timeout = 300 * time.Millisecond }

// TestUnknownClaim: a claim of which there is no answer is neither made nor lost
// to its writer; a read shows which. LAWS.md, S3.
func TestUnknownClaim(t *testing.T) {
	direct := open(t, valkey.URL(t))
	for _, w := range []recloser.Write{ // The server has the scripts.
		recloser.Transition{To: recloser.StateOpen, Since: 1, OpenUntil: 2},
		recloser.Claim{Generation: 1, First: true, Since: 3, Lease: recloser.Lease{Token: "other", End: 4}},
	} {
		if _, err := direct.Apply(t.Context(), "claims", w); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct {
		name, toxic string
		made        bool
	}{
		{"loses answer", testserver.LosesAnswer, true},
		{"cuts answer", testserver.CutsAnswer(7), true},
		{"resets before answer", testserver.Resets, true},
		{"delays answer", testserver.DelaysAnswer(500*time.Millisecond, 0), true},
		{"loses question", testserver.LosesQuestion, false},
		{"cuts question", testserver.CutsQuestion(90), false},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := testserver.NewProxy(t, valkey.URL(t))
			s := open(t, p.URL(), hasty)
			key := "claims/" + row.name
			w := recloser.Transition{To: recloser.StateOpen, Since: 1, OpenUntil: 2}
			if _, err := s.Apply(t.Context(), key, w); err != nil { // It connects, too.
				t.Fatal(err)
			}
			p.Poison(row.toxic)
			claim := recloser.Claim{Generation: 1, First: true, Since: 3, Lease: recloser.Lease{Token: "mine", End: 4}}
			r, err := s.Apply(t.Context(), key, claim)
			if !errors.Is(err, valkeystore.ErrUnreachable) || errors.Is(err, recloser.ErrConflict) || r != (recloser.Record{}) {
				t.Fatalf("got error %v and %+v", err, r)
			}
			t.Log(err)
			p.Heal()
			limit, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			for {
				r, err := direct.Load(limit, key)
				if err != nil {
					t.Fatalf("it was never made: %v", err)
				}
				if made := r.Generation == 2 && r.Probes[0].Token == "mine"; made == row.made {
					return
				}
				if !row.made {
					t.Fatalf("it was made: %+v", r)
				}
			}
		})
	}
}

// TestWritesAreSentOnce: a write whose connection breaks is never repeated. To
// report is to add, so that a second time would show. LAWS.md, S3.
func TestWritesAreSentOnce(t *testing.T) {
	const slot = 1_767_225_600_000
	direct := open(t, valkey.URL(t))
	p := testserver.NewProxy(t, valkey.URL(t))
	s := open(t, p.URL(), hasty)
	for _, w := range []recloser.Write{recloser.Watch{At: slot, Share: 1}, recloser.Report{Watch: slot, Share: 1}} {
		if _, err := s.Apply(t.Context(), "once", w); err != nil {
			t.Fatal(err)
		}
	}
	sent, unknown := 0, 0
	for _, toxic := range []string{testserver.CutsAnswer(7), testserver.Resets, testserver.LosesAnswer, testserver.CutsAnswer(7), testserver.Resets} {
		if _, err := s.Load(t.Context(), "once"); err != nil { // It connects.
			t.Fatal(err)
		}
		p.Poison(toxic)
		_, err := s.Apply(t.Context(), "once", recloser.Report{
			Watch: slot, Share: 1, Counted: []recloser.Slot{{Start: slot, Counts: recloser.Counts{Calls: 1}}},
		})
		sent++
		if err != nil {
			unknown++
		}
		p.Heal()
	}
	r, err := direct.Load(t.Context(), "once")
	if err != nil {
		t.Fatal(err)
	}
	if calls := r.Window[0].Calls; calls > sent || unknown != sent {
		t.Errorf("%d reports of one call each, %d of them unknown, came to %d", sent, unknown, calls)
	}
}

// TestReadsAreTriedAgain: a read on a connection that the other end has closed is
// answered on another.
func TestReadsAreTriedAgain(t *testing.T) {
	p := testserver.NewProxy(t, valkey.URL(t))
	s := open(t, p.URL(), hasty)
	if _, err := s.Load(t.Context(), "reads"); err != nil {
		t.Fatal(err)
	}
	p.Poison(testserver.CutsAnswer(300))
	for range 20 { // Each connection lasts for a few reads.
		if _, err := s.Load(t.Context(), "reads"); err != nil {
			t.Fatal(err)
		}
	}
}
