package recloser_test

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/evidence"
)

// hostility makes records of bytes: of every kind of nonsense, and around what
// makes sense. When there are no bytes left, the rest is zero.
type hostility struct{ bytes []byte }

func (h *hostility) byte() byte {
	if len(h.bytes) == 0 {
		return 0
	}
	b := h.bytes[0]
	h.bytes = h.bytes[1:]
	return b
}

func (h *hostility) number() int64 {
	var raw [8]byte
	h.bytes = h.bytes[copy(raw[:], h.bytes):]
	return int64(binary.LittleEndian.Uint64(raw[:]))
}

// int returns a number: at the edges, small, or any.
func (h *hostility) int() int {
	switch b := h.byte(); b % 8 {
	case 0:
		return 0
	case 1:
		return math.MinInt
	case 2:
		return math.MaxInt
	case 3:
		return int(h.number())
	default:
		return int(int8(h.byte()))
	}
}

// instant returns a moment: at the edges, around noon, or any.
func (h *hostility) instant() recloser.Instant {
	switch b := h.byte(); b % 8 {
	case 0:
		return 0
	case 1:
		return math.MinInt64 + recloser.Instant(b/8)
	case 2:
		return math.MaxInt64 - recloser.Instant(b/8)
	case 3:
		return recloser.Instant(h.number())
	case 4:
		return noon.Add(time.Duration(int8(h.byte())) * 1000 * time.Hour)
	default:
		return noon.Add(time.Duration(int8(h.byte())) * 500 * time.Millisecond)
	}
}

func (h *hostility) text() string {
	return []string{"", "a", "b", "c", "\xff\x00", string(make([]byte, 5000))}[h.byte()%6]
}

func (h *hostility) share() recloser.Share {
	shares := []float64{0, 1, 0.5, -1, 2, math.NaN(), math.Inf(1), math.Inf(-1), math.SmallestNonzeroFloat64, math.MaxFloat64}
	return recloser.Share(shares[int(h.byte())%len(shares)])
}

func (h *hostility) counts() recloser.Counts {
	return recloser.Counts{Calls: h.int(), Failures: h.int(), Slow: h.int(), Reports: h.int()}
}

func (h *hostility) record() recloser.Record {
	r := recloser.Record{
		Schema:      h.int(),
		Generation:  uint64(h.int()),
		State:       recloser.State(h.byte() % 5),
		Since:       h.instant(),
		OpenUntil:   h.instant(),
		Relapses:    h.int(),
		Cause:       recloser.Cause{Rule: []recloser.Rule{"", recloser.RuleRecovered, "?"}[h.byte()%3], Calls: h.int()},
		WatchSince:  h.instant(),
		Share:       h.share(),
		ProbeOK:     h.int(),
		ProbeFailed: h.int(),
	}
	for i := range r.Voices {
		r.Voices[i] = h.text()
	}
	for i := range r.Probes {
		r.Probes[i] = recloser.Lease{Token: h.text(), End: h.instant()}
	}
	if h.byte()%2 == 0 {
		for range h.byte() % 20 {
			r.Window = r.Window.Add(h.instant(), h.counts())
		}
		return r
	}
	for i := range r.Window { // Not even in order.
		r.Window[i] = recloser.Slot{Start: h.instant(), Counts: h.counts()}
	}
	return r
}

// FuzzHostileRecord: no record crashes who reads it, nor keeps him from calling
// for longer than it may. LAWS.md, S10.
func FuzzHostileRecord(f *testing.F) {
	defer evidence.Fuzzing(f, "S10", "what an environment does with a record")()
	random := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		seed := make([]byte, random.IntN(600))
		for i := range seed {
			seed[i] = byte(random.Uint32())
		}
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) { meet(t, &hostility{data}) })
}

// TestHostileRecords meets many of them, even where nothing fuzzes. LAWS.md, S10.
func TestHostileRecords(t *testing.T) {
	runs := 20_000
	if testing.Short() {
		runs /= 20
	}
	random := rand.New(rand.NewPCG(5, 6))
	data := make([]byte, 600)
	for range runs {
		for i := range data {
			data[i] = byte(random.Uint32())
		}
		meet(t, &hostility{data})
		if t.Failed() {
			return
		}
	}
	evidence.Record(t, evidence.Entry{
		Law: "S10", Seeds: runs, Promise: "no crash; open no longer than max_cooldown + margin", Worst: "no breach", Met: true,
		How: "records of random bytes, met as an environment meets any",
	})
}

// meet does with a hostile record what an environment does with any.
func meet(t *testing.T, h *hostility) {
	t.Helper()
	p := recloser.DefaultPolicy()
	p.HalfOpen.Probes = 1 + int(h.byte())%recloser.MaxProbes
	r := h.record()
	v := r.At(h.instant())
	v.Age, v.Held = time.Duration(h.byte())*time.Second, time.Duration(h.byte())*time.Second
	checkDecisions(t, p, v)
	checkWritten(t, p, v)
	checkItEnds(t, p, r, h.instant())
	_ = r.Check()
	_ = r.Cause.String()
}

// checkDecisions holds the answers to any view to their ranges.
func checkDecisions(t *testing.T, p recloser.Policy, v recloser.View) {
	t.Helper()
	got := p.Admit(v, 0.5)
	most := map[recloser.Reason]time.Duration{
		recloser.ReasonOpen:    p.OpenFor.MaxCooldown,
		recloser.ReasonProbing: p.Lease() + p.HalfOpen.Margin,
		recloser.ReasonRamp:    p.Ramp.Over,
	}[got.Reason]
	if got.RetryAfter < 0 || got.RetryAfter > most || got.Slot < 0 || got.Slot >= p.HalfOpen.Probes {
		t.Errorf("got %+v of %+v", got, v)
	}
	if share := p.RampShare(v); !(share >= p.Ramp.From && share <= 1) {
		t.Errorf("the ramp admits %v of %+v", share, v)
	}
	if share := p.AdmittedShare(v); !(share >= 0 && share <= 1) {
		t.Errorf("%v are admitted of %+v", share, v)
	}
	if state := p.StateOf(v); state == recloser.StateOpen && got.Verdict != recloser.VerdictReject {
		t.Errorf("the state is open, and %+v of %+v", got, v)
	}
	_ = p.MayReport(v)
	if cause, ok := p.Judge(v.Window, v.WatchSince, v.Now); ok && (cause.Failures > cause.Calls || cause.Slow > cause.Calls || cause.Calls < p.OpenWhen.MinCalls) {
		t.Errorf("judged %+v of %+v", cause, v.Window.Slots())
	}
}

// checkWritten holds what is written after a hostile record to what any record
// may hold.
func checkWritten(t *testing.T, p recloser.Policy, v recloser.View) {
	t.Helper()
	sound := func(w recloser.Write, share recloser.Share) {
		t.Helper()
		if next, made := v.Apply(w); w.Under() != v.Generation || made && next.Schema != recloser.Schema {
			t.Errorf("%+v was made of %+v", w, v)
		}
		if !(share > 0 && share <= 1) {
			t.Errorf("%+v asks for the share %v of calls", w, float64(share))
		}
	}
	if w, ok := p.Due(v, 0.999); ok {
		sound(w, 1)
		if length := w.OpenUntil.Sub(w.Since); w.To == recloser.StateOpen &&
			(length > p.OpenFor.MaxCooldown || w.Since != v.Now || w.Relapses < 0 || w.Relapses > 1000) {
			t.Errorf("%+v is due, which is open for %v", w, length)
		}
	}
	for _, alarmed := range []bool{false, true} {
		if w, ok := p.WatchStart(v, alarmed); ok {
			sound(w, w.Share)
		}
	}
	if w, ok := p.WatchEnd(v); ok {
		sound(w, 1)
	}
	report := p.Report(v, "me", []recloser.Slot{{Start: v.Now, Counts: failing(1, 1)}})
	sound(report, report.Share)
	for _, start := range report.Drop {
		if start == v.Now {
			t.Errorf("%+v drops what it counts", report)
		}
	}
	if report.Voice != "" && report.Voice != "me" || len(report.Drop) > recloser.MaxSlots {
		t.Errorf("got %+v", report)
	}
	for slot := range recloser.MaxProbes {
		sound(p.Claim(v, slot, "mine"), 1)
	}
}

// checkItEnds reads the same record again and again, and never anything else.
// Whatever it says, and wherever the wall clock stands, a call is let through,
// or may try to claim a slot, when the longest of what may keep it has passed.
func checkItEnds(t *testing.T, p recloser.Policy, r recloser.Record, now recloser.Instant) {
	t.Helper()
	longest := p.OpenFor.MaxCooldown + p.HalfOpen.Margin
	if r.State == recloser.StateHalfOpen {
		longest = p.Lease() + p.HalfOpen.Margin
	}
	for held := longest; held <= 4*longest; held += longest {
		for _, passed := range []time.Duration{held, 0, -held} { // The wall clock may stand still, or run back.
			v := r.At(now.Add(passed))
			v.Held = held
			for i := range v.LeaseHeld {
				v.LeaseHeld[i] = held
			}
			if _, due := p.Due(v, 0.5); due && v.State == recloser.StateHalfOpen {
				continue // Whoever sees it moves the circuit on.
			}
			if got := p.Admit(v, 0.5); got.Verdict == recloser.VerdictReject {
				t.Errorf("after %v, by a wall clock that went %v: got %+v of %+v", held, passed, got, v)
			}
		}
	}
}
