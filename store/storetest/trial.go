package storetest

import (
	"time"

	"github.com/recloser-dev/recloser"
)

// fitting returns the writes whose condition r meets: each type, each way.
func fitting(r recloser.Record) []recloser.Write {
	g, was := r.Generation, r.WatchSince
	held := starts(r)
	some := append([]recloser.Instant{slotStart(40)}, held[:len(held)/2]...) // One that is not there, too.
	writes := []recloser.Write{
		recloser.Watch{Generation: g, Was: was, At: epoch.Add(time.Hour), Share: 0.3},
		recloser.Unwatch{Generation: g, Was: was},
		recloser.Report{Generation: g, Watch: was, Counted: slots(1, 4), Share: 0.7},
		recloser.Report{Generation: g, Watch: was, Counted: slots(20, 22), Share: 0.7, Voice: "c", Drop: some},
		recloser.Report{Generation: g, Watch: was, Share: 0.9, Voice: "d", Drop: held},
		recloser.Report{Generation: g, Watch: was, Share: 0.9, Voice: "A"},
		recloser.Report{Generation: g, Watch: was, Share: 0.9, Voice: "a"},
		transition(g, recloser.StateClosed),
		transition(g, recloser.StateOpen),
		transition(g, recloser.StateHalfOpen),
		recloser.Transition{Generation: g, To: recloser.StateClosed},
		recloser.Claim{Generation: g, First: true, Since: epoch.Add(time.Hour), Lease: lease("new")},
		recloser.SetOverride{Generation: g, Override: forced(recloser.OverrideOpen)},
		recloser.SetOverride{Generation: g, Override: forced(recloser.OverrideClosed)},
		recloser.SetOverride{Generation: g},
	}
	for _, slot := range []int{0, 1, recloser.MaxProbes - 1} {
		token := r.Probes[slot].Token
		writes = append(writes, recloser.Claim{Generation: g, Slot: slot, Was: token, Lease: lease("new")})
		if token == "" {
			continue
		}
		for outcome := recloser.OutcomeSuccess; outcome <= recloser.OutcomeIgnored; outcome++ {
			writes = append(writes, recloser.Settle{Generation: g, Slot: slot, Token: token, Outcome: outcome})
		}
	}
	return writes
}

// unfitting returns writes whose condition r does not meet: those that fit, each
// made under another generation, of another watch, by the holder of another
// token, or of a slot that there is not.
func unfitting(r recloser.Record) []recloser.Write {
	var writes []recloser.Write
	for _, w := range fitting(r) {
		writes = append(writes, under(w, r.Generation+1), under(w, r.Generation+1000))
		if r.Generation > 0 {
			writes = append(writes, under(w, r.Generation-1), under(w, 0))
		}
		switch w := w.(type) {
		case recloser.Watch:
			for _, was := range others(r.WatchSince) {
				w.Was = was
				writes = append(writes, w)
			}
		case recloser.Unwatch:
			for _, was := range others(r.WatchSince) {
				w.Was = was
				writes = append(writes, w)
			}
		case recloser.Report:
			for _, watch := range others(r.WatchSince) {
				w.Watch = watch
				writes = append(writes, w)
			}
		case recloser.Claim:
			writes = append(writes, spoiltClaims(w)...)
		case recloser.Settle:
			for _, token := range []string{"", "somebody else", w.Token + " "} {
				w.Token = token
				writes = append(writes, w)
			}
		case recloser.Transition, recloser.SetOverride: // Of nothing but a generation.
		}
	}
	// Nobody holds these.
	return append(writes,
		recloser.Settle{Generation: r.Generation, Slot: 3, Token: "nobody"},
		recloser.Settle{Generation: r.Generation, Slot: -1, Token: "nobody"},
		recloser.Settle{Generation: r.Generation, Slot: recloser.MaxProbes, Token: "nobody"},
	)
}

func spoiltClaims(w recloser.Claim) []recloser.Write {
	anonymous, before, beyond := w, w, w
	anonymous.Lease.Token = ""
	before.Slot, beyond.Slot = -1, recloser.MaxProbes
	if w.First {
		return []recloser.Write{anonymous}
	}
	stranger, blind := w, w
	stranger.Was = w.Was + "somebody else"
	writes := []recloser.Write{anonymous, before, beyond, stranger}
	if blind.Was = ""; w.Was != "" {
		writes = append(writes, blind)
	}
	return writes
}

// others returns watches that are not the given one.
func others(watch recloser.Instant) []recloser.Instant {
	if watch == 0 {
		return []recloser.Instant{epoch}
	}
	return []recloser.Instant{0, watch - 1, watch + 1}
}

// under returns w as made under another generation.
func under(w recloser.Write, generation uint64) recloser.Write {
	switch w := w.(type) {
	case recloser.Watch:
		w.Generation = generation
		return w
	case recloser.Unwatch:
		w.Generation = generation
		return w
	case recloser.Report:
		w.Generation = generation
		return w
	case recloser.Transition:
		w.Generation = generation
		return w
	case recloser.Claim:
		w.Generation = generation
		return w
	case recloser.Settle:
		w.Generation = generation
		return w
	case recloser.SetOverride:
		w.Generation = generation
		return w
	default:
		panic("storetest: there is a write that the suite does not know")
	}
}

func starts(r recloser.Record) []recloser.Instant {
	var all []recloser.Instant
	for _, s := range r.Window.Slots() {
		all = append(all, s.Start)
	}
	return all
}
