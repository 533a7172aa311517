package storetest_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/store/storetest"
)

const at recloser.Instant = 1_767_225_600_000

var (
	watch  = recloser.Watch{At: at, Share: 0.5}
	opened = recloser.Transition{To: recloser.StateOpen, Since: at}
)

func load(t *testing.T, s recloser.Store) recloser.Record {
	t.Helper()
	r, err := s.Load(t.Context(), "circuit")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFaultyWrites: what each fault does to a write.
func TestFaultyWrites(t *testing.T) {
	made, _ := recloser.Record{}.Apply(watch)
	rival, _ := recloser.Record{}.Apply(recloser.Transition{})
	for fault, row := range map[storetest.Fault]struct {
		err            error
		after, flushed recloser.Record
		waiting        int
	}{
		storetest.FaultNone:    {nil, made, made, 0},
		storetest.FaultLost:    {storetest.ErrFault, made, made, 0},
		storetest.FaultDropped: {storetest.ErrFault, recloser.Record{}, recloser.Record{}, 0},
		storetest.FaultLate:    {storetest.ErrFault, recloser.Record{}, made, 1},
		storetest.FaultRival:   {recloser.ErrConflict, rival, rival, 0},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			store := new(recloser.MemoryStore)
			f := storetest.NewFaulty(store, func(o *storetest.FaultyOptions) { o.Lost, o.Dropped, o.Late = 0, 0, 0 })
			f.Next(fault)
			if _, err := f.Apply(t.Context(), "circuit", watch); !errors.Is(err, row.err) {
				t.Errorf("got the error %v, want %v", err, row.err)
			}
			if got := load(t, store); got != row.after {
				t.Errorf("afterwards: got %+v, want %+v", got, row.after)
			}
			if got := f.Waiting(); got != row.waiting {
				t.Errorf("%d writes wait, want %d", got, row.waiting)
			}
			if err := f.Flush(t.Context()); err != nil {
				t.Error(err)
			}
			if got := load(t, store); got != row.flushed {
				t.Errorf("at last: got %+v, want %+v", got, row.flushed)
			}
			if got := f.Suffered(fault); got != 1 || f.Waiting() != 0 {
				t.Errorf("counted %d times, and %d writes wait; want 1 and 0", got, f.Waiting())
			}
		})
	}
}

// TestFaultyLoads: a load answers, or has an unknown outcome.
func TestFaultyLoads(t *testing.T) {
	f := storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) {
		o.RivalWrite = func(recloser.Record) recloser.Write { return opened }
	})
	for _, fault := range []storetest.Fault{storetest.FaultLost, storetest.FaultDropped, storetest.FaultLate} {
		f.Next(fault)
		if _, err := f.Load(t.Context(), "circuit"); !errors.Is(err, storetest.ErrFault) {
			t.Errorf("fault %v: got the error %v", fault, err)
		}
	}
	f.Next(storetest.FaultRival)
	if r := load(t, f); r.State != recloser.StateOpen || r.Generation != 1 {
		t.Errorf("after the rival's transition: %+v", r)
	}
}

// TestFaultyLateWrites: a late write is made before some operation that follows,
// or conflicts then.
func TestFaultyLateWrites(t *testing.T) {
	store := new(recloser.MemoryStore)
	f := storetest.NewFaulty(store, func(o *storetest.FaultyOptions) {
		o.Choose = func(_ string, w recloser.Write) storetest.Fault {
			switch w.(type) {
			case recloser.Watch, recloser.SetOverride:
				return storetest.FaultLate
			default:
				return storetest.FaultNone
			}
		}
	})
	tooLate := recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideOpen}}
	inTime := recloser.Watch{Generation: 1, At: at, Share: 0.5}
	if _, err := store.Apply(t.Context(), "circuit", opened); err != nil {
		t.Fatal(err)
	}
	for _, w := range []recloser.Write{tooLate, inTime} {
		if _, err := f.Apply(t.Context(), "circuit", w); !errors.Is(err, storetest.ErrFault) {
			t.Errorf("got the error %v", err)
		}
	}
	if f.Suffered(storetest.FaultLate) != 2 || f.Waiting() == 0 {
		t.Fatalf("%d writes wait of %d that are late", f.Waiting(), f.Suffered(storetest.FaultLate))
	}
	for range 1000 {
		load(t, f)
	}
	r := load(t, store)
	if f.Waiting() != 0 || r.WatchSince != at || r.Override.Mode != recloser.OverrideNone {
		t.Errorf("after 1000 operations, %d writes wait, and the record is %+v", f.Waiting(), r)
	}
}

// TestFaultyRepeats: the same seed makes the same faults, and another others; the
// shares are kept to.
func TestFaultyRepeats(t *testing.T) {
	const operations = 4000
	run := func(seed uint64) (trace string, f *storetest.Faulty) {
		f = storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) {
			o.Seed, o.Lost, o.Dropped, o.Late, o.Rival = seed, 0.1, 0.2, 0.05, 0.15
		})
		for range operations {
			r, err := f.Apply(t.Context(), "circuit", recloser.SetOverride{})
			trace += fmt.Sprint(r.Generation, err, ";")
		}
		return trace, f
	}
	first, f := run(1)
	if again, _ := run(1); again != first {
		t.Error("the same seed did something else")
	}
	if other, _ := run(2); other == first {
		t.Error("another seed did the same")
	}
	for fault, share := range map[storetest.Fault]float64{
		storetest.FaultNone: 0.5, storetest.FaultLost: 0.1, storetest.FaultDropped: 0.2, storetest.FaultLate: 0.05, storetest.FaultRival: 0.15,
	} {
		want, spread := share*operations, 5*math.Sqrt(share*(1-share)*operations)
		if got := float64(f.Suffered(fault)); math.Abs(got-want) > spread {
			t.Errorf("fault %v: %v of %d operations, want %v ± %v", fault, got, operations, want, spread)
		}
	}
}

// TestFaultyHangs: a fault that looks like lost packets lasts as long as the
// caller waits.
func TestFaultyHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) { o.Hang = true })
		f.Next(storetest.FaultLost)
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := f.Apply(ctx, "circuit", watch)
		if !errors.Is(err, storetest.ErrFault) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got the error %v", err)
		}
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("took %v", took)
		}
		if _, err := f.Load(ctx, "circuit"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, storetest.ErrFault) {
			t.Errorf("after the end of the context: got the error %v", err)
		}
	})
}

// A breaker whose claim is applied, but not acknowledged, holds no probe slot
// until a read shows its token.
func ExampleFaulty() {
	ctx := context.Background()
	store := storetest.NewFaulty(new(recloser.MemoryStore), func(o *storetest.FaultyOptions) {
		o.Lost, o.Dropped, o.Late = 0, 0, 0
	})
	store.Next(storetest.FaultLost)

	_, err := store.Apply(ctx, "payments", recloser.Claim{First: true, Lease: recloser.Lease{Token: "mine", End: 1}})
	fmt.Println(err)

	record, err := store.Load(ctx, "payments")
	fmt.Println(record.State, record.Probes[0].Token, err)
	// Output:
	// storetest: the outcome is unknown
	// half_open mine <nil>
}
