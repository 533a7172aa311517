package item_test

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/internal/item"
)

// writes returns every write there is, each way, under a generation.
func writes(g uint64) []recloser.Write {
	slots := []recloser.Slot{{Start: epoch, Counts: recloser.Counts{Calls: 1, Failures: 1, Slow: 1, Reports: 1}}, {Start: epoch + 1000}}
	lease := recloser.Lease{Token: "mine", End: epoch}
	forced := recloser.Override{Mode: recloser.OverrideOpen, Until: epoch, Actor: "a", Reason: "b"}
	return []recloser.Write{
		recloser.Watch{Generation: g, At: epoch, Share: 0.5},
		recloser.Watch{Generation: g, Was: epoch - 1, At: epoch, Share: 0.5},
		recloser.Unwatch{Generation: g, Was: epoch},
		recloser.Unwatch{Generation: g},
		recloser.Report{Generation: g, Watch: epoch, Counted: slots, Drop: []recloser.Instant{epoch - 1000}, Share: 0.5, Voice: "a"},
		recloser.Report{Generation: g, Watch: epoch, Share: 0.5},
		recloser.Report{Generation: g, Counted: slots, Drop: []recloser.Instant{epoch}},
		recloser.Transition{Generation: g, To: recloser.StateOpen, Since: epoch, OpenUntil: epoch + 1, Relapses: 1, Cause: recloser.Cause{Rule: recloser.RuleReset, Actor: "a", Reason: "b"}},
		recloser.Transition{Generation: g},
		recloser.Claim{Generation: g, First: true, Since: epoch, Lease: lease},
		recloser.Claim{Generation: g, Slot: 7, Lease: lease},
		recloser.Claim{Generation: g, Slot: 7, Was: "theirs", Lease: lease},
		recloser.Settle{Generation: g, Slot: 1, Token: "mine"},
		recloser.Settle{Generation: g, Slot: 1, Token: "mine", Outcome: recloser.OutcomeFailure},
		recloser.Settle{Generation: g, Slot: 1, Token: "mine", Outcome: recloser.OutcomeIgnored},
		recloser.SetOverride{Generation: g, Override: forced},
		recloser.SetOverride{Generation: g},
	}
}

// TestConditions reads every write's expressions: each depends on the generation
// it was made under and on a schema that is known, one of a watch on the watch,
// and one of a probe on its token. LAWS.md, S5.
func TestConditions(t *testing.T) {
	for _, g := range []uint64{0, 1, math.MaxUint64} {
		for _, w := range writes(g) {
			updates, err := item.Of(w, epoch)
			if err != nil {
				t.Fatalf("%+v: %v", w, err)
			}
			for _, u := range updates {
				wants := []string{`(attribute_not_exists(#schema) OR #schema <= :schema)`}
				if g == 0 {
					wants = append(wants, `(attribute_not_exists(#generation) OR #generation = :if_generation)`)
				} else {
					wants = append(wants, `#generation = :if_generation`)
				}
				switch w := w.(type) {
				case recloser.Watch, recloser.Unwatch, recloser.Report:
					wants = append(wants, `#watch_since_ms = :if_watch_since_ms`)
				case recloser.Claim:
					if !w.First {
						wants = append(wants, `#p7.#token`)
					}
				case recloser.Transition, recloser.SetOverride: // On nothing else.
				case recloser.Settle:
					wants = append(wants, `#p1.#token = :if_token`)
				}
				for _, want := range wants {
					if !strings.Contains(u.Condition, want) {
						t.Errorf("%T on condition %s: want %s", w, u.Condition, want)
					}
				}
				if g != 0 && strings.Contains(u.Condition, "attribute_not_exists(#generation)") {
					t.Errorf("%T on condition %s: a record without a generation meets it", w, u.Condition)
				}
				if u.Values[":if_generation"] != item.Number(fmt.Sprint(g)) {
					t.Errorf("%T: made under %v, not %d", w, u.Values[":if_generation"], g)
				}
				checkPlaceholders(t, u)
			}
		}
	}
}

// checkPlaceholders: DynamoDB takes neither one that is not said nor one that is
// not used.
func checkPlaceholders(t *testing.T, u item.Update) {
	t.Helper()
	used := make(map[string]bool)
	for _, p := range regexp.MustCompile(`[#:]\w+`).FindAllString(u.Condition+" "+u.Expression, -1) {
		used[p] = true
		if _, ok := u.Names[p]; !ok && u.Values[p] == nil {
			t.Errorf("%s: %s is not said", u.Expression, p)
		}
	}
	if len(used) != len(u.Names)+len(u.Values) {
		t.Errorf("%s: %d placeholders are said, and %d used", u.Expression, len(u.Names)+len(u.Values), len(used))
	}
}

// TestOverrideIsTheOperators: no write of the runtime touches an operator's word.
// LAWS.md, S5 and S9.
func TestOverrideIsTheOperators(t *testing.T) {
	for _, w := range writes(3) {
		updates, err := item.Of(w, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range updates {
			_, operator := w.(recloser.SetOverride)
			if got := strings.Contains(u.Expression, "#override"); got != operator {
				t.Errorf("%T writes the override: %t", w, got)
			}
			if strings.Contains(u.Expression, "#ttl") {
				t.Errorf("%T sets an expiry that nobody asked for", w)
			}
		}
	}
}

// TestLongestReport: DynamoDB takes the longest report there can be.
func TestLongestReport(t *testing.T) {
	w := recloser.Report{Watch: epoch, Share: recloser.Share(1) / 3, Voice: strings.Repeat("v", 64)}
	for i := range recloser.MaxSlots {
		start := epoch.Add(time.Duration(i) * time.Second)
		w.Counted = append(w.Counted, recloser.Slot{Start: start, Counts: recloser.Counts{Calls: 1, Failures: 1, Slow: 1, Reports: 1}})
		w.Drop = append(w.Drop, start.Add(-time.Hour))
	}
	updates, err := item.Of(w, epoch)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the longest report has an expression of %d bytes", len(updates[0].Expression))
	for range 100 {
		w.Drop = append(w.Drop, w.Drop[len(w.Drop)-1].Add(time.Second))
	}
	if _, err := item.Of(w, epoch); err == nil {
		t.Error("an expression that is too long is made")
	}
}

// TestRefused: what DynamoDB would not keep as it is, is not written.
func TestRefused(t *testing.T) {
	lease := recloser.Lease{Token: "mine"}
	long := strings.Repeat("x", 1025)
	for _, w := range []recloser.Write{
		recloser.Watch{At: epoch, Share: recloser.Share(math.NaN())},
		recloser.Watch{At: epoch, Share: recloser.Share(math.Inf(1))},
		recloser.Watch{At: epoch, Share: -0.5},
		recloser.Watch{At: epoch, Share: 1e-300},
		recloser.Report{Watch: epoch, Counted: []recloser.Slot{{Start: epoch + 50}}},
		recloser.Report{Watch: epoch, Voice: "\xff"},
		recloser.Transition{To: 7},
		recloser.Transition{Cause: recloser.Cause{Rule: recloser.Rule(long)}},
		recloser.Transition{Cause: recloser.Cause{Actor: long[:recloser.MaxActor+1]}},
		recloser.Transition{Cause: recloser.Cause{Reason: long[:recloser.MaxReason+1]}},
		recloser.Transition{Cause: recloser.Cause{Reason: "\xff"}},
		recloser.Claim{Lease: recloser.Lease{Token: "\xff"}},
		recloser.Claim{Was: long, Lease: lease},
		recloser.SetOverride{Override: recloser.Override{Mode: "ajar"}},
		recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideOpen, Reason: "\xff"}},
		recloser.SetOverride{Override: recloser.Override{Mode: recloser.OverrideOpen, Actor: long[:recloser.MaxActor+1]}},
	} {
		if u, err := item.Of(w, 0); err == nil || errors.Is(err, item.ErrNever) {
			t.Errorf("%+v: got error %v and %v", w, err, u)
		}
	}
	for _, w := range []recloser.Write{
		recloser.Claim{Slot: -1, Lease: lease},
		recloser.Claim{Slot: recloser.MaxProbes, Lease: lease},
		recloser.Claim{First: true},
		recloser.Settle{Slot: recloser.MaxProbes, Token: "mine"},
		recloser.Settle{},
	} {
		if u, err := item.Of(w, 0); !errors.Is(err, item.ErrNever) {
			t.Errorf("%+v: got error %v and %v", w, err, u)
		}
	}
}
