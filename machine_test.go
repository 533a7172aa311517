package recloser_test

import (
	"math"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
)

// reject returns the admission of a call that is turned away.
func reject(reason recloser.Reason, after time.Duration) recloser.Admission {
	return recloser.Admission{Verdict: recloser.VerdictReject, Reason: reason, RetryAfter: after}
}

func probe(slot int) recloser.Admission {
	return recloser.Admission{Verdict: recloser.VerdictProbe, Slot: slot}
}

// TestLifeOfACircuit tells one life from the first failure to the ramp after its
// recovery, at the moments at which something changes.
func TestLifeOfACircuit(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Successes = 1
	var r recloser.Record
	claim := func(at time.Duration, token string) recloser.Write { return p.Claim(r.At(noon.Add(at)), 0, token) }
	due := func(at time.Duration) recloser.Write {
		w, ok := p.Due(r.At(noon.Add(at)), 0)
		if !ok {
			t.Fatalf("%v: nothing is due of %+v", at, r)
		}
		return w
	}
	for _, row := range []struct {
		at    time.Duration
		write func(at time.Duration) recloser.Write
		state recloser.State
		want  recloser.Admission
	}{
		{0, nil, recloser.StateClosed, recloser.Admission{}},
		{0, func(at time.Duration) recloser.Write {
			w, _ := p.WatchStart(r.At(noon.Add(at)), false)
			return w
		}, recloser.StateClosed, recloser.Admission{}},
		{5 * time.Second, func(at time.Duration) recloser.Write {
			return p.Report(r.At(noon.Add(at)), "a", []recloser.Slot{{Start: noon.Add(4 * time.Second), Counts: failing(12, 12)}})
		}, recloser.StateClosed, recloser.Admission{}},
		{5 * time.Second, due, recloser.StateOpen, reject(recloser.ReasonOpen, 10*time.Second)},
		{14999 * time.Millisecond, nil, recloser.StateOpen, reject(recloser.ReasonOpen, time.Millisecond)},
		{15 * time.Second, nil, recloser.StateHalfOpen, probe(0)},
		{15 * time.Second, func(at time.Duration) recloser.Write { return claim(at, "first") }, recloser.StateHalfOpen, reject(recloser.ReasonProbing, 9*time.Second)},
		{23999 * time.Millisecond, nil, recloser.StateHalfOpen, reject(recloser.ReasonProbing, time.Millisecond)},
		{24 * time.Second, nil, recloser.StateHalfOpen, probe(0)}, // Whoever held it is gone.
		{24 * time.Second, func(at time.Duration) recloser.Write { return claim(at, "second") }, recloser.StateHalfOpen, reject(recloser.ReasonProbing, 9*time.Second)},
		{25 * time.Second, func(time.Duration) recloser.Write {
			return recloser.Settle{Generation: r.Generation, Token: "second", Outcome: recloser.OutcomeFailure}
		}, recloser.StateHalfOpen, reject(recloser.ReasonProbing, 6*time.Second)}, // It is to open: see below.
		{25 * time.Second, due, recloser.StateOpen, reject(recloser.ReasonOpen, 20*time.Second)},
		{45 * time.Second, func(at time.Duration) recloser.Write { return claim(at, "third") }, recloser.StateHalfOpen, reject(recloser.ReasonProbing, 9*time.Second)},
		{46 * time.Second, func(time.Duration) recloser.Write {
			return recloser.Settle{Generation: r.Generation, Token: "third"}
		}, recloser.StateHalfOpen, reject(recloser.ReasonProbing, 6*time.Second)},
		{46 * time.Second, due, recloser.StateClosed, reject(recloser.ReasonRamp, 30*time.Second)},
		{61 * time.Second, nil, recloser.StateClosed, recloser.Admission{}}, // 55% of calls.
		{time.Hour, nil, recloser.StateClosed, recloser.Admission{}},
	} {
		if row.write != nil {
			w := row.write(row.at)
			next, made := r.Apply(w)
			if !made {
				t.Fatalf("%v: %+v is not made", row.at, w)
			}
			r = next
		}
		v := r.At(noon.Add(row.at))
		if got := p.Admit(v, 0.5); got != row.want {
			t.Errorf("%v: got %+v, want %+v", row.at, got, row.want)
		}
		if got := p.StateOf(v); got != row.state {
			t.Errorf("%v: the state is %v, want %v", row.at, got, row.state)
		}
	}
	if r.Generation != 5 || r.Relapses != 1 {
		t.Errorf("got %+v", r)
	}
}

// TestOpenEnds: an open circuit is open until its own end, and by a clock that
// steps, or a record that lies, no longer than its length. LAWS.md, S10 and L4.
func TestOpenEnds(t *testing.T) {
	p := recloser.DefaultPolicy()
	const never, always = math.MinInt64, math.MaxInt64
	for _, row := range []struct {
		name  string
		since recloser.Instant
		until recloser.Instant
		now   recloser.Instant
		held  time.Duration
		want  time.Duration
	}{
		{"as it should be", noon, noon.Add(10 * time.Second), noon.Add(4 * time.Second), 4 * time.Second, 6 * time.Second},
		{"known for less", noon, noon.Add(10 * time.Second), noon.Add(4 * time.Second), 0, 6 * time.Second},
		{"the clock stepped back", noon, noon.Add(10 * time.Second), noon.Add(-time.Hour), 4 * time.Second, 6 * time.Second},
		{"the clock stepped ahead", noon, noon.Add(10 * time.Second), noon.Add(time.Hour), 0, 0},
		{"open for ever", noon, always, noon, 0, 5 * time.Minute},
		{"open for ever, some time later", noon, always, noon.Add(time.Minute), 0, 4 * time.Minute},
		{"opened in future", noon.Add(time.Hour), always, noon, time.Minute, 4 * time.Minute},
		{"opened at the end of time", always, always, noon, time.Minute, 0},
		{"opened at the end of time, ending before", always, noon.Add(1 << 60), noon, time.Minute, 0},
		{"opened at the end of time, ended at its beginning", always, never, noon, time.Minute, 0},
		{"opened at the beginning of time", never, always, noon, 0, 0},
		{"ended before it opened", noon, noon.Add(-time.Second), noon, 0, 0},
		{"ended before it opened, in future", noon.Add(2 * time.Hour), noon.Add(time.Hour), noon, 0, 0},
	} {
		v := recloser.Record{State: recloser.StateOpen, Since: row.since, OpenUntil: row.until}.At(row.now)
		v.Held = row.held
		want := probe(0)
		if row.want > 0 {
			want = reject(recloser.ReasonOpen, row.want)
		}
		if got := p.Admit(v, 0); got != want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, want)
		}
		if got := p.StateOf(v) == recloser.StateOpen; got != (row.want > 0) {
			t.Errorf("%s: the state is %v", row.name, p.StateOf(v))
		}
	}
}

// TestNoProbeWhenItIsDecided: once probes have decided what becomes of the circuit
// nobody probes beside who writes it. The explorer has found why: a write that opens the
// circuit came seconds late, most of the cooldown was over by then, and the circuit was
// probed again while a probe that began meanwhile was in flight. LAWS.md, S1c.
func TestNoProbeWhenItIsDecided(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Failures = 2
	for _, row := range []struct {
		ok, failed int
		want       recloser.Admission
	}{
		{2, 1, probe(0)},
		{2, 2, reject(recloser.ReasonProbing, p.Lease())},
		{3, 1, reject(recloser.ReasonProbing, p.Lease())},
		{3, 2, reject(recloser.ReasonProbing, p.Lease())},
	} {
		r := recloser.Record{State: recloser.StateHalfOpen, Generation: 2, ProbeOK: row.ok, ProbeFailed: row.failed}
		if got := p.Admit(r.At(noon), 0); got != row.want {
			t.Errorf("%d ok, %d failed: got %+v, want %+v", row.ok, row.failed, got, row.want)
		}
	}
}

// TestLeases: a slot is free, or held until the margin after its lease, and by a
// clock that steps, or a record that lies, no longer than a lease and the margin.
// LAWS.md, S1, S8 and S10.
func TestLeases(t *testing.T) {
	p := recloser.DefaultPolicy()
	p.HalfOpen.Probes = 3 // A lease is 6s, and the margin 3s.
	lease := func(end recloser.Instant) recloser.Lease { return recloser.Lease{Token: "x", End: end} }
	fresh := lease(noon.Add(6 * time.Second))
	for _, row := range []struct {
		name   string
		probes [recloser.MaxProbes]recloser.Lease
		held   time.Duration // How long the holder of slot 1 has been known.
		want   recloser.Admission
	}{
		{"all free", [8]recloser.Lease{}, 0, probe(0)},
		{"one held", [8]recloser.Lease{fresh}, 0, probe(1)},
		{"two held", [8]recloser.Lease{0: fresh, 2: fresh}, 0, probe(1)},
		{"all held", [8]recloser.Lease{fresh, fresh, fresh}, 0, reject(recloser.ReasonProbing, 9*time.Second)},
		{"the first to end", [8]recloser.Lease{fresh, lease(noon.Add(time.Second)), fresh}, 0, reject(recloser.ReasonProbing, 4*time.Second)},
		{"just ended", [8]recloser.Lease{fresh, lease(noon), fresh}, 0, reject(recloser.ReasonProbing, 3*time.Second)},
		{"within the margin", [8]recloser.Lease{fresh, lease(noon.Add(-2999 * time.Millisecond)), fresh}, 0, reject(recloser.ReasonProbing, time.Millisecond)},
		{"after the margin", [8]recloser.Lease{fresh, lease(noon.Add(-3 * time.Second)), fresh}, 0, probe(1)},
		{"known for so long", [8]recloser.Lease{fresh, lease(noon.Add(time.Hour)), fresh}, 8 * time.Second, reject(recloser.ReasonProbing, time.Second)},
		{"known for too long", [8]recloser.Lease{fresh, lease(noon.Add(time.Hour)), fresh}, 9 * time.Second, probe(1)},
		{"for ever, just seen", [8]recloser.Lease{fresh, lease(math.MaxInt64), fresh}, 0, reject(recloser.ReasonProbing, 9*time.Second)},
		{"for ever, known for long", [8]recloser.Lease{fresh, lease(math.MaxInt64), fresh}, 9 * time.Second, probe(1)},
		{"since the beginning of time", [8]recloser.Lease{fresh, lease(math.MinInt64), fresh}, 0, probe(1)},
		{"free, with an end", [8]recloser.Lease{fresh, {End: noon.Add(time.Hour)}, fresh}, 0, probe(1)},
		{"more held than asked for", [8]recloser.Lease{fresh, fresh, fresh, fresh, fresh}, 0, reject(recloser.ReasonProbing, 9*time.Second)},
	} {
		v := recloser.Record{State: recloser.StateHalfOpen, Generation: 2, Probes: row.probes}.At(noon)
		v.LeaseHeld[1] = row.held
		if got := p.Admit(v, 0); got != row.want {
			t.Errorf("%s: got %+v, want %+v", row.name, got, row.want)
		}
	}
}

// TestClaim: what a claim is made of, and that it takes what its writer saw.
func TestClaim(t *testing.T) {
	p := recloser.DefaultPolicy()
	fresh := recloser.Lease{Token: "new", End: noon.Add(6 * time.Second)}
	open := recordIn(recloser.StateOpen)
	if got, want := p.Claim(open.At(noon), 3, "new"), (recloser.Claim{Generation: 8, First: true, Since: noon, Lease: fresh}); got != want {
		t.Errorf("of an open circuit: got %+v, want %+v", got, want)
	}
	probing := recordIn(recloser.StateHalfOpen)
	if got, want := p.Claim(probing.At(noon), 0, "new"), (recloser.Claim{Generation: 8, Was: "mine", Lease: fresh}); got != want {
		t.Errorf("of a slot that is held: got %+v, want %+v", got, want)
	}
	if got, want := p.Claim(probing.At(noon), 1, "new"), (recloser.Claim{Generation: 8, Slot: 1, Lease: fresh}); got != want {
		t.Errorf("of a free slot: got %+v, want %+v", got, want)
	}
}

// TestNothingIsDue where nothing has happened.
func TestNothingIsDue(t *testing.T) {
	p := recloser.DefaultPolicy()
	for _, state := range states {
		for _, age := range []time.Duration{0, time.Minute, 1000 * time.Hour} {
			if w, ok := p.Due(recordIn(state).At(noon.Add(age)), 0.5); ok {
				t.Errorf("%v, %v later: %+v is due", state, age, w)
			}
		}
	}
}
