package model_test

import (
	"fmt"
	"time"

	"github.com/recloser-dev/recloser"
)

// The figures of the model, in ticks.
const (
	tick    = time.Second
	timeout = 1 * tick
	margin  = 2 * tick
	skew    = 1 * tick

	epoch recloser.Instant = 1_767_225_600_000
)

func soundPolicy(k int) recloser.Policy {
	p := recloser.DefaultPolicy()
	p.OpenWhen.SlowRate, p.OpenWhen.Consecutive = 0, 0
	p.Call.Timeout = timeout
	p.HalfOpen = recloser.HalfOpen{Probes: k, Successes: 1, Failures: 1, Margin: margin}
	p.OpenFor = recloser.OpenFor{Cooldown: p.Lease() + margin, Backoff: 1, MaxCooldown: p.Lease() + margin}
	p.Ramp.Over = 0
	return p
}

// fleet takes the steps of the model with the real core: it keeps a record, and what
// is written to it and told by it is up to recloser's own functions.
type fleet struct {
	broken  mutation
	policy  recloser.Policy // what the fleet goes by
	sound   recloser.Policy // what a breaker can be made with
	clocks  []time.Duration // by which each environment's is ahead
	threads int             // in each of them
	places  []*prober       // whoever stands where a thread of the model does
	now     recloser.Instant
	record  recloser.Record
	tokens  map[int]string // by the number that the model gives them
	late    recloser.Write
	flying  int // calls in flight of those who did not pause before them
	names   int
	only    string // the one law to look at
	breach  error  // of it
	loose   bool   // whether who holds a slot, and for how long, is not compared
}

// prober is one attempt of a thread to make a call.
type prober struct {
	name    int // for a timeline
	env     int
	view    recloser.View // when it looked
	looked  recloser.Instant
	slot    int
	claim   recloser.Claim
	before  recloser.Record // when it claimed
	answer  string
	claimed recloser.Instant
	// If the claim is unknown, what a read has answered.
	read   *recloser.Record
	readAt recloser.Instant

	generation uint64
	shown      bool // whether an answer has shown its token
	checked    recloser.Instant
	calls      bool
	paused     bool
	outcome    recloser.Outcome
}

// departure is a step of the model that the core does not take.
type departure struct {
	step event
	what string
}

func (d departure) Error() string { return fmt.Sprintf("%v: %s", d.step, d.what) }

// breach is a step of the core that breaks a law.
type breach struct {
	law, what string
}

func (b breach) Error() string { return b.law + ": " + b.what }

// breaks notes that a law is broken.
func (f *fleet) breaks(law, format string, args ...any) {
	if f.breach == nil && (f.only == "" || f.only == law) {
		f.breach = breach{law, fmt.Sprintf(format, args...)}
	}
}

func newFleet(first event, broken mutation) *fleet {
	k, environments, threads, middle := first.number[0], first.number[1], first.number[2], first.number[3]
	f := &fleet{
		broken: broken, policy: soundPolicy(k), sound: soundPolicy(k), threads: threads, now: epoch,
		record: recloser.Record{State: recloser.StateOpen, Since: epoch, OpenUntil: epoch},
		tokens: map[int]string{0: ""},
	}
	if broken.policy != nil {
		broken.policy(&f.policy)
		if f.policy.Validate() == nil {
			f.sound = f.policy
		}
	}
	for e := range environments {
		ahead := time.Duration(middle) * tick
		switch e {
		case 0:
			ahead = 0
		case environments - 1:
			ahead = skew
		}
		f.clocks = append(f.clocks, ahead)
		for range threads {
			f.places = append(f.places, &prober{env: e})
		}
	}
	return f
}

// clock returns the time by an environment's clock.
func (f *fleet) clock(env int) recloser.Instant { return f.now.Add(f.clocks[env]) }

// sees returns what an environment makes of the record.
func (f *fleet) sees(r recloser.Record, env int) recloser.View {
	if f.broken.sees != nil {
		r = f.broken.sees(r)
	}
	return r.At(f.clock(env))
}

// apply makes a write, as the store would, and holds the record to S2 and S7.
func (f *fleet) apply(w recloser.Write) bool {
	next, ok := f.broken.apply(f.record, w)
	if !ok {
		return false
	}
	last := f.record
	f.record = next
	if w.Under() != last.Generation {
		f.breaks("S2", "a write of generation %d has changed a record of generation %d", w.Under(), last.Generation)
	}
	settle, is := w.(recloser.Settle)
	if is && settle.Outcome == recloser.OutcomeIgnored && next.ProbeOK+next.ProbeFailed != last.ProbeOK+last.ProbeFailed {
		f.breaks("S7", "an ignored call has counted")
	}
	return true
}

// exchange makes a write as the store of the model did: w was applied, refused, lost,
// or is on its way.
func (f *fleet) exchange(e event, w recloser.Write, answer string, landed int) error {
	switch landed {
	case 2:
		f.late = w
		return nil
	case 0:
		if answer == "unknown" {
			return nil
		}
	}
	return f.writes(e, w, landed == 1)
}

func (f *fleet) writes(e event, w recloser.Write, want bool) error {
	if ok := f.apply(w); ok != want {
		return departure{e, fmt.Sprintf("the write is made: %t, and the record is of generation %d with %+v", ok, f.record.Generation, f.record.Probes[:f.policy.HalfOpen.Probes])}
	}
	return nil
}

// told is what an environment is told that asks now, in the numbers of the model.
func (f *fleet) told(env int) int {
	v := f.sees(f.record, env)
	if _, due := f.policy.Due(v, 0); due {
		return 1
	}
	a := f.policy.Admit(v, 0)
	switch a.Verdict {
	case recloser.VerdictAdmit:
		return 4
	case recloser.VerdictReject:
		return 0
	case recloser.VerdictProbe:
	}
	return 2 + a.Slot
}

// held holds the slots to S8: whatever became of its holder, each may be taken by
// anybody a margin after the end of its lease, by the slowest clock.
func (f *fleet) held() {
	if f.record.State != recloser.StateHalfOpen || f.record.ProbeOK+f.record.ProbeFailed > 0 {
		return
	}
	for slot := range f.policy.HalfOpen.Probes {
		lease := f.record.Probes[slot]
		over := f.now.Sub(lease.End.Add(f.sound.HalfOpen.Margin))
		if lease.Token == "" || over < 0 {
			continue
		}
		for env := range f.clocks {
			v := f.sees(f.record, env)
			for other := range f.policy.HalfOpen.Probes {
				if other != slot {
					v.Probes[other] = recloser.Lease{Token: "held", End: v.Now.Add(f.policy.Lease())}
				}
			}
			if a := f.policy.Admit(v, 0); a.Verdict != recloser.VerdictProbe || a.Slot != slot {
				f.breaks("S8", "slot %d is held %v after lease and margin", slot, over)
			}
		}
	}
}
