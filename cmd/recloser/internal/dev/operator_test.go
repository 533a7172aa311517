package dev_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/recloser-dev/recloser"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/admin"
	"github.com/recloser-dev/recloser/cmd/recloser/internal/dev"
)

func TestOperatorsWordIsToldOnceAndTakenBack(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}, Environments: 5, Rate: 60})
	override := recloser.Override{
		Mode: recloser.OverrideOpen, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here", Reason: "drill",
	}
	c, err := server.Override(t.Context(), "payments", override)
	if err != nil || c.Override == nil || c.AdmittedShare != 0 {
		t.Fatalf("override: %+v, %v", c, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for ctx.Err() == nil { // Every environment has followed: nothing is admitted any more.
		all, err := server.Circuits(ctx)
		if err == nil && all[0].Calls.Rate > 0 && all[0].Calls.AdmittedRate == 0 {
			break
		}
		server.Journal().After(ctx, 1<<40, 1, 100*time.Millisecond)
	}
	if c, err = server.Reset(t.Context(), "payments", "me@here", ""); err != nil || c.Override != nil || c.Cause.Rule != recloser.RuleReset {
		t.Fatalf("reset: %+v, %v", c, err)
	}
	told := 0
	for _, e := range server.Journal().After(t.Context(), 0, admin.MaxEvents, 0) {
		if e.Kind == string(recloser.EventOverridden) {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the override was told %d times, want once", told)
	}
	if _, err := server.Reset(t.Context(), "paymnts", "me@here", ""); !errors.Is(err, admin.ErrNotFound) || !strings.Contains(err.Error(), "did you mean payments?") {
		t.Errorf("an unknown circuit: %v", err)
	}
	if _, err := server.Describe(t.Context(), strings.Repeat("x", 10<<20)); !errors.Is(err, recloser.ErrKey) || len(err.Error()) > 300 {
		t.Errorf("a name of 10 MB: %.400v", err)
	}
}

// An operator's write names a generation, and is made anew under the one that a
// transition has made meanwhile: LAWS.md, S5 and S9.
func TestOperatorsDoNotLoseAgainstTransitions(t *testing.T) {
	server := start(t, dev.Options{Circuits: []dev.Circuit{{Name: "payments", Policy: quick(), Statuses: statuses}}})
	override := recloser.Override{Mode: recloser.OverrideClosed, Until: recloser.InstantOf(time.Now().Add(time.Minute)), Actor: "me@here"}
	tries := 0
	err := server.Change(t.Context(), "payments", func(r recloser.Record) recloser.Write {
		if tries++; tries <= 3 {
			if _, err := server.Reset(t.Context(), "payments", "other@there", ""); err != nil {
				t.Error(err)
			}
		}
		return recloser.SetOverride{Generation: r.Generation, Override: override}
	})
	c, describeErr := server.Describe(t.Context(), "payments")
	if err != nil || describeErr != nil || c.Override == nil || c.Generation != 3 || tries != 4 {
		t.Errorf("after %d tries: %v, %v, %+v", tries, err, describeErr, c)
	}

	err = server.Change(t.Context(), "payments", func(r recloser.Record) recloser.Write {
		return recloser.SetOverride{Generation: r.Generation + 1}
	})
	if err == nil || !strings.Contains(err.Error(), "try again") {
		t.Errorf("a write that always loses: %v", err)
	}
}
