package recloser_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/recloser-dev/recloser"
)

// naiveWindow is a window as one would write it without a bound on time: a map,
// of which only the newest slots are kept.
type naiveWindow map[recloser.Instant]recloser.Counts

func (n naiveWindow) add(start recloser.Instant, c recloser.Counts) {
	if start <= 0 {
		return
	}
	was := n[start]
	n[start] = recloser.Counts{
		Calls: was.Calls + max(c.Calls, 0), Failures: was.Failures + max(c.Failures, 0),
		Slow: was.Slow + max(c.Slow, 0), Reports: was.Reports + max(c.Reports, 0),
	}
	if len(n) > recloser.MaxSlots {
		delete(n, slices.Min(slices.Collect(maps.Keys(n))))
	}
}

func (n naiveWindow) sum(from, to recloser.Instant) recloser.Counts {
	var sum recloser.Counts
	for start, c := range n {
		if start >= from && start <= to {
			sum.Calls += c.Calls
			sum.Failures += c.Failures
			sum.Slow += c.Slow
			sum.Reports += c.Reports
		}
	}
	return sum
}

func (n naiveWindow) slots() []recloser.Slot {
	var all []recloser.Slot
	for _, start := range slices.Sorted(maps.Keys(n)) {
		all = append(all, recloser.Slot{Start: start, Counts: n[start]})
	}
	return all
}

// replayWindow does to a window and to a naive one what data says, and compares
// them after each step.
func replayWindow(t *testing.T, data []byte) {
	var w recloser.Window
	naive := naiveWindow{}
	for len(data) >= 4 {
		what, start, n, m := data[0], recloser.Instant(data[1]%24)*1000, int(data[2]), int(data[3])
		data = data[4:]
		before, kept := w, w
		switch what % 4 {
		case 0, 1:
			c := recloser.Counts{Calls: n - 8, Failures: m - 8, Slow: n, Reports: m}
			w = w.Add(start, c)
			naive.add(start, c)
		case 2:
			w = w.Drop(start, recloser.Instant(n%24)*1000)
			delete(naive, start)
			delete(naive, recloser.Instant(n%24)*1000)
		case 3:
			from, to := start, recloser.Instant(n%24)*1000
			if got, want := w.Sum(from, to), naive.sum(from, to); got != want {
				t.Fatalf("the sum from %d to %d is %+v, want %+v", from, to, got, want)
			}
		}
		if before != kept {
			t.Fatal("a window was changed in place")
		}
		if got, want := w.Slots(), naive.slots(); !slices.Equal(got, want) {
			t.Fatalf("the slots are %+v, want %+v", got, want)
		}
		for _, s := range w[len(w.Slots()):] {
			if s != (recloser.Slot{}) {
				t.Fatalf("behind the slots in use stands %+v", s)
			}
		}
	}
}

// FuzzWindow holds a window to a naive one.
func FuzzWindow(f *testing.F) {
	f.Add([]byte{0, 1, 9, 9, 0, 3, 9, 9, 0, 2, 9, 9, 2, 2, 9, 0, 3, 0, 23, 0})
	var full []byte
	for i := range byte(24) {
		full = append(full, 0, i*7, 10, 9)
	}
	f.Add(full)
	f.Fuzz(replayWindow)
}

func TestWindowIsAsANaiveOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		replayWindow(t, rapid.SliceOfN(rapid.Byte(), 4, 600).Draw(rt, "steps"))
	})
}

var drawnCounts = rapid.Custom(func(t *rapid.T) recloser.Counts {
	n := rapid.IntRange(0, 1_000_000)
	return recloser.Counts{Calls: n.Draw(t, "calls"), Failures: n.Draw(t, "failures"), Slow: n.Draw(t, "slow"), Reports: n.Draw(t, "reports")}
})

var drawnSlot = rapid.Custom(func(t *rapid.T) recloser.Slot {
	return recloser.Slot{Start: recloser.Instant(rapid.Int64Range(-1, 30).Draw(t, "start")) * 1000, Counts: drawnCounts.Draw(t, "counts")}
})

// drawnSlots are a few slots, or more than a window has.
var drawnSlots = rapid.OneOf(rapid.SliceOfN(drawnSlot, 0, 10), rapid.SliceOfN(drawnSlot, 30, 50))

func addAll(w recloser.Window, slots []recloser.Slot) recloser.Window {
	for _, s := range slots {
		w = w.Add(s.Start, s.Counts)
	}
	return w
}

// TestWindowCommutes: environments may report in any order, and what is too much
// to keep is the same whoever was first.
func TestWindowCommutes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slots := drawnSlots.Draw(t, "slots")
		other := rapid.Permutation(slots).Draw(t, "other order")
		if a, b := addAll(recloser.Window{}, slots), addAll(recloser.Window{}, other); a != b {
			t.Fatalf("got %+v and %+v", a.Slots(), b.Slots())
		}
	})
}

// TestWindowAssociates: an environment may sum up before it reports.
func TestWindowAssociates(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		here, there := drawnSlots.Draw(t, "here"), drawnSlots.Draw(t, "there")
		apart := addAll(addAll(recloser.Window{}, here), there)
		together := addAll(addAll(recloser.Window{}, here), addAll(recloser.Window{}, there).Slots())
		if apart != together {
			t.Fatalf("got %+v and %+v", apart.Slots(), together.Slots())
		}
	})
}

// TestWindowBounds: a hostile record neither overflows nor takes away.
func TestWindowBounds(t *testing.T) {
	const most = 1 << 62
	var w recloser.Window
	for range 100 {
		w = w.Add(noon, recloser.Counts{Calls: most, Failures: -most, Slow: most, Reports: -1})
		w = w.Add(noon.Add(time.Second), recloser.Counts{Calls: most})
	}
	sum := w.Sum(0, noon.Add(time.Hour))
	if sum.Calls <= 0 || sum.Slow <= 0 || sum.Failures != 0 || sum.Reports != 0 {
		t.Errorf("got %+v", sum)
	}
	w = recloser.Window{{Start: 1000, Counts: recloser.Counts{Calls: -5, Failures: -most}}}
	if got, want := w.Add(1000, recloser.Counts{Calls: 2}).Sum(0, 2000), (recloser.Counts{Calls: 2}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := w.Sum(0, 2000); got != (recloser.Counts{}) {
		t.Errorf("got %+v, want nothing", got)
	}
}
