package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/recloser-dev/recloser"
)

// epoch is when the records of the suite begin: 2026-01-01.
const epoch recloser.Instant = 1_767_225_600_000

// slotStart returns when the n-th slot of a window begins.
func slotStart(n int) recloser.Instant { return epoch.Add(time.Duration(n) * time.Second) }

// kind is one kind of record, by the writes that make it from none.
type kind struct {
	name   string
	writes []recloser.Write
}

// kinds returns every kind of record there is, for a write to be tried on.
func kinds() []kind {
	var (
		watch    = recloser.Watch{At: epoch, Share: 0.25}
		report   = recloser.Report{Watch: epoch, Counted: slots(0, 2), Share: 0.5, Voice: "a"}
		more     = recloser.Report{Watch: epoch, Counted: slots(1, 4), Share: 0.125, Voice: "b"}
		unwatch  = recloser.Unwatch{Was: epoch}
		open     = transition(0, recloser.StateOpen)
		first    = recloser.Claim{Generation: 1, First: true, Since: epoch.Add(time.Minute), Lease: lease("first")}
		second   = recloser.Claim{Generation: 2, Slot: 1, Lease: lease("second")}
		last     = recloser.Claim{Generation: 2, Slot: recloser.MaxProbes - 1, Lease: lease("last")}
		good     = recloser.Settle{Generation: 2, Slot: 0, Token: "first"}
		bad      = recloser.Settle{Generation: 2, Slot: 1, Token: "second", Outcome: recloser.OutcomeFailure}
		closed   = transition(2, recloser.StateClosed)
		reset    = recloser.Transition{Generation: 2, To: recloser.StateClosed, Since: epoch.Add(time.Hour), Cause: resetBy("ana@example", "it is \"back\"")}
		again    = recloser.Watch{Generation: 3, At: epoch.Add(time.Hour), Share: 1}
		reported = []recloser.Write{watch, report, more}
		probing  = []recloser.Write{watch, open, first, second, last}
	)
	return []kind{
		{"unwritten", nil},
		{"forced", []recloser.Write{recloser.SetOverride{Override: forced(recloser.OverrideOpen)}}},
		{"watched", []recloser.Write{watch}},
		{"reported", reported},
		{"unwatched", append(reported[:3:3], unwatch)},
		{"open", append(reported[:3:3], open)},
		{"open, forced closed", []recloser.Write{open, recloser.SetOverride{Generation: 1, Override: forced(recloser.OverrideClosed)}}},
		{"half-open", []recloser.Write{open, first}},
		{"probing", probing},
		{"probed", append(probing[:5:5], good, bad)},
		{"closed again", append(probing[:5:5], good, bad, closed)},
		{"reset", append(probing[:5:5], reset)},
		{"watched again", append(probing[:5:5], good, closed, again)},
		{"largest", largest()},
	}
}

// largest returns the writes that make the largest record there may be.
func largest() []recloser.Write {
	const many = 1 << 40
	actor, reason := strings.Repeat("é", recloser.MaxActor/2), strings.Repeat("\"\\\n€", 42)+"🔌"
	moved := resetBy(actor, reason)
	moved.Rule, moved.Calls, moved.Failures, moved.Slow, moved.Span = recloser.RuleProbeFailed, many, many, many, time.Hour
	writes := []recloser.Write{
		recloser.SetOverride{Override: recloser.Override{
			Mode:   recloser.OverrideClosed,
			Until:  epoch.Add(24 * time.Hour),
			Actor:  actor,
			Reason: reason,
		}},
		recloser.Transition{To: recloser.StateHalfOpen, Since: epoch, OpenUntil: epoch.Add(time.Hour), Relapses: 1000, Cause: moved},
		recloser.Watch{Generation: 1, At: epoch, Share: recloser.Share(1) / 3},
	}
	for i := range recloser.MaxVoices {
		writes = append(writes, recloser.Report{Generation: 1, Watch: epoch, Share: recloser.Share(2) / 3, Voice: strings.Repeat(string(rune('a'+i)), 32)})
	}
	for i := range recloser.MaxSlots {
		writes = append(writes, recloser.Report{Generation: 1, Watch: epoch, Share: 0.0001, Counted: []recloser.Slot{
			{Start: slotStart(i), Counts: recloser.Counts{Calls: many + i, Failures: many - i, Slow: many, Reports: many}},
		}})
	}
	for i := range recloser.MaxProbes {
		token := fmt.Sprintf("%032d", i)
		writes = append(writes, recloser.Claim{Generation: 1, Slot: i, Lease: lease(token)})
	}
	return writes
}

// slots returns the slots from..to-1, with something in each.
func slots(from, to int) []recloser.Slot {
	var all []recloser.Slot
	for i := from; i < to; i++ {
		all = append(all, recloser.Slot{Start: slotStart(i), Counts: recloser.Counts{Calls: 3 + i, Failures: i, Slow: 1, Reports: 1}})
	}
	return all
}

func transition(generation uint64, to recloser.State) recloser.Transition {
	return recloser.Transition{
		Generation: generation,
		To:         to,
		Since:      epoch.Add(time.Minute),
		OpenUntil:  epoch.Add(2 * time.Minute),
		Relapses:   2,
		Cause:      recloser.Cause{Rule: recloser.RuleFailureRate, Calls: 14, Failures: 12, Slow: 3, Span: 2 * time.Second},
	}
}

// resetBy is why a circuit is closed that an operator has reset.
func resetBy(actor, reason string) recloser.Cause {
	return recloser.Cause{Rule: recloser.RuleReset, Actor: actor, Reason: reason}
}

func lease(token string) recloser.Lease {
	return recloser.Lease{Token: token, End: epoch.Add(90 * time.Second)}
}

func forced(mode recloser.OverrideMode) recloser.Override {
	return recloser.Override{Mode: mode, Until: epoch.Add(time.Hour), Actor: "ops@example", Reason: "planned work, \"tonight\""}
}
